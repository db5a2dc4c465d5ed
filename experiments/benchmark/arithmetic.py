"""How far one core is from its arithmetic limit, and where the time of a simulation goes.

python experiments/benchmark/arithmetic.py [--sets 512] [--rtol 3e-5] [--out FOLDER] [--quick]
"""

from __future__ import annotations

import argparse
import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from machine import write as write_machine
from operations import operations
from parts import Bench, attempt_of, functions_of
from patient_case import DAYS, draw, make_task, regimen
from peak import peak_gflops
from tables import OUT, write_table
from task import Task

from il15_sim import Model, simulate
from il15_sim.batch.compile.program import build_program
from il15_sim.batch.drive.layout import LANES
from il15_sim.batch.kernel import Kernel


@dataclass(frozen=True)
class Share:
    """One part of a simulation.

    `calls` and `operations` are per simulation; `ns_per_call` is for a group of LANES simulations
    side by side; `share` is of the measured time. Empty cells: nothing of it is counted.
    """

    part: str
    calls: float
    operations_per_call: float
    ns_per_call: float
    us_per_simulation: float
    share: float
    gflops: float
    share_of_peak: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write `arithmetic.tsv`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=512, help="simulations (default: 512)")
    parser.add_argument("--rtol", type=float, default=3e-5, help="relative tolerance")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="smoke test of some seconds")
    given = parser.parse_args(arguments)
    days, sets, repeats = (4, 16, 1) if given.quick else (DAYS, given.sets, 5)
    task, model = make_task(days), Model.load("patient")
    kernel = Kernel(model.structure, name=model.name)
    counted = operations(build_program(kernel.system, kernel.method, LANES).text)
    peak = peak_gflops(3 if given.quick else 10)
    bare_s, full_s, runs = timed(model, task, sets, given.rtol, repeats)
    accepted, rejected = runs["steps_accepted"], runs["steps_rejected"]
    attempts = accepted.to_numpy() + rejected.to_numpy()
    idle = LANES * group_attempts(attempts) / attempts.sum() - 1.0
    bench = Bench(kernel, task.start.tolist(), task.observables)
    shares = shares_of(kernel, bench, counted, float(attempts.mean()), idle, (bare_s, full_s), peak)
    arithmetic = sum(s.calls * s.operations_per_call for s in shares if s.calls > 0)
    limit_us = arithmetic / peak / 1e3
    notes = [
        f"{sets} simulations of {days} days, rtol {given.rtol:g}, one core, {LANES} side by side",
        f"steps of a simulation: {float(accepted.mean()):.1f} accepted, "
        f"{float(rejected.mean()):.1f} rejected",
        f"idle lanes, at the end of a piece of work: {100 * idle:.1f} % on top of these",
        f"largest rate of the core (fused multiply-adds, measured): {peak:.1f} GFlop/s",
        f"operations of a simulation: {arithmetic / 1e6:.3f} million; at the largest rate they "
        f"take {limit_us:.1f} us, the simulation takes {1e6 * full_s / limit_us:.1f} times that",
        "a division or a root counts one operation; comparisons and selections count none",
    ]
    write_table(given.out / "arithmetic.tsv", shares, notes)
    write_machine(given.out / "machine.json")
    print("\n".join(notes))
    for s in shares:
        print(f"{s.part:<20}{s.us_per_simulation:10.1f} us {100 * s.share:6.1f} %{s.gflops:8.2f}")


def timed(
    model: Model, task: Task, sets: int, rtol: float, repeats: int
) -> tuple[float, float, xr.Dataset]:
    """Least seconds per simulation without and with the daily observables, and the runs."""
    table = pd.DataFrame(draw(model, sets), columns=list(task.parameters))
    doses = regimen(task.end / 24)
    best = [np.inf, np.inf]
    for repeat in range(1 + repeats):
        for k, times in enumerate((task.times[-1:], task.times)):
            begin = time.perf_counter()
            runs = simulate(
                model,
                doses,
                table,
                times_h=times,
                sample="pre",
                observables=task.observables,
                start="model",
                engine="batch",
                rtol=rtol,
                threads=1,
                progress=False,
            )
            if repeat > 0:  # the first one compiles, and warms up
                best[k] = min(best[k], time.perf_counter() - begin)
    return best[0] / sets, best[1] / sets, runs


def group_attempts(attempts: Sequence[int]) -> int:
    """Attempted steps of the lanes together: one that is done takes the next simulation."""
    free_at = [0] * LANES
    for number in attempts:
        heapq.heapreplace(free_at, free_at[0] + int(number))
    return max(free_at)


def shares_of(
    kernel: Kernel,
    bench: Bench,
    counted: dict[str, int],
    attempts: float,
    idle: float,
    measured_s: tuple[float, float],
    peak: float,
) -> list[Share]:
    """The functions of a step, then what is idle, bookkeeping, outputs and the whole.

    `idle` is time of lanes without a simulation, over that of the others.
    """
    bare_s, full_s = measured_s
    shares, known_us = [], 0.0
    for part, calls in attempt_of(kernel).items():
        names = functions_of(kernel, part)
        seconds = float(np.mean([bench.seconds(name) for name in names]))
        work = float(np.mean([counted[name] for name in names]))
        us = 1e6 * attempts * calls * seconds / LANES
        gflops = work * LANES / seconds / 1e9
        known_us += us
        shares.append(
            Share(
                *(part, attempts * calls, work, 1e9 * seconds, us, us / full_s / 1e6),
                *(gflops, gflops / peak),
            )
        )
    total = sum(s.calls * s.operations_per_call for s in shares)
    none = (np.nan,) * 3
    busy_us = 1e6 * bare_s / (1.0 + idle)
    rest = {
        "bookkeeping": busy_us - known_us,
        "idle lanes": 1e6 * bare_s - busy_us,
        "outputs": 1e6 * (full_s - bare_s),
    }
    for part, us in rest.items():
        shares.append(Share(part, *none, us, us / full_s / 1e6, np.nan, np.nan))
    rate = total / full_s / 1e9
    shares.append(Share("simulation", *none, 1e6 * full_s, 1.0, rate, rate / peak))
    return shares


if __name__ == "__main__":
    main()
