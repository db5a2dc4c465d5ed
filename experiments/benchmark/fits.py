"""What a fit costs: searches from twenty starts, a hundred thousand likelihoods, one gradient.

    python experiments/benchmark/fits.py [--out FOLDER] [--quick]

Of the packaged fit of sorafenib (ten unknowns, ten studies). `fits.json` holds seconds of this
machine, and the targets: 60 s for the fit and 300 s for the likelihoods, on two cores.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import write as write_machine
from tables import OUT

from il15_sim.batch.kernel import available_cores
from il15_sim.files.atomic import write_atomic
from il15_sim.files.resources import experiments_dir
from il15_sim.fit import Problem, read_fit, run_fit
from il15_sim.fit.search import begins

STARTS, POINTS, TOGETHER = 20, 100_000, 4000


@dataclass(frozen=True)
class Figure:
    """Seconds of so many of something, and what they should be at most."""

    what: str
    count: int
    seconds: float
    target_seconds: float | None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, tell, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="smoke test of some seconds")
    given = parser.parse_args(arguments)
    starts, points = (2, 200) if given.quick else (STARTS, POINTS)
    problem = read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")
    figures = measure(problem, starts, points)
    told: dict[str, Any] = {
        "problem": problem.name,
        "rows": len(problem.objective().rows),
        "unknowns": len(problem.unknowns),
        "cores": available_cores(),
        "figures": [asdict(figure) for figure in figures],
    }
    given.out.mkdir(parents=True, exist_ok=True)
    write_atomic(given.out / "fits.json", json.dumps(told, indent=1, allow_nan=False) + "\n")
    write_machine(given.out / "machine.json")
    print(f"{told['problem']}: {told['rows']} rows, {told['unknowns']} unknowns", end=", ")
    print(f"{told['cores']} cores")
    for figure in figures:
        target = "" if figure.target_seconds is None else f"  target {figure.target_seconds:g} s"
        print(f"{figure.what:<28}{figure.count:>8}{figure.seconds:12.3f} s{target}")


def measure(problem: Problem, starts: int, points: int) -> list[Figure]:
    """All figures; compiled code is warm."""
    objective = problem.objective()
    spread = np.array(begins(objective, 65, problem.seed)[1:])
    objective.log_likelihoods(spread[:1])
    objective.slopes(spread[0])
    fit = seconds(lambda: run_fit(problem, starts=starts))
    # Around the fit's own values, as a sampler asks for them.
    near = begins(objective, 1, problem.seed)[0]
    draws = near + 0.03 * np.random.default_rng(problem.seed).normal(size=(points, len(near)))
    parts = np.array_split(np.clip(draws, 0.0, 1.0), max(1, points // TOGETHER))
    many = seconds(lambda: [objective.log_likelihoods(part) for part in parts])
    # One after another, each at a point of its own: nothing is remembered.
    few = spread[: min(starts, len(spread))]
    one = seconds(lambda: [objective.log_likelihoods(share[None]) for share in few])
    slopes = seconds(lambda: [objective.slopes(share) for share in near + 1e-3 * few])
    return [
        Figure("fit from many starts", starts, fit, 60.0 * starts / STARTS),
        Figure("likelihoods in ensembles", points, many, 300.0 * points / POINTS),
        Figure("one likelihood", 1, one / len(few), None),
        Figure("one value with gradient", 1, slopes / len(few), None),
    ]


def seconds(call: Callable[[], object]) -> float:
    """Wall-clock seconds of a call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
