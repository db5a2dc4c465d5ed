"""How long a user waits: import, one run, one scenario from the command line, and the memory.

    python experiments/benchmark/latency.py [--repeats 5] [--json FILE]

Times are wall-clock medians on this machine; figures of two machines do not compare.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from il15_sim import Model, Regimen, __version__, simulate

DAYS = 84
SCENARIO = f"""\
title = "Benchmark: sorafenib twice daily"
description = "One arm of {DAYS} days, for timing only."
horizon_days = {DAYS}

[[arms]]
name = "sorafenib"
regimen = "sorafenib 400 mg q12h x {DAYS} d"
"""


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


def measure(repeats: int) -> dict[str, tuple[float, str]]:
    """All figures as {what: (value, unit)}."""
    figures = {"import il15_sim": (import_s(repeats), "s")}
    start = time.perf_counter()
    model = Model.load()
    regimen = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=DAYS)
    simulate(model, regimen, until_days=DAYS, rtol=1e-6)
    figures["load, compile and first run"] = (time.perf_counter() - start, "s")
    run_s = median_s(lambda: simulate(model, regimen, until_days=DAYS, rtol=1e-6), repeats)
    figures[f"one run of {DAYS} days twice daily"] = (run_s * 1e3, "ms")
    figures["peak memory of the runs"] = (peak_mib(resource.RUSAGE_SELF), "MiB")
    figures[f"scenario of {DAYS} days, command line"] = (command_line_s(repeats), "s")
    figures["peak memory of the command line"] = (peak_mib(resource.RUSAGE_CHILDREN), "MiB")
    return figures


def main() -> None:
    """Measure, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="repeats of each figure")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    print(f"il15-sim {__version__}, {machine}, medians of {arguments.repeats}")
    figures = measure(arguments.repeats)
    for what, (value, unit) in figures.items():
        print(f"{what:<38}{value:10.3f} {unit}")
    if arguments.json is not None:
        rows = {what: {"value": value, "unit": unit} for what, (value, unit) in figures.items()}
        text = json.dumps({"version": __version__, "machine": machine, "figures": rows}, indent=2)
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
