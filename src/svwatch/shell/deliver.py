"""The delivering child: one letter, one route, one answer. The only importer of apprise.

It is a process of its own because apprise and its plugins may leak, hang or crash, and cost
30 MB; it ends by `os._exit`, since a plugin's thread would hold the exit for up to 44 s.
"""

import logging
import os
import smtplib
import sys
from collections.abc import Iterable

import apprise
import apprise.plugins.email.base as mail
import msgspec
from apprise.common import NotifyFormat, NotifyType

from svwatch.core.level import Level
from svwatch.shell.mask import mask
from svwatch.shell.parcel import Answer, Parcel, permanent, reason

TYPES = {
    Level.NOTICE: NotifyType.INFO,
    Level.WARNING: NotifyType.WARNING,
    Level.CRITICAL: NotifyType.FAILURE,
}
SENT = "Sent Email to "  # what apprise logs for each recipient that was accepted
OOM_SCORE_ADJ = "/proc/self/oom_score_adj"  # proc(5)


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
    """Send *parcel* and say what came of it; no secret of its URL is in the answer."""
    logging.getLogger("apprise").setLevel(logging.DEBUG)  # the causes are told there only
    asset = apprise.AppriseAsset(app_id="svwatch", app_desc="svwatch", app_url="")
    service = apprise.Apprise.instantiate(parcel.url, asset=asset)
    if service is None:
        return Answer(ok=False, detail="apprise does not understand the URL of this route")
    service.notify_format = NotifyFormat.TEXT
    replies = listen()
    if isinstance(service, mail.NotifyEmail) and not address(service, parcel):
        return Answer(ok=True, detail="every recipient has it", reached=parcel.reached)
    box = apprise.Apprise(asset=asset)
    box.add(service)
    result = box.notify(
        body=parcel.body,
        title=parcel.title,
        notify_type=TYPES[parcel.level],
        body_format=NotifyFormat.TEXT,
        timeout=parcel.timeout,
        log_level=logging.DEBUG,
    )
    entries = [(entry.level, entry.message) for entry in result.logs()]
    if result.status == apprise.AppriseResultStatus.SUCCESS:
        return Answer(ok=True, detail=mask(receipt(replies), parcel.url))
    late = result.status == apprise.AppriseResultStatus.TIMEOUT
    why = reason(entries) or (f"no answer in {parcel.timeout:.3g} s" if late else "no reason given")
    return Answer(
        ok=False,
        detail=mask(why, parcel.url),
        permanent=permanent(entries),
        reached=parcel.reached + reached(entries),
    )


def address(service: mail.NotifyEmail, parcel: Parcel) -> bool:
    """Put the letter's own headers on a mail; False: nobody is left who needs it.

    The Message-ID is the same at every attempt, so that a second copy can be recognised. The
    plugin makes one anew each time and lets no header replace it: it asks this name for it.
    """
    mail.make_msgid = lambda **_: parcel.message_id  # type: ignore[attr-defined]
    service.headers.update(
        {
            "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday notice comes back
            "References": parcel.thread,
            "In-Reply-To": parcel.thread,
        }
    )
    service.targets = [one for one in service.targets if one[1] not in parcel.reached]
    return bool(service.targets)


def listen() -> list[str]:
    """Give the list that the mail server's replies to a message will be put into.

    The queue's number stands in them, and apprise passes none of it on.
    """
    replies: list[str] = []
    send = smtplib.SMTP.data

    def data(self: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
        code, text = send(self, message)
        replies.append(f"{code} {text.decode(errors='replace')}")
        return code, text

    smtplib.SMTP.data = data  # type: ignore[method-assign,assignment]
    return replies


def receipt(replies: Iterable[str]) -> str:
    """Say what the server said when it took the letter."""
    return " ".join(("accepted", *replies))


def reached(entries: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Give the recipients whose server took the letter, in an attempt that failed for others."""
    return tuple(text.removeprefix(SENT) for _, text in entries if text.startswith(SENT))


if __name__ == "__main__":
    main()
