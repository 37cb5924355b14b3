"""Where something stands in a file."""

from msgspec import Struct


class Place(Struct, frozen=True):
    """A file (relative to that of the main file), a line and a column, both from 1.

    Line 0 is the whole file.
    """

    file: str
    line: int = 0
    column: int = 0

    def right(self, columns: int) -> "Place":
        """Give the place *columns* further to the right."""
        return Place(self.file, self.line, self.column + columns)

    def short(self) -> str:
        """Show it without the column: `services.d/dj.yaml:7`."""
        return f"{self.file}:{self.line}" if self.line else self.file


def placed(short: str) -> Place:
    """Give the place that `short` showed: `svwatch.yaml:7`."""
    file, _, line = short.rpartition(":")
    return Place(file, int(line), 1) if line.isdecimal() else Place(short)
