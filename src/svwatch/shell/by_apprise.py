"""Sends by apprise: mail, Slack, and everything else that it speaks. Its only importer.

Its traps were tried with 2.2: a redirect turns a POST into a GET that succeeds, a read may take
4 seconds, a mail is HTML, a Message-ID is made anew each time, and to send one mail 180 plugins
are loaded.
"""

import logging
import os
import re
from typing import Any, cast

import apprise
import apprise.plugins.email.base as mail
from apprise.common import NotifyFormat, NotifyType
from apprise.exception import AppriseException
from apprise.manager_plugins import NotificationManager
from apprise.plugins.slack import NotifySlack
from msgspec.structs import replace

from svwatch.core.level import Level
from svwatch.core.route import Form
from svwatch.shell.overheard import Overheard
from svwatch.shell.parcel import Answer, Parcel
from svwatch.shell.replies import answered

TYPES = {
    Level.NOTICE: NotifyType.INFO,
    Level.WARNING: NotifyType.WARNING,
    Level.CRITICAL: NotifyType.FAILURE,
}
READ = 30.0  # seconds that a web server may take to answer
SENT = "Sent Email to "  # what apprise logs for each recipient that was accepted
FAILED = re.compile(r'Sending email to "(.*)" failed')  # and for the others
CAUSE = re.compile("(?:Socket|Notification) Exception: (.*)")  # and, at DEBUG, why
NO_ASCII = re.compile(r"'ascii' codec can't encode .*")  # it would name a letter of a password
TO_SLACK = ("channel", "thread_ts", "username")  # what of a URL goes along with a message

Entries = list[tuple[str, str]]  # the log of an attempt: level, message


def send(parcel: Parcel) -> Answer:
    """Send *parcel*. The answer may hold secrets: whoever passes it on masks it."""
    if authorities := os.environ.get("SSL_CERT_FILE"):  # one variable for all ways of sending
        os.environ.setdefault("REQUESTS_CA_BUNDLE", authorities)
    logging.getLogger("apprise").setLevel(logging.DEBUG)  # the causes are told there only
    service, why = instantiate(parcel.url)
    if service is None:
        return Answer(ok=False, detail=f"apprise does not understand this URL: {why}")
    overheard = Overheard()
    overheard.listen(parcel.timeout)
    service.notify_format = NotifyFormat.TEXT
    if isinstance(service, mail.NotifyEmail) and not address(service, parcel):
        return Answer(ok=True, detail="every recipient has it", reached=parcel.reached)
    if isinstance(service, NotifySlack) and parcel.form is Form.SLACK:
        speak_plainly(service)
    result = notify(service, parcel)
    ok = result.status == apprise.AppriseResultStatus.SUCCESS
    entries = [(entry.level, entry.message) for entry in result.logs()]
    otherwise = "accepted" if ok else reason(entries) or "no reason given"
    answer = answered(overheard.replies, ok=ok, otherwise=otherwise)
    return answer if ok else partly(answer, parcel, entries)


def notify(service: apprise.NotifyBase, parcel: Parcel) -> apprise.AppriseResult:
    """Have *service* send it: text as text, but what is written for Slack as it is."""
    box = apprise.Apprise(asset=service.asset)
    box.add(service)
    return box.notify(
        body=parcel.body or parcel.title,
        title=parcel.title if parcel.body else "",
        notify_type=TYPES[parcel.level],
        body_format=None if parcel.form is Form.SLACK else NotifyFormat.TEXT,
        log_level=logging.DEBUG,
    )


def instantiate(url: str) -> tuple[apprise.NotifyBase | None, str]:
    """Give the service that *url* means; or None and why not, which may hold its secrets."""
    asset = apprise.AppriseAsset(
        app_id="svwatch", app_desc="svwatch", app_url="", http_redirects=False
    )
    service = known(url, asset)
    if service is None:
        capture: Any = apprise.LogCapture
        with capture(level=logging.WARNING, fmt="%(message)s") as said:
            service = apprise.Apprise.instantiate(url, asset=asset)
            lines = said.getvalue().splitlines()
        if service is None:
            return None, "; ".join(dict.fromkeys(lines)) or "no reason given"
    own = type(service)
    if service.socket_read_timeout == own.socket_read_timeout:  # the URL wishes nothing else
        service.socket_read_timeout = READ
    return service, ""


