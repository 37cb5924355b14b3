"""The story, chapter by chapter; it ends with exit code 1 at the first claim not seen."""

import signal
import sys
from collections.abc import Callable
from typing import TextIO

from svwatch.shell.demo import closing, opening, pidfiles, post, workers
from svwatch.shell.demo.mail import PostOffice
from svwatch.shell.demo.patience import pause
from svwatch.shell.demo.scene import Scene
from svwatch.shell.demo.stage import Stage
from svwatch.shell.demo.told import NotSeenError, Teller, seen
from svwatch.shell.demo.watchman import Watchman

READING = 2.0  # seconds after a chapter, for those who read along

CHAPTERS: tuple[tuple[str, Callable[[Scene], None]], ...] = (
    (
        "Five lines of configuration, four workers; the mail server is down on purpose",
        opening.opens,
    ),
    ("A worker climbs to its limit", workers.climbs),
    ("A worker is killed", workers.killed),
    ("The bug of 2010: a pidfile vanishes, and a second copy is started", pidfiles.vanishes),
    ("A pidfile names somebody else", pidfiles.lies),
    ("svwatch is killed in the middle of a restart", workers.finished),
    ("A worker crashes again and again", workers.crashes),
    ("The mail server comes up", post.arrives),
    ("Why?", closing.explains),
    ("What it cost, and what is left", closing.closes),
)


def play(*, fast: bool = False, out: TextIO | None = None) -> int:
    """Play the demo (with shorter waits if *fast*) to *out*; 0: every claim was seen, else 1."""
    teller = Teller(out or sys.stdout)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave nothing then, either
    try:
        with PostOffice() as office, Stage() as stage:
            root = stage.root
            _chapters(Scene(stage, Watchman(stage), office, teller, fast))
        seen(not root.exists(), f"{root} is gone")
    except NotSeenError as error:
        teller.failed(str(error))
        return 1
    except KeyboardInterrupt:
        teller.failed("the end: interrupted")
        return 1
    teller.claim(f"{root} is gone: nothing left behind")
    teller.chapter(f"{teller.claims} claims, each one seen, in {teller.elapsed:.0f} s.")
    return 0


def _chapters(scene: Scene) -> None:
    for title, chapter in CHAPTERS:
        scene.teller.chapter(title)
        try:
            chapter(scene)
            if not scene.fast:
                pause(READING)
        except NotSeenError:
            scene.teller.remark("the last words of svwatch run, and of the others on stage:")
            scene.teller.quote(scene.stage.last_words())
            raise
