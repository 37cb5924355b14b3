"""What is wrong with a configuration, where, and what to write instead."""

from collections.abc import Iterable

from msgspec import Struct

from svwatch.lang.place import Place


class Problem(Struct, frozen=True, order=True):
    """One mistake of the author of a file.

    *file* is relative to the directory of the main file; *line* and *column* count from 1, and
    0 means the whole file. A *warning* does not keep the configuration from being loaded.
    """

    file: str
    line: int
    column: int
    what: str
    hint: str = ""
    warning: bool = False


def show(problem: Problem) -> str:
    """Show *problem* in one line, as compilers do: `file:line:column: what: hint`."""
    where = problem.file
    if problem.line:
        where += f":{problem.line}:{problem.column}"
    hint = f": {problem.hint}" if problem.hint else ""
    return f"{where}: {problem.what}{hint}" + (" (a warning)" if problem.warning else "")


class Complaints:
    """All problems and remarks, as they turn up; none of them ends the reading."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._remarks: dict[str, None] = {}

    def error(self, place: Place, what: str, hint: str = "") -> None:
        """Keep a mistake that must be mended before the configuration can be loaded."""
        self._problems[Problem(place.file, place.line, place.column, what, hint)] = None

    def warn(self, place: Place, what: str, hint: str = "") -> None:
        """Keep something that is probably not meant."""
        problem = Problem(place.file, place.line, place.column, what, hint, warning=True)
        self._problems[problem] = None

    def remark(self, place: Place, text: str) -> None:
        """Keep what is not wrong but should be known."""
        self._remarks[f"{place.short()}: {text}"] = None

    def take(self, problems: Iterable[Problem]) -> None:
        """Keep *problems* as they are."""
        self._problems |= dict.fromkeys(problems)

    def remember(self, remarks: Iterable[str]) -> None:
        """Keep *remarks* as they are."""
        self._remarks |= dict.fromkeys(remarks)

    def of_member(self, others: "Complaints") -> None:
        """Take over what *others* say about places that nothing was said about yet.

        The members of one entry share its lines: a mistake in it is one mistake.
        """
        known = {(old.file, old.line, old.column) for old in self._problems}
        for problem in others.problems:
            if (problem.file, problem.line, problem.column) not in known:
                self._problems[problem] = None
        places = {remark.partition(": ")[0] for remark in self._remarks}
        for remark in others.remarks:
            if remark.partition(": ")[0] not in places:
                self._remarks[remark] = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem in file order."""
        return tuple(sorted(self._problems))

    @property
    def remarks(self) -> tuple[str, ...]:
        """Every remark, once."""
        return tuple(self._remarks)

    @property
    def fatal(self) -> bool:
        """Whether there is any error."""
        return any(not problem.warning for problem in self._problems)
