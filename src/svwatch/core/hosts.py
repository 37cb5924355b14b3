"""Names that need no server to be asked: what is in a hosts file (hosts(5))."""

LOOPBACK = ("127.0.0.1", "::1")


def named(text: str, host: str) -> tuple[str, ...]:
    """Give the addresses that the hosts file *text* has for *host*, in its order."""
    wanted, found = host.lower().rstrip("."), []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) > 1 and wanted in (word.lower() for word in words[1:]):
            found.append(words[0])
    return tuple(dict.fromkeys(found))
