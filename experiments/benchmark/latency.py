"""How long a user waits: import, compiling, one run, a hundred, a scenario, and the memory.

    python experiments/benchmark/latency.py [--repeats 5] [--json FILE] [--quick]

Times are wall-clock medians on this machine; figures of two machines do not compare.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from il15_sim import Model, Regimen, __version__, simulate

DAYS = 84
RUNS = 100
SCENARIO = f"""\
title = "Benchmark: sorafenib twice daily"
description = "One arm of {DAYS} days, for timing only."
horizon_days = {DAYS}

[[arms]]
name = "sorafenib"
regimen = "sorafenib 400 mg q12h x {DAYS} d"
"""


#: What a fresh process does: `load`, `first` and `again` are seconds within it, `told` what the
#: first call itself says about compiling.
START = """\
import json, time
begin = time.perf_counter()
from il15_sim import Model, Regimen, simulate
model = Model.load("patient")
loaded = time.perf_counter()
regimen = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=28)
runs = simulate(model, regimen, engine="batch", progress=False)
first = time.perf_counter()
simulate(model, regimen, engine="batch", progress=False)
end = time.perf_counter()
told = {"load": loaded - begin, "first": first - loaded, "again": end - first}
print(json.dumps(told | {"told": runs.data.attrs["compile_seconds"]}))
"""


@dataclass(frozen=True)
class Figure:
    """One measured number; `target` is the largest that is good enough, 0 where there is none."""

    what: str
    value: float
    unit: str
    target: float = 0.0


def median_s(call: Callable[[], object], repeats: int) -> float:
    """Median wall-clock time of `call` in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def python(*arguments: str) -> Callable[[], object]:
    """A call that runs a fresh interpreter and fails where that fails."""
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def import_s(repeats: int) -> float:
    """Seconds that `import il15_sim` adds to a bare start of Python."""
    return median_s(python("-c", "import il15_sim"), repeats) - median_s(
        python("-c", "pass"), repeats
    )


def command_line_s(repeats: int) -> float:
    """Seconds of one scenario from the command line, tables and figures included."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder, "benchmark.toml")
        scenario.write_text(SCENARIO, encoding="utf-8")
        out = str(Path(folder, "out"))
        start = "from il15_sim.cli import main; main()"
        return median_s(python("-c", start, "run", str(scenario), "--out", out), repeats)


def peak_mib(who: int) -> float:
    """Largest resident memory so far, of this process or of its largest child."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB on Linux
    return resource.getrusage(who).ru_maxrss * unit / 2**20


def first_ensemble(caches: Path) -> dict[str, float]:
    """Seconds of a fresh process and of what it does (see START), with all caches in a folder."""
    # Whatever keeps compiled code: this package, and Numba where something uses it.
    env = os.environ | {
        "IL15_SIM_CACHE_DIR": str(caches / "code"),
        "NUMBA_CACHE_DIR": str(caches / "numba"),
    }
    begin = time.perf_counter()
    command = [sys.executable, "-c", START]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env)
    told: dict[str, float] = json.loads(done.stdout)
    return told | {"whole": time.perf_counter() - begin}


def starts(repeats: int) -> list[Figure]:
    """The first ensemble of all, and those after it in processes of their own."""
    firsts, laters = [], []
    for _ in range(min(repeats, 3)):
        # Empty, so that nothing that was compiled before is found.
        with tempfile.TemporaryDirectory() as folder:
            firsts.append(first_ensemble(Path(folder)))
            laters.append(first_ensemble(Path(folder)))
    return [*start_figures("empty cache", firsts, 5.0), *start_figures("from cache", laters, 1.0)]


def start_figures(when: str, told: list[dict[str, float]], target: float) -> list[Figure]:
    """Medians of fresh processes; what is measured and not told is a line of its own.

    The same ensemble once more, in the same process, says what is simulation and not preparation.

    >>> told = [{"first": 9.0, "told": 2.0, "again": 0.5, "load": 1.0, "whole": 11.0}]
    >>> [(f.what, f.value) for f in start_figures("x", told, 5.0)][:4]
    [('first ensemble, x', 9.0), ('  compiling, as told', 2.0), ('  simulating', 0.5), \
('  not accounted for', 6.5)]
    """
    median = {k: statistics.median(t[k] for t in told) for k in told[0]}
    rest = statistics.median(t["first"] - t["told"] - t["again"] for t in told)
    return [
        Figure(f"first ensemble, {when}", median["first"], "s", target=target),
        Figure("  compiling, as told", median["told"], "s"),
        Figure("  simulating", median["again"], "s"),
        Figure("  not accounted for", rest, "s"),
        Figure("  start of Python, import, load too", median["whole"], "s"),
    ]


def ensembles(model: Model, repeats: int) -> list[Figure]:
    """A hundred runs on either engine: the batch engine must not be slower, compiled or not."""
    spread = np.random.default_rng(1).normal(0.0, 0.2, RUNS)
    table = pd.DataFrame({"sorafenib_volume": model.values["sorafenib_volume"] * np.exp(spread)})
    regimen = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=28)

    def ensemble(engine: str) -> Callable[[], object]:
        return lambda: simulate(model, regimen, table, engine=engine, progress=False)

    ensemble("batch")()
    batch_s = median_s(ensemble("batch"), repeats)
    reference_s = median_s(ensemble("reference"), 1)
    return [
        Figure(f"{RUNS} runs of 28 days, batch engine", batch_s, "s", target=reference_s),
        Figure(f"{RUNS} runs of 28 days, reference engine", reference_s, "s"),
    ]


def measure(repeats: int, quick: bool = False) -> list[Figure]:
    """All figures; the quick ones without the command line and the ensembles."""
    figures = [Figure("import il15_sim", import_s(repeats), "s")]
    start = time.perf_counter()
    model = Model.load()
    regimen = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=DAYS)
    simulate(model, regimen, until_days=DAYS, rtol=1e-6)
    first_s = time.perf_counter() - start
    run_s = median_s(lambda: simulate(model, regimen, until_days=DAYS, rtol=1e-6), repeats)
    figures += [
        Figure("load, compile and first run", first_s, "s"),
        Figure(f"one run of {DAYS} days twice daily", run_s * 1e3, "ms"),
        Figure("peak memory of the runs", peak_mib(resource.RUSAGE_SELF), "MiB"),
    ]
    if quick:
        return [*figures, *starts(1)]
    scenario_s = command_line_s(repeats)
    children = peak_mib(resource.RUSAGE_CHILDREN)
    return [
        *figures,
        Figure(f"scenario of {DAYS} days, command line", scenario_s, "s"),
        Figure("peak memory of the command line", children, "MiB"),
        *starts(repeats),
        *ensembles(model, repeats),
    ]


def main() -> None:
    """Measure, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="repeats of each figure")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--quick", action="store_true", help="smoke test of some seconds")
    arguments = parser.parse_args()
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    repeats = 1 if arguments.quick else arguments.repeats
    print(f"il15-sim {__version__}, {machine}, medians of {repeats}")
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{free} cores may be used; others' work on them shows in every figure")
    figures = measure(repeats, arguments.quick)
    for f in figures:
        target = f"   at most {f.target:.3g} {f.unit}" if f.target else ""
        print(f"{f.what:<42}{f.value:10.3f} {f.unit}{target}")
    if arguments.json is not None:
        told = {
            "version": __version__,
            "machine": machine,
            "cores": free,
            "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
            "figures": [asdict(f) for f in figures],
        }
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
