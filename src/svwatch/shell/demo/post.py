"""The mail's chapter: a server that was down comes up, and everything arrives, in order."""

import re
from email.message import EmailMessage

from svwatch.core.ledger import What
from svwatch.shell.demo.patience import pause, until
from svwatch.shell.demo.scene import Scene
from svwatch.shell.demo.told import seen

_MORE = re.compile(r"svwatch why (\d+)")


def arrives(scene: Scene) -> None:
    """Open the mail server and compare what arrives with what is owed."""
    owed = scene.watchman.backlog()
    seen(owed, "mails wait in the outbox")
    seen(not scene.office.mails(), "no mail was delivered while the server was down")
    status = scene.watchman.ask("status").stdout
    seen(f"{owed} waiting" in status, f"svwatch status says that {owed} mails wait: {status}")
    scene.teller.remark("$ svwatch status")
    scene.teller.quote(status)
    scene.teller.claim(f"svwatch knows whom it could not tell: {owed} mails wait on disk")
    scene.teller.remark("the mail server comes up; these arrive:")
    scene.office.open()
    seen(until(lambda: scene.watchman.backlog() == 0, 30), "the outbox is empty within 30 s")
    pause(1)  # a mail sent twice would come now
    mails = scene.office.mails()
    for mail in mails:
        scene.teller.quote(f"{mail['Subject']}")
    _check(mails, owed)
    scene.teller.claim(f"{len(mails)} mails, in the order of the events: none lost, none twice")
    scene.teller.remark("one of them, whole:")
    scene.teller.quote(f"Subject: {mails[0]['Subject']}\n{_body(mails[0])}")


def _check(mails: tuple[EmailMessage, ...], owed: int) -> None:
    seen(len(mails) == owed, f"{owed} mails arrive, not {len(mails)}")
    numbers = [int(found[1]) for mail in mails if (found := _MORE.search(_body(mail)))]
    seen(len(numbers) == len(mails), "each mail names its event")
    seen(len({str(mail["Message-ID"]) for mail in mails}) == len(mails), "no mail comes twice")
    for name in ("worker-1", "worker-2", "worker-4", "mailer", "indexer"):
        seen(any(name in str(mail["Subject"]) for mail in mails), f"a mail about {name} arrives")
    crash = [str(mail["Subject"]) for mail in mails if "worker-4" in str(mail["Subject"])]
    told = sum(str(What.BACKING_OFF) in subject for subject in crash)
    seen(told == 1 and len(crash) <= 2, f"the crash loop is given up in one message: {crash}")


def _body(mail: EmailMessage) -> str:
    content: str = mail.get_content()
    return content.replace("\r\n", "\n")
