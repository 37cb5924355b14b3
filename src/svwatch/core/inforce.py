"""What is in force of a configuration, each value with its origin: the answer to `config`."""

from msgspec import Struct


class Row(Struct, frozen=True):
    """One value and where it is from: `file:line`, `default`, `template NAME` or `built in`."""

    key: str
    value: str
    origin: str
