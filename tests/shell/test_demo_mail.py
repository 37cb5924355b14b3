"""The demo's mail server: refuses while closed, keeps what it accepted, in order."""

import smtplib
from email.message import EmailMessage

import pytest

from svwatch.shell.demo.mail import PostOffice


def send(port: int, *texts: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        for text in texts:
            mail = EmailMessage()
            mail["Subject"] = text.splitlines()[0]
            mail.set_content(text)
            client.send_message(mail, "a@example.net", ["b@example.net", "c@example.net"])


def test_it_refuses_until_it_is_opened() -> None:
    with PostOffice() as office:
        with pytest.raises(ConnectionRefusedError):
            send(office.port, "one")
        office.open()
        send(office.port, "one")
        assert [mail["Subject"] for mail in office.mails()] == ["one"]


@pytest.mark.parametrize("text", ["one\n", "one\n.two\n..three\n.\nfour\n", "einä zwei\n"])
def test_what_is_sent_is_what_is_kept(text: str) -> None:
    with PostOffice() as office:
        office.open()
        send(office.port, text)
        (mail,) = office.mails()
        assert mail.get_content().replace("\r\n", "\n") == text


def test_it_keeps_the_order_over_several_conversations() -> None:
    with PostOffice() as office:
        office.open()
        send(office.port, "one", "two")
        send(office.port, "three")
        assert [mail["Subject"] for mail in office.mails()] == ["one", "two", "three"]


def test_a_stranger_is_told_so() -> None:
    with PostOffice() as office:
        office.open()
        with smtplib.SMTP("127.0.0.1", office.port, timeout=5) as client:
            assert client.docmd("VRFY ann")[0] == 502
            assert client.noop()[0] == 250
