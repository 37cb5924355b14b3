"""What a chat makes of a text: its marks put around ours, and taken out of what is foreign."""

from msgspec import Struct

QUOTE = "> "  # at the start of a line


class Marks(Struct, frozen=True):
    """The marks of a chat. *slack*: `*bold*`, backticks, and `&`, `<`, `>` as entities."""

    slack: bool = True

    def plain(self, text: str) -> str:
        """Make *text*, one foreign line, mean nothing but itself."""
        shown = unmarked(text)
        return escaped(shown) if self.slack else shown

    def bold(self, text: str) -> str:
        """Make the foreign *text* bold, where there is such a mark."""
        return f"*{self.plain(text)}*" if self.slack and text.strip() else self.plain(text)

    def code(self, text: str) -> str:
        """Show *text* letter by letter: a command that is copied; one without a backtick."""
        if not self.slack:
            return text
        return f"`{escaped(text.replace(TICK, APOSTROPHE))}`" if text.strip() else ""

    def quoted(self, text: str) -> str:
        """Quote the foreign line *text*."""
        return QUOTE + self.plain(text)


TICK, APOSTROPHE = "`", "'"
LOOKALIKES = {"*": "\u2217", "_": "\uff3f", "~": "\u223c"}
"""What looks like a mark and is none: chats have no sign that takes a mark's meaning away."""


def unmarked(text: str) -> str:
    """Replace what may begin or end a mark: a backtick, and `*`, `_`, `~` at the edge of a word.

    Within a word they mean nothing (`rm_dj_1`, `2*3`), and stay as they are.
    """
    if not any(mark in text for mark in (TICK, *LOOKALIKES)):
        return text
    text = text.replace(TICK, APOSTROPHE)
    return "".join(
        LOOKALIKES[char] if char in LOOKALIKES and not _within(text, at) else char
        for at, char in enumerate(text)
    )


def _within(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalnum()


def escaped(text: str) -> str:
    """Escape the three characters that Slack gives a meaning, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
