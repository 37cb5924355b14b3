"""What a process is known by is what it became."""

from svwatch.core.seen import Identity, Lost, Running
from tests.core.world import Sim, daemon


def test_a_shell_that_execs_is_known_by_its_program() -> None:
    sim = Sim(daemon())
    main = sim.main
    assert main is not None
    for exe in ("/bin/sh", "/usr/bin/ruby"):
        sim.verdict = Running(main, Identity(exe, 33))
        sim.look()
    sim.verdict = Lost(main, "the pidfile is gone")
    sim.look()
    assert sim.state.known is not None
    assert sim.state.known.identity == Identity("/usr/bin/ruby", 33)
