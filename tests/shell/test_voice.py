"""Speaking never waits."""

import os

from svwatch.shell.voice import Voice


def test_a_line_arrives() -> None:
    end, start = os.pipe()
    Voice(start).say("rm-dj-1 restarted")
    assert os.read(end, 100) == b"rm-dj-1 restarted\n"
    os.close(end)
    os.close(start)


def test_a_stuck_reader_costs_lines_and_is_told_how_many() -> None:
    end, start = os.pipe()
    voice = Voice(start)
    while not voice.lost:
        voice.say("x" * 4000)
    voice.say("lost too")
    while len(os.read(end, 1 << 20)) == 1 << 20:
        """Drain the pipe."""
    voice.say("heard")
    assert os.read(end, 200) == b"(2 lines lost: the reader of this log is stuck)\nheard\n"
    os.close(end)
    os.close(start)


def test_a_reader_that_left_is_survived() -> None:
    end, start = os.pipe()
    os.close(end)
    voice = Voice(start)
    voice.say("nobody hears")
    assert voice.lost == 1
    os.close(start)
