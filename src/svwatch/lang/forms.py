"""The form of a message by the scheme of the URL that it goes to."""

from svwatch.core.route import Form

SLACK_HOOKS = ("https://hooks.slack.com/", "http://hooks.slack.com/")

# apprise's schemes that send mail or have a field for the subject; all others are read like chat.
SUBJECT = frozenset(
    (
        *("mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms"),
        *("azure", "brevo", "mailersend", "mailgun", "o365", "postmark", "resend", "sendgrid"),
        *("sendpulse", "ses", "smtp2go", "sparkpost"),
    )
)


def form_of(url: str) -> Form:
    """Give the form in which *url* wants its messages."""
    plain = url.lower()
    scheme = plain.partition("://")[0]
    if scheme == "slack" or plain.startswith(SLACK_HOOKS):
        return Form.SLACK
    return Form.MAIL if scheme in SUBJECT else Form.CHAT
