"""The verbs about alerts, as click understands them."""

from typing import TYPE_CHECKING

import click

from svwatch.commands import everywhere

if TYPE_CHECKING:
    from svwatch.shell.reach import Place


@click.group()
def alerts() -> None:
    """What waits to be told, and whether it can be: list, test, retry, drop."""


@alerts.command("list")
@everywhere
@click.option("--all", "everything", is_flag=True, help="Also what went out within a day.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(place: "Place", *, everything: bool, as_json: bool) -> int:
    """Show the messages that wait or were given up, by route, and why."""
    from svwatch.shell.alerts import show
    from svwatch.shell.terminal import colored

    return show(place, everything=everything, as_json=as_json, color=colored())


@alerts.command()
@everywhere
@click.argument("routes", nargs=-1, metavar="[ROUTE]...")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def test(place: "Place", routes: tuple[str, ...], *, as_json: bool) -> int:
    """Send a test message to routes (all), the way of real ones; show what the servers say.

    Exit code: 0 all went, 1 one failed, 2 no such route, 3 there is no configuration or no route.
    """
    from svwatch.shell.alerts import test as send

    return send(place, routes, as_json=as_json)


MEANT = "NUMBER, ROUTE or recipient, or all. Exit code: 0 done, 1 failed, 2 usage, 3 refused."


@alerts.command(help=f"Send what waits or was given up once more, now.\n\n{MEANT}")
@everywhere
@click.argument("words", nargs=-1, required=True, metavar="NUMBER|ROUTE|all...")
def retry(place: "Place", words: tuple[str, ...]) -> int:
    """Send once more."""
    from svwatch.shell import alerts

    return alerts.retry(place, words)


@alerts.command(help=f"Have nobody told of what waits or was given up; on record.\n\n{MEANT}")
@everywhere
@click.argument("words", nargs=-1, required=True, metavar="NUMBER|ROUTE|all...")
def drop(place: "Place", words: tuple[str, ...]) -> int:
    """Send no more."""
    from svwatch.shell import alerts

    return alerts.drop(place, words)
