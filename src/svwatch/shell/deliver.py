"""The delivering child: one letter, one target, one answer.

It is a process of its own because apprise and its plugins may leak, hang or crash, and cost
30 MB; it ends by `os._exit`, since a plugin's thread would hold the exit for up to 44 s.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

import msgspec
from msgspec.structs import replace

from svwatch.core.route import Form
from svwatch.shell.mask import mask
from svwatch.shell.parcel import Answer, Kind, Parcel

OWN = frozenset({Form.JSON, Form.ALERTMANAGER})  # documents of ours: no apprise is needed
OOM_SCORE_ADJ = "/proc/self/oom_score_adj"  # proc(5)


class OutOfTimeError(BaseException):
    """The time is up. No plugin's `except Exception` takes this one."""


def main() -> None:
    """Read a Parcel from stdin, send it, write an Answer to stdout and end at once.

    What plugins print there besides is no answer, and whoever reads knows it from one.
    """
    offer_to_the_kernel()
    try:
        parcel = msgspec.json.decode(sys.stdin.buffer.readline(), type=Parcel)
    except msgspec.MsgspecError as error:
        answer = Answer(ok=False, detail=f"not a letter: {error}")
    else:
        answer = deliver(parcel)
    os.write(1, b"\n" + msgspec.json.encode(answer) + b"\n")
    os._exit(0 if answer.ok else 1)


def offer_to_the_kernel() -> None:
    """Be the first to go when memory runs out: the letter is on record, the watchdog is not."""
    if os.access(OOM_SCORE_ADJ, os.W_OK):
        with open(OOM_SCORE_ADJ, "w", encoding="ascii") as file:
            file.write("500")


def deliver(parcel: Parcel) -> Answer:
    """Send *parcel* and say what came of it; no secret of its URL or of a proxy is in the answer.

    The alarm bounds the whole of it, a server that drips included, also when nobody is left to
    kill us.
    """
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, parcel.timeout)
    began = time.monotonic()
    try:
        send = way(parcel)
        began = time.monotonic()
        answer = send(parcel)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except OutOfTimeError:
        answer = Answer(ok=False, detail=f"no answer within {parcel.timeout:.3g} s")
    spent = round(time.monotonic() - began, 3)
    environ = os.environ.items()
    proxies = (value for name, value in environ if name.endswith(("_proxy", "_PROXY")))
    return replace(answer, detail=mask(answer.detail, parcel.url, *proxies), seconds=spent)


def give_up(_number: int, _frame: FrameType | None) -> None:
    """End what goes on, wherever it waits (signal(7))."""
    raise OutOfTimeError


def way(parcel: Parcel) -> Callable[[Parcel], Answer]:
    """Give the way that *parcel* goes; each is imported only where it is needed."""
    if parcel.kind is Kind.BEAT or parcel.form in OWN:
        from svwatch.shell import by_http  # noqa: PLC0415  a beat must be cheap

        return by_http.send
    from svwatch.shell import by_apprise  # noqa: PLC0415

    return by_apprise.send


if __name__ == "__main__":
    main()
