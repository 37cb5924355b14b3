"""Regular expressions that are searched in what strangers send: cheap ones only.

A search of the usual kind can take hours on a hostile text. So much is allowed that no text can
keep it busy for long: one repeat without an end, no repeat of a repeat, no references.
"""

import re

from svwatch.lang.tokens import RefusedError, Token

ENDLESS = 1024  # what a repeat without an end counts for: bytes of a piece (core/dialogue.py)
MOST = 8192  # ways to try from one place
CHEAPER = 'such as "OK", "^ready [0-9]{1,5}" or "status.*up"'

_REPEAT = re.compile(r"[*+?]|\{([0-9]*)(,?)([0-9]*)\}")


def check(token: Token) -> str:
    """Give the regular expression in *token*. Raises RefusedError."""
    pattern = token.word
    try:
        re.compile(pattern.encode())
    except (re.error, OverflowError) as error:
        what = f'"{pattern}" is no regular expression: {error}'
        raise RefusedError(token.column, what) from error
    if why := too_dear(pattern):
        raise RefusedError(token.column, f'"{pattern}" may take too long to search: {why}', CHEAPER)
    return pattern


def too_dear(pattern: str) -> str:
    """Say why searching *pattern* could take long; "" where it cannot."""
    bare = re.sub(r"\\[^1-9]", "a", pattern)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "a", bare)
    if re.search(r"\\[1-9]|\(\?(?![:i])", bare):
        return "it refers back or looks around"
    if _repeats_repeats(bare):
        return "it repeats what has a choice or a repeat in it"
    ways = 1
    for found in _REPEAT.finditer(bare.replace("(?", "(")):
        ways *= _ways(found)
    return f"it has {ways} ways to match at one place" if ways > MOST else ""


def _repeats_repeats(bare: str) -> bool:
    """Whether a group that holds a choice or a repeat is repeated itself."""
    stack: list[int] = []
    for at, one in enumerate(bare):
        if one == "(":
            stack.append(at)
        elif one == ")" and stack:
            inside = bare[stack.pop() + 1 : at].removeprefix("?:")
            again = re.match(r"[*+{]", bare[at + 1 :])
            if again and re.search(r"[*+?{|]", inside):
                return True
    return False


def _ways(found: re.Match[str]) -> int:
    if found[0] == "?":
        return 2
    if found[0] in "*+":
        return ENDLESS
    least, comma, most = found.groups()
    if not comma:
        return 1
    return max(1, int(most) - int(least or 0) + 1) if most else ENDLESS
