"""Time per simulation against its error: this package and the fastest tools of the field.

    python experiments/benchmark/throughput.py [--sets 48] [--out FOLDER] [--quick]

Every engine runs the same parameter sets, drawn from the whole bounds of the parameter table, in
turns with the others. Tools that are not installed are named and left out (see README.md). What
was measured is kept as it comes: after an interruption the same command goes on.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contestants import PEERS, QUICK, QUICK_REFERENCES, REFERENCES
from figure import draw_work_precision
from journal import Journal, Part, identity_of
from machine import write as write_machine
from peer import Peer
from reference_runs import references
from tables import ERROR, OUT, Row, best, quantiles, write_table
from task import DAYS, Array, blocks, draw, errors, make_task
from worker import Absent, Team, set_environment

from il15_sim import Model

#: Two references may differ by a hundredth of the error of comparison; other sets are dropped.
AGREEMENT = ERROR / 100
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the comparison, write the results."""
    given = _parser().parse_args(arguments)
    set_environment()
    days, count = (4, 2) if given.quick else (DAYS, given.sets)
    task = make_task(days)
    values = draw(Model.load("patient"), count, given.seed)
    used = QUICK_REFERENCES if given.quick else REFERENCES
    kept = given.references or (None if given.quick else OUT / "references.npz")
    reference, agreed = references(task, values, used, AGREEMENT, kept)
    print(f"{agreed.sum()} of {count} parameter sets have a reference", flush=True)
    wanted = (
        given.engines.split(",") if given.engines else [p.name.partition(",")[0] for p in PEERS]
    )
    near = given.near or given.quick
    entered = [p for p in PEERS if p.name.partition(",")[0] in wanted and [*p.points(near)]]
    teams, absent = start(QUICK if given.quick else entered, values, task)
    jobs = [Job(team, *point) for team in teams for point in team.peer.points(near)]
    notes = [
        f"{count} parameter sets from the table's bounds (seed {given.seed}), {days} days",
        f"trusted: of the {count} sets, {agreed.sum()} have references that agree within "
        f"{AGREEMENT:g}; errors are over these alone",
        f"at equal error: no trusted set has an observable that is off by more than {ERROR:g} of "
        "its largest value in that run",
        f"_p99: 99 % of the trusted sets have none off by more than {ERROR:g}",
        *(f"absent: {what}" for what in absent),
    ]
    tools = {team.peer.name: team.tool for team in teams}
    write_machine(given.out / "machine.json", tools)
    identity = identity_of(values, repr(task), *tools.values(), str(near))
    journal = Journal(given.out / "parts.jsonl", identity)
    try:
        for done in measure(jobs, values, reference, journal):
            rows = rows_of(jobs, agreed, journal)
            if rows:
                told = [*notes, *([] if done == ROUNDS else [f"round {done} of {ROUNDS}"])]
                write_table(given.out / "work_precision.tsv", rows, told)
                write_table(given.out / "at_equal_error.tsv", best(rows), told)
                draw_work_precision(rows, given.out / "work_precision.png")
            print(f"round {done} of {ROUNDS} done", flush=True)
    finally:
        for team in teams:
            team.close()
    journal.close()
    _show(rows)
    print(f"written to {given.out}")


def start(peers: Sequence[Peer], values: Array, task: object) -> tuple[list[Team], list[str]]:
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


def _show(rows: Sequence[Row]) -> None:
    for b in best(rows):
        slower = b.times_slower_than_il15_sim_per_core
        print(
            f"{b.engine:<24}{b.ms:10.2f} ms {b.per_second:10.1f} /s {slower:8.1f} times "
            f"slower per core  {b.configuration}"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=48, help="parameter sets (default: 48)")
    parser.add_argument(
        "--near", action="store_true", help="only the tolerances near the error of comparison"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw")
    parser.add_argument("--engines", help="only these tools, separated by commas")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--references", type=Path, help="where reference solutions are kept")
    parser.add_argument("--quick", action="store_true", help="smoke test of some seconds")
    return parser


if __name__ == "__main__":
    main()
