"""Does the error follow the tolerance: the largest error of any observable, 1e-3 ... 1e-8.

    python experiments/benchmark/tolerance.py [--sets N] [--out FOLDER] [--quick]

Patient model, parameter sets from the whole bounds of the table. A tolerance is kept where the
largest error lies between 0.03 and 1 times of it: more would be a broken promise, less is time
spent on digits that nobody asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from cases import CASES
from contestants import PEERS, QUICK_REFERENCES, REFERENCES
from machine import write as write_machine
from reference_runs import references
from tables import OUT, quantiles, write_table
from task import errors
from worker import Team, set_environment

matplotlib.use("Agg")
import matplotlib.pyplot as plt

#: Where the largest error should lie, in units of the tolerance.
BAND = (0.03, 1.0)
RTOLS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
#: Two references may differ by a hundredth of the tightest tolerance at most.
AGREEMENT = 1e-7


@dataclass(frozen=True)
class Kept:
    """All sets at one tolerance; errors relative to the largest value of an observable in a run.

    `resolved` is 1 where the references agree within a tenth of the largest error.
    """

    rtol: float
    sets: int
    failed: int
    error_median: float
    error_p99: float
    error_max: float
    max_over_rtol: float
    in_band: int
    resolved: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write table and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, help="parameter sets (default: 192)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--references", type=Path, help="folder of reference solutions")
    parser.add_argument("--quick", action="store_true", help="smoke test of some seconds")
    given = parser.parse_args(arguments)
    set_environment()
    case = CASES["patient"]
    task, count = case.make(given.quick), 2 if given.quick else given.sets or case.sets
    values = case.draw(count, given.seed)
    used = QUICK_REFERENCES if given.quick else REFERENCES
    kept = None if given.quick else (given.references or given.out / "references") / "patient.npz"
    reference, differences = references(task, values, used, kept)
    agreed = differences < AGREEMENT
    apart = float(differences[agreed].max())
    rows = measure(Team(PEERS[0], task, values[:1]), values[agreed], reference[agreed], apart)
    notes = [
        f"{case.heading(task)}; {agreed.sum()} of {count} parameter sets (seed {given.seed}) have "
        f"references that agree within {AGREEMENT:g}",
        f"in_band: the largest error lies within {BAND[0]:g} and {BAND[1]:g} times the tolerance",
        f"references differ by {apart:.1e} at most; resolved: by less than a tenth of error_max",
    ]
    write_table(given.out / "tolerance.tsv", rows, notes)
    draw(rows, given.out / "tolerance.png")
    write_machine(given.out / "machine.json")
    for row in rows:
        told = "in the band" if row.in_band else "outside of the band"
        print(f"rtol {row.rtol:.0e}  error {row.error_max:.1e}  {row.max_over_rtol:8.3f}  {told}")
    print(f"tables are in {given.out}, the figure is {given.out / 'tolerance.png'}")


def measure(team: Team, values: np.ndarray, reference: np.ndarray, apart: float) -> list[Kept]:
    """One row per tolerance."""
    rows = []
    try:
        for rtol in RTOLS:
            off = errors(team.run(values, rtol, None)[0], reference)
            failed = np.isnan(off)
            rows.append(kept_at(rtol, off[~failed], int(failed.sum()), apart))
    finally:
        team.close()
    return rows


def kept_at(rtol: float, off: np.ndarray, failed: int, apart: float) -> Kept:
    """The row of one tolerance, from the errors of all sets that did not fail.

    >>> row = kept_at(1e-4, np.array([1e-6, 2e-5]), 0, 1e-9)
    >>> round(row.max_over_rtol, 9), row.in_band
    (0.2, 1)
    >>> kept_at(1e-4, np.array([1e-6, 2e-4]), 0, 1e-9).in_band
    0
    """
    median, p99, most = quantiles(off)
    ratio = most / rtol
    inside = int(BAND[0] <= ratio <= BAND[1])
    total = len(off) + failed
    return Kept(rtol, total, failed, median, p99, most, ratio, inside, int(apart < most / 10))


def draw(rows: Sequence[Kept], path: Path) -> None:
    """Errors against tolerance, with the band."""
    figure, axes = plt.subplots(figsize=(6.4, 3.9), layout="constrained")
    rtol = np.array([r.rtol for r in rows])
    ends = np.array([rtol.max() * 2, rtol.min() / 2])
    band = f"{BAND[0]:g} to {BAND[1]:g} times the tolerance"
    axes.fill_between(ends, BAND[0] * ends, BAND[1] * ends, color="#56B4E9", alpha=0.25, label=band)
    lines = (
        ("error_max", "largest of all sets", "#000000", "o", "-"),
        ("error_p99", "99 % of the sets below", "#D55E00", "s", "--"),
        ("error_median", "median of the sets", "#009E73", "^", ":"),
    )
    for name, label, colour, marker, style in lines:
        values = [getattr(r, name) for r in rows]
        axes.plot(rtol, values, color=colour, marker=marker, ls=style, lw=1.4, ms=5, label=label)
    axes.set(xscale="log", yscale="log", xlim=ends)
    axes.set_xlabel("relative tolerance asked for (dimensionless)")
    axes.set_ylabel("largest error of any observable,\nrelative to its maximum in the run")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#eeeeee", zorder=0)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    main()
