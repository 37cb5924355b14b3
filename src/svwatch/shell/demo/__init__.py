"""The demo: the whole story on real runit, in a temporary directory, every line checked."""

from svwatch.shell.demo.story import play

__all__ = ["play"]
