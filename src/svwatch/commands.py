"""The verbs, as click understands them. Each imports what it needs when it is called."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING

import click

from svwatch import __version__

if TYPE_CHECKING:  # each verb imports what it needs: `run` and `compile` need little
    from svwatch.shell.reach import Place

Verb = Callable[..., int | None]
OPTIONS = (
    click.option("-c", "--config", metavar="PATH", help="Configuration: a file or its directory."),
    click.option("--state-dir", metavar="DIR", help="Database, lock, outputs of commands."),
    click.option("--socket", metavar="PATH", help="Control socket of the daemon."),
)


def run(words: Sequence[str], usage: int) -> int:
    """Run the verb that *words* name; give its exit code, *usage* after a mistake in them."""
    command: list[str] = []
    if words[:1] == ["hold"] and "--" in words:  # what follows is not ours to read
        at = list(words).index("--")
        words, command = words[:at], list(words[at + 1 :])
    from svwatch.alerting import alerts
    from svwatch.orders import verbs

    for verb in (*verbs(), alerts):
        svwatch.add_command(verb)
    try:
        code = svwatch.main(list(words), "svwatch", standalone_mode=False, obj=command)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return usage
    except click.Abort:
        return 130
    return code if isinstance(code, int) else 0


def everywhere(verb: Verb) -> Verb:
    """Give *verb* the options that every verb has, as the place that they name."""

    @wraps(verb)
    def placed(
        config: str | None, state_dir: str | None, socket: str | None, **words: object
    ) -> int | None:
        from svwatch.shell.reach import Place

        return verb(Place(config, state_dir, socket), **words)

    command: Verb = placed
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="svwatch")
def svwatch() -> None:
    """Watch workers under runit, or behind any pidfile; restart them with proof; tell.

    `svwatch run` is the daemon, `svwatch --check` looks once.
    """


@svwatch.command("run")
@everywhere
def run_(place: "Place") -> None:
    """Be the daemon, in the foreground: TERM ends it, HUP reloads."""
    words = ["-m", "svwatch.shell.daemon", place.config, place.state_dir, place.socket or ""]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606  it never imports click


@svwatch.command()
@everywhere
@click.argument("names", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Neither act nor remember; say what would be done.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what changed since the last -q.")
@click.option("--standalone", is_flag=True, help="There is meant to be no daemon (say it once).")
@click.option(
    "--format", "form", type=click.Choice(["text", "nagios", "json"]), default="text",
    help="nagios never acts.",
)  # fmt: skip
def check(
    place: "Place",
    names: tuple[str, ...],
    *,
    dry_run: bool,
    quiet: bool,
    standalone: bool,
    form: str,
) -> int:
    """Look once, act, report. Exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
    from svwatch.shell.check import Wanted, age_of_process
    from svwatch.shell.check import check as look
    from svwatch.shell.terminal import colored

    wanted = Wanted(
        names=names, dry_run=dry_run, quiet=quiet, standalone=standalone, form=form,
        color=colored(), spent=age_of_process(),
    )  # fmt: skip
    return look(place, wanted)


@svwatch.command()
@everywhere
@click.argument("path", required=False)
def validate(place: "Place", path: str | None) -> int:
    """Say everything that is wrong with a configuration. Exit code: 0 valid, 1 not."""
    from svwatch.shell import asking
    from svwatch.shell.reach import Place

    return asking.validate(Place(path) if path else place)


@svwatch.command()
@everywhere
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--exit-code", is_flag=True, help="End with the exit code of check.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
def status(
    place: "Place",
    names: tuple[str, ...],
    *,
    as_json: bool,
    exit_code: bool,
    quiet: bool,
) -> int:
    """Show every service as it is now."""
    from svwatch.shell import asking
    from svwatch.shell.terminal import colored

    form = "none" if quiet else "json" if as_json else "text"
    code = asking.status(place, names, form, color=colored())
    return code.exit if exit_code or code.failed else 0


@svwatch.command()
@everywhere
@click.argument("names", nargs=-1)
@click.option("--since", metavar="TIME", help="12:00, 2h, 3d, 2026-11-23 or 2026-11-23 12:00.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def events(
    place: "Place",
    names: tuple[str, ...],
    since: str | None,
    *,
    as_json: bool,
) -> int:
    """Show what happened, the newest last; the last 24 hours unless told otherwise."""
    from svwatch.shell import asking
    from svwatch.shell.moment import parse_since

    try:
        begin = parse_since(since) if since else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from None
    return asking.events(place, names, begin, as_json=as_json)


@svwatch.command()
@everywhere
@click.argument("subject", metavar="NAME|NUMBER")
@click.option("--limits", is_flag=True, help="Of a service: which limits would have fired.")
def why(place: "Place", subject: str, *, limits: bool) -> int:
    """Explain an event, or where a service stands and why nothing was done."""
    from svwatch.shell import asking

    return asking.limits(place, subject) if limits else asking.why(place, subject)


@svwatch.command("config")
@everywhere
@click.argument("name", required=False)
def config_(place: "Place", name: str | None) -> int:
    """Show what is in force, of a service, a pattern or everything, and which line says so."""
    from svwatch.shell import inforce

    return inforce.config(place, name)


@svwatch.command()
@everywhere
@click.argument("names", nargs=-1, required=True)
def forget(place: "Place", names: tuple[str, ...]) -> int:
    """Forget members of a pattern that are gone (all: every one), since they are meant to be.

    Exit code: 0 done, 1 failed, 2 usage, 3 refused: it is there.
    """
    from svwatch.shell import inforce

    return inforce.forget(place, names)


@svwatch.command()
@everywhere
def reload(place: "Place") -> int:
    """Have the daemon read its configuration again. Exit code: 0 loaded, 1 kept the old one."""
    from svwatch.shell import asking

    return asking.reload(place)


@svwatch.command()
@everywhere
@click.option("--fast", is_flag=True, help="With shorter waits.")
def demo(place: "Place", *, fast: bool) -> int:
    """Play the whole story on real runit, in a temporary directory, in a minute."""
    del place
    from svwatch.shell.demo import play

    return play(fast=fast)


@svwatch.command("compile", hidden=True)
@everywhere
def compile_(place: "Place") -> None:
    """Write the compiled configuration to stdout (the daemon's child)."""
    from svwatch.shell.compile import main

    main(place.config)


@svwatch.command(hidden=True)
def deliver() -> None:
    """Deliver the message that comes on stdin (the daemon's child)."""
    from svwatch.shell.deliver import main

    main()
