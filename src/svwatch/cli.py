"""The command line: words into one verb and an exit code."""


def main() -> None:
    """Run one verb."""
