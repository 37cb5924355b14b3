"""What the rules of one service ask for beside its tree, put into the observation."""

import os

from msgspec.structs import replace

from svwatch.core.seen import Memory, Need, Observation
from svwatch.probe import cgroup
from svwatch.probe.ages import Ages
from svwatch.probe.eyes import Eyes
from svwatch.probe.witness import Sampler


class Request:
    """Reads it; nothing that is not asked for."""

    def __init__(self, eyes: Eyes) -> None:
        """Read nothing yet."""
        self._eyes = eyes
        self._ages = Ages()

    def onto(self, seen: Observation, memory: Memory, sampler: Sampler) -> Observation:
        """Give *seen* with what *memory* says is needed."""
        main, needs = sampler.main, memory.needs
        if main is None or not (needs or memory.files):
            return seen
        owner = sampler.owner() if Need.OWNER in needs else None
        limit, why = None, ""
        if Need.CGROUP in needs:
            limit, why = cgroup.own_limit(main.pid, self._eyes.proc)
        return replace(
            seen,
            cpus=os.cpu_count() or 0,
            owner=owner,
            files=self._ages.ask(memory.files, seen.at.mono),
            cgroup=limit,
            cgroup_why=why,
        )
