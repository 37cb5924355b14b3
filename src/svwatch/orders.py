"""The verbs that change something, as click understands them."""

from typing import TYPE_CHECKING

import click

from svwatch.commands import everywhere

if TYPE_CHECKING:
    from svwatch.shell.reach import Place
    from svwatch.shell.wire import Option


def verbs() -> tuple[click.Command, ...]:
    """Give them all."""
    remedies = tuple(_remedy(name, does) for name, does in REMEDIES.items())
    return (*remedies, monitor, unmonitor, adopt, hold, release)


def duration(_context: object, _option: object, value: str | None) -> float | None:
    """Read a duration of the command line."""
    from svwatch.core.units import parse_duration

    try:
        return None if value is None else parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


GROUP = click.option("-g", "--group", metavar="GROUP", help="All members of a group.")
VERDICT = (
    "NAME..., -g GROUP, or all: several one after the other, as max_down allows. "
    "Exit code: 0 done and seen, 1 failed, 2 usage, 3 refused, 5 timeout. Ctrl-C leaves it going."
)
REMEDIES = {
    "restart": "Restart services, with proof,",
    "start": "Start what is stopped, down by hand, given up or backing off,",
    "stop": "Stop services for good,",
}


def _remedy(name: str, does: str) -> click.Command:
    """Make the verb *name*, one of start, stop and restart."""

    @click.command(name, help=f"{does} and wait for the verdict.\n\n{VERDICT}")
    @everywhere
    @click.argument("names", nargs=-1)
    @GROUP
    @click.option("--now", is_flag=True, help="End it by KILL after 5 s.")
    @click.option("--no-wait", is_flag=True, help="Ask for it, and wait for nothing.")
    @click.option("--parallel", is_flag=True, help="All at once, not one after the other.")
    @click.option("--timeout", metavar="TIME", callback=duration, help="Wait so long: 90s, 10m.")
    def verb(
        place: "Place",
        names: tuple[str, ...],
        group: str | None,
        timeout: float | None,
        **flags: bool,
    ) -> int:
        from svwatch.shell.ordering import Ordered, order

        options: dict[str, Option] = {key: True for key, given in flags.items() if given}
        return order(place, Ordered(verb=name, names=names, group=group, options=options,
                                    timeout=timeout))  # fmt: skip

    return verb


@click.command()
@everywhere
@click.argument("names", nargs=-1)
@GROUP
def monitor(place: "Place", names: tuple[str, ...], group: str | None) -> int:
    """Watch again what gave up, backs off or is not watched."""
    from svwatch.shell.ordering import Ordered, order

    return order(place, Ordered(verb="monitor", names=names, group=group))


@click.command()
@everywhere
@click.argument("names", nargs=-1)
@GROUP
@click.option("--for", "seconds", metavar="TIME", callback=duration, help="Only for so long.")
def unmonitor(
    place: "Place", names: tuple[str, ...], group: str | None, seconds: float | None
) -> int:
    """Neither judge nor act nor tell: NOT WATCHED, and reminded of each day."""
    from svwatch.shell.ordering import Ordered, order

    options: dict[str, Option] = {} if seconds is None else {"seconds": f"{seconds}"}
    return order(place, Ordered(verb="unmonitor", names=names, group=group, options=options))


@click.command()
@everywhere
@click.argument("name")
def adopt(place: "Place", name: str) -> int:
    """Say that a suspect pid is the service after all."""
    from svwatch.shell.ordering import Ordered, order

    return order(place, Ordered(verb="adopt", names=(name,)))


@click.command()
@everywhere
@click.argument("names", nargs=-1)
@GROUP
@click.option(
    "--for",
    "seconds",
    metavar="TIME",
    callback=duration,
    required=True,
    help="It ends then at the latest; 24h at most.",
)
@click.option("--reason", default="", help="Shown in status.")
def hold(
    place: "Place", names: tuple[str, ...], group: str | None, seconds: float, reason: str
) -> int:
    """Work on a service: it is judged, nothing is done, alerts are kept back.

    With `-- COMMAND ...` at the end the command is run, and the hold ends with it; the exit code
    is the command's. Restarts meanwhile are planned ones.
    """
    from svwatch.shell.ordering import Ordered, hold_for, order

    options: dict[str, Option] = {"seconds": f"{seconds}", "reason": reason}
    wanted = Ordered(verb="hold", names=names, group=group, options=options)
    command = click.get_current_context().find_root().obj
    return hold_for(place, wanted, command) if command else order(place, wanted)


@click.command()
@everywhere
@click.argument("names", nargs=-1)
@GROUP
def release(place: "Place", names: tuple[str, ...], group: str | None) -> int:
    """End a hold before its time."""
    from svwatch.shell.ordering import Ordered, order

    return order(place, Ordered(verb="release", names=names, group=group))
