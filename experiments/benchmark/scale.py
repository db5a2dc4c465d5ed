"""Does the cost grow in proportion: simulations, doses, days; and many runs on little memory.

    python experiments/benchmark/scale.py [--million] [--out FOLDER] [--quick]

`scale.tsv` and `scale.png` hold the cost curves, `shards.tsv` a run of many simulations into
shards: 20,000 of them, or with --million a million.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from figure import plain_numbers
from machine import write as write_machine
from population import DAYS, RTOL, endpoints, patients, regimen
from tables import OUT, write_table

from il15_sim import Model, simulate

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import NullLocator

#: A long call is timed once, a short one so often.
REPEATS, LONG_S = 3, 5.0


@dataclass(frozen=True)
class Point:
    """One call of `simulate`: the least time of its repeats."""

    curve: str
    simulations: int
    days: float
    doses: int
    seconds: float
    ms_per_simulation: float
    failed: int


@dataclass(frozen=True)
class Many:
    """A run into shards, in a process of its own."""

    simulations: int
    days: int
    endpoints: int
    seconds: float
    per_second: float
    failed: int
    peak_memory_mib: float
    allowed_memory_mib: float
    shards_mib: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write tables and the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--million", action="store_true", help="a million runs into shards")
    parser.add_argument("--only-shards", action="store_true", help="no cost curves")
    parser.add_argument("--folder", type=Path, help="where the shards are kept (default: nowhere)")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="smoke test of some seconds")
    given = parser.parse_args(arguments)
    if not given.only_shards:
        points = measure(Model.load("patient"), given.quick)
        slopes = {curve: slope(own) for curve, own in by_curve(points).items()}
        notes = [
            "endpoints only, twenty varied parameters, start in the untreated steady state, "
            f"rtol {RTOL:g}, all cores",
            *(f"slope of {curve} on logarithms: {value:.3f}" for curve, value in slopes.items()),
            "proportional is 1; the time of simulations without doses is in the curve of doses",
        ]
        write_table(given.out / "scale.tsv", points, notes)
        draw(points, given.out / "scale.png")
        print("\n".join(notes[1:-1]))
    count = 64 if given.quick else 1_000_000 if given.million else 20_000
    many = into_shards(count, given.folder)
    note = f"{DAYS} days twice daily, rtol {RTOL:g}, all cores; memory of the whole process"
    write_table(given.out / "shards.tsv", [many], [note])
    write_machine(given.out / "machine.json")
    print(
        f"{many.simulations} runs into shards: {many.seconds:.1f} s, {many.per_second:.0f} /s, "
        f"{many.failed} failed, peak {many.peak_memory_mib:.0f} of {many.allowed_memory_mib:.0f} "
        f"MiB, {many.shards_mib:.1f} MiB on disk"
    )


def measure(model: Model, quick: bool) -> list[Point]:
    """All points of the three curves."""
    if quick:
        counts, days, everies, rows = (16, 32), (2, 4), (24.0, 12.0), 16
    else:
        counts, days = (100, 300, 1000, 3000, 10_000, 30_000), (7, 14, 28, 56, 112)
        everies, rows = (96.0, 48.0, 24.0, 12.0, 6.0, 3.0), 512
    span = days[-1] if quick else DAYS
    timed(model, "", 16, 2, 12.0, quick)  # compiles
    found = [timed(model, "simulations", n, span, 12.0, quick) for n in counts]
    found += [timed(model, "doses", rows, span, every, quick) for every in everies]
    found += [timed(model, "days", rows, d, 12.0, quick) for d in days]
    return found


def timed(model: Model, curve: str, count: int, days: float, every_h: float, quick: bool) -> Point:
    """One point."""
    rows, doses, kept = patients(model, count), regimen(days, every_h), endpoints(days)
    best, failed = np.inf, 0
    for _ in range(1 if quick else REPEATS):
        begin = time.perf_counter()
        runs = simulate(
            model, doses, rows, endpoints=kept, engine="batch", rtol=RTOL, progress=False
        )
        best = min(best, time.perf_counter() - begin)
        failed = int((runs["status"] != 0).sum())
        if best > LONG_S:
            break
    number = round(24.0 * days / every_h)
    return Point(curve, count, days, number, best, 1e3 * best / count, failed)


def by_curve(points: Sequence[Point]) -> dict[str, list[Point]]:
    """Points by curve, in the order of what grows."""
    curves = dict.fromkeys(p.curve for p in points)
    return {c: sorted((p for p in points if p.curve == c), key=grown) for c in curves}


def grown(point: Point) -> float:
    """What grows along the curve of a point."""
    return float(getattr(point, point.curve))


def slope(points: Sequence[Point]) -> float:
    """Exponent of the cost: slope of the straight line through the logarithms.

    >>> points = [Point("days", 8, d, 2 * d, 0.3 * d**2, 1.0, 0) for d in (7, 14, 28)]
    >>> round(slope(points), 6)
    2.0
    """
    x, y = np.log([(grown(p), p.seconds) for p in points]).T
    return float(np.polyfit(x, y, 1)[0])


def draw(points: Sequence[Point], path: Path) -> None:
    """One panel per curve, with the line of proportion through its last point."""
    curves = by_curve(points)
    figure, panels = plt.subplots(1, 3, figsize=(9.0, 3.4), layout="constrained")
    labels = {
        "simulations": f"simulations ({DAYS} days twice daily)",
        "doses": f"doses in {DAYS} days",
        "days": "days, twice daily",
    }
    for letter, axes, (curve, own) in zip("abc", panels, curves.items(), strict=True):
        x, y = np.array([(grown(p), p.seconds) for p in own]).T
        axes.plot(x, y[-1] * x / x[-1], color="#999999", lw=1, ls="--", label="proportional")
        axes.plot(x, y, color="#0072B2", marker="o", ms=5, lw=1.4, label="measured")
        axes.set(xscale="log", yscale="log", xlabel=labels[curve])
        axes.set_title(letter, loc="left", fontweight="bold")
        axes.set_title(f"slope {slope(own):.2f}", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        if curve != "simulations":
            axes.set_xticks(x, [f"{value:g}" for value in x])
            axes.xaxis.set_minor_locator(NullLocator())
        plain_numbers(axes.yaxis)
    panels[0].set_ylabel("time of the call (s)")
    handles, labels_of = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels_of, loc="outside upper center", ncols=2, frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def into_shards(count: int, folder: Path | None) -> Many:
    """Many runs in a process of their own, whose memory is measured."""
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        command = [sys.executable, str(Path(__file__).with_name("shards_run.py"))]
        done = subprocess.run(
            [*command, str(count), str(place)], stdout=subprocess.PIPE, text=True, check=True
        )
        told = json.loads(done.stdout.splitlines()[-1])
        size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return Many(
        simulations=count,
        days=DAYS,
        endpoints=len(endpoints()),
        seconds=told["seconds"],
        per_second=count / told["seconds"],
        failed=told["failed"],
        peak_memory_mib=told["peak_memory_mib"],
        allowed_memory_mib=1e9 / 2**20,
        shards_mib=size / 2**20,
    )


if __name__ == "__main__":
    main()
