"""The way of `svwatch --check` past click, whose import alone is a fifth of its time.

Cron says the same few words each minute. Whatever else is said here (a mistake, `--help`, an
abbreviation) goes the usual way, so there is one place that explains the options.
"""

from collections.abc import Iterator, Sequence

from svwatch.shell.check import Wanted, age_of_process
from svwatch.shell.check import check as look
from svwatch.shell.reach import Place
from svwatch.shell.terminal import colored

FLAGS = {
    "--dry-run": "dry_run",
    "-q": "quiet",
    "--quiet": "quiet",
    "--standalone": "standalone",
}
VALUES = {
    "-c": "config",
    "--config": "config",
    "--state-dir": "state_dir",
    "--socket": "socket",
    "--format": "form",
}
FORMS = ("text", "nagios", "json")


class Words:
    """What the words of `check` say. *strange*: something that click must judge."""

    def __init__(self, words: Sequence[str]) -> None:
        """Read *words*, those after `check`."""
        self.flags: dict[str, bool] = dict.fromkeys(FLAGS.values(), False)
        self.values: dict[str, str | None] = dict.fromkeys(VALUES.values())
        self.names: list[str] = []
        rest = iter(words)
        self.strange = not all(self._take(word, rest) for word in rest)
        self.strange |= self.values["form"] not in {None, *FORMS}

    def _take(self, word: str, rest: Iterator[str]) -> bool:
        if word in FLAGS:
            self.flags[FLAGS[word]] = True
            return True
        if word in VALUES:
            self.values[VALUES[word]] = value = next(rest, None)
            return value is not None and not value.startswith("-")
        self.names.append(word)
        return not word.startswith("-")


def check(words: Sequence[str]) -> int | None:
    """Check as *words* say and give the exit code; None: click must read them."""
    read = Words(words)
    if read.strange:
        return None
    wanted = Wanted(
        names=tuple(read.names),
        form=read.values["form"] or "text",
        color=colored(),
        spent=age_of_process(),
        **read.flags,
    )
    values = read.values
    return look(Place(values["config"], values["state_dir"], values["socket"]), wanted)
