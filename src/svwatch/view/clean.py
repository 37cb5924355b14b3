"""Foreign text made harmless: names, log lines and reasons that must not break a line."""


def clean(text: str) -> str:
    """Show control characters, line ends and direction marks as escapes; a tab as a blank."""
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    if char in {"\t", "\u00a0"}:
        return " "
    return char.encode("unicode_escape").decode("ascii")


def cut(text: str, width: int) -> str:
    """Shorten *text* to *width* characters (4 or more), and show that it was."""
    return text if len(text) <= width else text[: width - 3].rstrip() + "..."


def spaced(text: str, width: int = 1000) -> str:
    """Make *text* one harmless line whose blanks, and so whose columns, are kept."""
    return cut(clean(text.replace("\r\n", " ").replace("\n", " ")), width)


def one_line(text: str, width: int = 1000) -> str:
    """Make *text* one harmless line of at most *width* characters."""
    return cut(clean(" ".join(text.split())), width)
