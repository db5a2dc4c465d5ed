"""Time per simulation against its error: this package and the fastest tools of the field.

    python experiments/benchmark/throughput.py [--sets N] [--models NAMES] [--out FOLDER]
    python experiments/benchmark/throughput.py --short     # two minutes, no further tools

Every engine runs the same parameter sets, in turns with the others. Tools that are not installed
are named and left out (see README.md). What was measured is kept as it comes: after an interruption
the same command goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from cases import CASES, Case
from contestants import PEERS, QUICK, QUICK_REFERENCES, REFERENCES, SHORT, peers_for
from figure import draw_work_precision
from journal import Journal, identity_of
from machine import write as write_machine
from peer import Peer
from reference_runs import references
from rounds import ROUNDS, Job, measure, rows_of, start
from tables import ERROR, OUT, Row, best, write_table
from worker import set_environment

from il15_sim.errors import InputError, unknown

#: Two references may differ by a hundredth of the error of comparison; other sets are dropped.
AGREEMENT = ERROR / 100


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the comparison, write the results."""
    given = _parser().parse_args(arguments)
    _settle(given)
    set_environment()
    tools: dict[str, str] = {}
    panels: dict[str, list[Row]] = {}
    journals = []
    for name in given.models:
        heading, rows, own, journal = compare(CASES[name], given)
        tools |= own
        panels[heading] = rows
        journals.append(journal)
        write_machine(given.out / "machine.json", tools)
        draw_work_precision(panels, given.out / "work_precision.png")
        _show(heading, rows)
    # Only now: an interrupted run takes all that is finished from its journals.
    for journal in journals:
        journal.close()
    print(f"tables are in {given.out}, the figure is {given.out / 'work_precision.png'}")


def compare(
    case: Case, given: argparse.Namespace
) -> tuple[str, list[Row], dict[str, str], Journal]:
    """One model: heading, rows, versions of the tools, and the journal of what was measured."""
    task = case.make(given.quick)
    values = case.draw(given.sets or case.sets, given.seed)
    count, folder = len(values), given.out / case.name
    heading = case.heading(task)
    print(f"--- {heading}", flush=True)
    used = QUICK_REFERENCES if given.quick else REFERENCES
    kept = None if given.quick else given.references / f"{case.name}.npz"
    reference, apart = references(task, values, used, kept)
    agreed = apart < AGREEMENT
    print(f"{agreed.sum()} of {count} parameter sets have a reference", flush=True)
    teams, absent = start(_entered(case, given), values, task)
    jobs = [Job(team, *point) for team in teams for point in team.peer.points(given.near)]
    notes = [
        heading,
        case.about,
        f"{count} parameter sets (seed {given.seed})",
        f"trusted: of the {count} sets, {agreed.sum()} have references that agree within "
        f"{AGREEMENT:g}; errors are over these alone",
        f"at equal error: no trusted set has an observable that is off by more than {ERROR:g} of "
        "its largest value in that run",
        f"_p99: 99 % of the trusted sets have none off by more than {ERROR:g}",
        *(f"absent: {what}" for what in absent),
    ]
    tools = {team.peer.name: team.tool for team in teams}
    identity = identity_of(values, repr(task), *tools.values(), str(given.near))
    journal = Journal(folder / "parts.jsonl", identity)
    try:
        for done in measure(jobs, values, reference, journal):
            rows = rows_of(jobs, agreed, journal)
            if rows:
                told = [*notes, *([] if done == ROUNDS else [f"round {done} of {ROUNDS}"])]
                write_table(folder / "work_precision.tsv", rows, told)
                write_table(folder / "at_equal_error.tsv", best(rows), told)
            print(f"round {done} of {ROUNDS} done", flush=True)
    finally:
        for team in teams:
            team.close()
    return heading, rows, tools, journal


def _entered(case: Case, given: argparse.Namespace) -> list[Peer]:
    peers = QUICK if given.quick else PEERS
    return [
        p
        for p in peers_for(case.name, peers)
        if p.name.partition(",")[0] in given.engines
        and (p.all_cores == 1 or not given.short)
        and [*p.points(given.near)]
    ]


def _show(heading: str, rows: Sequence[Row]) -> None:
    print(f"{heading}; time at an error of {ERROR:g} of the maximum, ratio per core")
    for b in best(rows):
        slower = b.times_slower_than_il15_sim_per_core
        print(
            f"{b.engine:<24}{b.ms:10.3f} ms {b.per_second:10.1f} /s {slower:8.1f} times "
            f"the time of il15-sim  {b.configuration}"
        )


def _settle(given: argparse.Namespace) -> None:
    """What depends on the kind of run: whole, short or quick."""
    tools = list(dict.fromkeys(p.name.partition(",")[0] for p in PEERS))
    few = given.short or given.quick
    given.sets = given.sets or (2 if given.quick else 8 if given.short else None)
    given.near = given.near or few
    given.out = given.out or (OUT.with_name("benchmark-short") if given.short else OUT)
    given.references = given.references or given.out / "references"
    models = given.models or ",".join(list(CASES)[:2] if given.short else CASES)
    engines = given.engines or ",".join(SHORT if given.short else tools)
    try:
        given.models = _chosen("model", models, CASES)
        given.engines = _chosen("tool", engines, tools)
    except InputError as error:
        sys.exit(f"error: {error}")


def _chosen(what: str, listed: str, known: Collection[str]) -> list[str]:
    names = [name.strip() for name in listed.split(",")]
    for name in names:
        if name not in known:
            raise unknown(what, name, known)
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sets",
        type=int,
        help="parameter sets (default: 192 of the patient, 48 of the others; short: 8)",
    )
    parser.add_argument("--models", help="only these models, separated by commas")
    parser.add_argument("--engines", help="only these tools, separated by commas")
    parser.add_argument(
        "--near", action="store_true", help="only the tolerances near the error of comparison"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw")
    parser.add_argument("--out", type=Path, help="folder of the results")
    parser.add_argument("--references", type=Path, help="folder of reference solutions")
    parser.add_argument("--short", action="store_true", help="two minutes, no further tools")
    parser.add_argument("--quick", action="store_true", help="smoke test of some seconds")
    return parser


if __name__ == "__main__":
    main()
