"""Engines in turns: who runs what in which round, and the rows that come of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from journal import Journal, Part
from peer import Peer
from tables import Row, quantiles
from task import Array, Task, blocks, errors
from worker import Absent, Team

ROUNDS = 3


@dataclass(frozen=True)
class Job:
    """One engine in one configuration at one tolerance."""

    team: Team
    configuration: str
    rtol: float
    scale: float | None

    @property
    def name(self) -> str:
        """Names the job in the journal."""
        return f"{self.team.peer.name}, {self.configuration}, rtol {self.rtol:g}"

    def parts(self, count: int) -> list[tuple[str, slice]]:
        """What is run in each round: a block of sets, or all of them where they run together."""
        peer = self.team.peer
        count = min(count, peer.at_most)
        size = count if peer.together else math.ceil(count / ROUNDS)
        found = [slice(0, count)] * ROUNDS if peer.together else blocks(count, size)
        return [(f"{self.name}, round {k}", block) for k, block in enumerate(found)]


def start(peers: Sequence[Peer], values: Array, task: Task) -> tuple[list[Team], list[str]]:
    """Teams of the tools that are there, and a line for each one that is not."""
    teams, absent = [], []
    for peer in peers:
        told = ", ".join(filter(None, (peer.name, peer.use)))
        try:
            teams.append(Team(peer, task, values[:1]))
            print(f"ready in {teams[-1].preparation_s:.1f} s: {told}", flush=True)
        except (Absent, RuntimeError) as error:
            absent.append(f"{told} ({' '.join(str(error).split())[:200]})")
            print(f"absent: {absent[-1]}", file=sys.stderr, flush=True)
    return teams, absent


def measure(
    jobs: Sequence[Job], values: Array, reference: Array, journal: Journal
) -> Iterator[int]:
    """All jobs in turns; yields the number of rounds that are done."""
    lost: set[Team] = set()
    for turn in range(ROUNDS):
        for k in np.roll(np.arange(len(jobs)), 7 * turn).tolist():
            job, parts = jobs[k], jobs[k].parts(len(values))
            if turn >= len(parts) or job.team in lost or parts[turn][0] in journal.parts:
                continue
            key, block = parts[turn]
            try:
                found, wall_s, cpu_s = job.team.run(values[block], job.rtol, job.scale)
            except RuntimeError as error:
                lost.add(job.team)
                print(f"failed: {key}: {error}", file=sys.stderr, flush=True)
                continue
            off = errors(found, reference[block]).tolist()
            journal.add(key, Part(block.start, block.stop, wall_s, cpu_s, off))
        yield turn + 1


def rows_of(jobs: Sequence[Job], agreed: Array, journal: Journal) -> list[Row]:
    """What the journal holds of each job, put together."""
    rows = []
    for job in jobs:
        parts = [journal.parts[k] for k, _ in job.parts(len(agreed)) if k in journal.parts]
        if not parts:
            continue
        runs = sum(p.last - p.first for p in parts)
        # Sets that run together run in every round, with the same errors.
        off = {n: e for p in parts for n, e in zip(range(p.first, p.last), p.errors, strict=True)}
        trusted = np.array([e for n, e in off.items() if agreed[n]])
        failed = np.isnan(trusted)
        peer = job.team.peer
        rows.append(
            Row(
                *(peer.name, job.configuration, peer.all_cores, job.rtol),
                *(len(off), len(trusted), int(failed.sum())),
                *(1e3 * sum(p.wall_s for p in parts) / runs,),
                *(1e3 * sum(p.cpu_s for p in parts) / runs,),
                *quantiles(trusted[~failed]),
            )
        )
    return rows