def shapes() -> dict[str, str]:
    """Give every scheme that apprise knows, and what the shortest URL of it looks like."""
    manager: Any = NotificationManager
    known = manager()
    return {scheme: shape(scheme, known[scheme]) for scheme in known.schemas()}


def shape(scheme: str, plugin: Any) -> str:
    """Give the URL that *plugin* documents first; "" where it documents none."""
    templates: tuple[str, ...] = tuple(plugin.templates or ())
    return templates[0].replace("{schema}", scheme) if templates else ""


def known(url: str, asset: apprise.AppriseAsset) -> apprise.NotifyBase | None:
    """Give a service for mail or Slack without loading 180 others: half the time and memory."""
    plugin: Any
    read: Any
    match url.partition("://")[0].lower():
        case "mailto" | "mailtos":
            plugin, read = mail.NotifyEmail, mail.NotifyEmail.parse_url
        case "slack":
            plugin, read = NotifySlack, NotifySlack.parse_url
        case "https":
            plugin, read = NotifySlack, NotifySlack.parse_native_url
        case _:
            return None
    found = read(url)
    try:
        return None if found is None else cast("apprise.NotifyBase", plugin(**found, asset=asset))
    except (AppriseException, TypeError, ValueError):
        return None  # the usual way says why


def address(service: mail.NotifyEmail, parcel: Parcel) -> bool:
    """Put the letter's own headers on a mail; False: nobody is left who needs it.

    The Message-ID is the same at every attempt, so that a second copy can be recognised. The
    plugin makes one anew each time and lets no header replace it: it asks this name for it.
    """
    mail.make_msgid = lambda **_: parcel.message_id  # type: ignore[attr-defined]
    headers = {
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday notice comes back
        "X-Svwatch-Host": os.uname().nodename,
        "X-Svwatch-Service": parcel.service,
        "X-Svwatch-Event": str(parcel.number or ""),
        "X-Svwatch-Level": parcel.level.value,
        "In-Reply-To": parcel.thread,
        "References": parcel.thread,
    }
    service.headers.update({name: value for name, value in headers.items() if value})
    service.targets = [one for one in service.targets if one[1] not in parcel.reached]
    return bool(service.targets)


def speak_plainly(service: NotifySlack) -> None:
    """Send Slack the text as the text: a phone shows no other, and nothing in it is escaped again.

    The plugin puts it into an attachment, with a footer and an image, and without Slack's marks.
    """
    post: Any = service._send  # noqa: SLF001  no option of the plugin says this

    def plain(url: str, payload: dict[str, Any], **how: Any) -> Any:
        attachment = payload.get("attachments", [payload])[0]
        kept = {key: payload[key] for key in TO_SLACK if key in payload}
        return post(url, {"text": attachment["text"], **kept}, **how)

    service._send = plain  # type: ignore[method-assign,assignment]  # noqa: SLF001


def partly(answer: Answer, parcel: Parcel, entries: Entries) -> Answer:
    """Name the recipients who have it, and those who have it not, after an attempt that failed."""
    have = tuple(text.removeprefix(SENT) for _, text in entries if text.startswith(SENT))
    if not have:
        return replace(answer, reached=parcel.reached)
    missing = [found[1] for _, text in entries if (found := FAILED.match(text))]
    detail = ": ".join(one for one in (", ".join(missing), answer.detail) if one)
    return replace(answer, detail=detail, reached=parcel.reached + have)


def reason(entries: Entries) -> str:
    """Say why in one sentence where no server said anything."""
    said = [text.rstrip(". ") for level, text in entries if level in {"WARNING", "ERROR"}]
    causes = [found[1] for _, text in entries if (found := CAUSE.match(text))]
    whole = ": ".join(dict.fromkeys(one for one in (*said, *causes) if one))
    return NO_ASCII.sub("a login or an address is not ASCII, and so cannot be sent", whole)
