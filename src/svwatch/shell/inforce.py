"""`config` and `forget`: what is in force and from where, and who is meant to be gone."""

import os
import sys
import time

import msgspec

from svwatch.core.snapshot import Snapshot
from svwatch.core.vanish import Moment
from svwatch.probe import clock
from svwatch.probe.eyes import Eyes
from svwatch.shell.asking import PATIENCE, USAGE, answered, no_answer
from svwatch.shell.begin import Refused, open_house
from svwatch.shell.membership import Forgot
from svwatch.shell.reach import Place
from svwatch.shell.wire import Call

Said = tuple[Forgot, ...]


def config(place: Place, name: str | None) -> int:
    """Print what the configuration says of *name* (None: of everything), with origins."""
    # YAML is needed for this verb only
    from svwatch.lang.origins import origins  # noqa: PLC0415
    from svwatch.lang.problem import show  # noqa: PLC0415
    from svwatch.view.to_config import config as to_config  # noqa: PLC0415

    shown = origins(place.config, os.environ, uid=place.uid, name=name)
    if shown.unknown:
        no_answer(shown.unknown)
        return USAGE
    if shown.problems:
        return no_answer(*(show(one) for one in shown.problems if not one.warning))
    sys.stdout.write(to_config(shown.rows))
    if why := _other_in_force(place):
        _complain(why)
    return 0


def _other_in_force(place: Place) -> str:
    """Say so where the daemon goes by an older configuration than the files say now."""
    reply = place.ask(Call("status"), timeout=PATIENCE)
    if reply is None or reply.kind == "error" or place.plan is None:
        return ""
    daemon = msgspec.json.decode(reply.data, type=Snapshot).daemon
    newest = max(os.stat(path).st_mtime for path in place.plan.files)
    if daemon is None or daemon.config is None or newest <= daemon.config:
        return ""
    return "the daemon has not loaded these files since they were changed: svwatch reload"


def forget(place: Place, names: tuple[str, ...]) -> int:
    """Have *names* forgotten by the daemon; without one, on record."""
    call = Call("forget", names)
    said = answered(place, call, Said, lambda: _on_record(place, names), unsaid=1)
    if isinstance(said, int):
        return said
    for one in said:
        sys.stdout.write(f"{one.name}: {one.text}\n")
    return max(one.code for one in said)


def _on_record(place: Place, names: tuple[str, ...]) -> Said | str:
    """Forget them where nobody watches."""
    if place.plan is None:
        return "\n".join(place.compiled.errors)
    eyes = Eyes()
    house = open_house(place.state_dir, "forget", _complain, eyes)
    if isinstance(house, Refused):
        return house.why
    try:
        at = Moment(clock.now(), time.time())
        house.membership.adopt(place.plan, at)
        said = house.membership.forget_all(names, _user(), at)
        house.watch.turn({})
        return said if not house.watch.unrecorded else house.watch.unrecorded
    finally:
        house.store.close()
        house.held.release()


def _complain(sentence: str) -> None:
    sys.stderr.write(f"svwatch: {sentence}\n")


def _user() -> str:
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.geteuid()}"
