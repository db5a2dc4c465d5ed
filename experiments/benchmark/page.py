"""The page docs/benchmark.md and its figures, written from the folder of results.

    python experiments/benchmark/page.py [--results FOLDER] [--docs FOLDER]

Nothing in the page is typed by hand: what is missing in the folder is said to be missing.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cases import CASES
from tables import ERROR, OURS, OUT, read_table

DOCS = Path(__file__).resolve().parents[2] / "docs"
#: Figures that the page shows; a larger file does not belong into a repository.
FIGURES, LARGEST = ("work_precision.png", "tolerance.png", "scale.png"), 300_000
#: The error of comparison without leading zeros in its exponent.
AT = f"{ERROR:.0e}".replace("e-0", "e-")

INTRODUCTION = f"""\
# Benchmark

Written by `experiments/benchmark/page.py` from the results of `make bench`; not edited by hand.
`make bench-short` shows the main comparison in two minutes.
[experiments/benchmark/README.md](../experiments/benchmark/README.md) says how each tool is used.

How errors are measured: the error of a simulation is the largest deviation from the reference over
all times and observables, relative to the largest value of that observable in that run. Tools are
compared at the time at which the largest error of all parameter sets is {AT}, interpolated
between two tolerances of one configuration and never extrapolated. The reference is CVODE
(libRoadRunner, rtol 1e-11); a parameter set counts only where LSODA (SciPy, rtol 1e-10, on
equations read from the SBML by other code) differs from it by less than a hundredth of that. All
tools run the same parameter sets, give the same outputs, and take turns in three rounds, each in
processes of its own that are pinned to their cores. Compiling is not in these times; it is under
[Waiting times](#waiting-times).
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page, copy the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page")
    given = parser.parse_args(arguments)
    given.docs.mkdir(parents=True, exist_ok=True)
    for name in FIGURES:
        source = given.results / name
        if source.exists():
            if source.stat().st_size > LARGEST:
                raise SystemExit(f"error: {source} is larger than {LARGEST} bytes")
            shutil.copyfile(source, given.docs / name)
    path = given.docs / "benchmark.md"
    path.write_text(page(given.results), encoding="utf-8")
    print(f"written to {path}")


def page(results: Path) -> str:
    """The whole page as Markdown."""
    sections = (speed, tolerances, arithmetic, scale, sweeps, waiting, machine)
    parts = [INTRODUCTION.splitlines(), *(section(results) for section in sections)]
    return "\n\n".join("\n".join(part).strip() for part in parts) + "\n"


def speed(results: Path) -> list[str]:
    """One table per model, and the figure."""
    lines = ["## Speed at equal error", ""]
    if (results / "work_precision.png").exists():
        told = "Time per simulation against the largest error, one panel per model"
        lines += [f"![{told}](work_precision.png)", ""]
        lines += [
            "Faint lines are other configurations of the same tool; open markers: 2 cores.",
            "",
        ]
    tools = _machine(results).get("tools", {})
    for case in CASES.values():
        path = results / case.name / "at_equal_error.tsv"
        lines += [f"### {case.title}", ""]
        if not path.exists():
            lines += [_missing("throughput.py"), ""]
            continue
        notes, rows = read_table(path)
        lines += [f"{notes[0]}. {case.about}", ""]
        lines += table(
            (
                "tool",
                "use",
                "cores",
                "sets",
                f"ms per simulation at error {AT}",
                "ratio per core to il15-sim",
                "failed",
            ),
            [
                (
                    tools.get(r["engine"], r["engine"]),
                    "`simulate`" if r["engine"].startswith(OURS) else r["configuration"],
                    *(r["cores"], r["sets"]),
                    r["ms"] or "error not enclosed",
                    r["times_slower_than_il15_sim_per_core"],
                    r["failed"],
                )
                for r in rows
            ],
        )
        lines += ["", *(f"- {n}" for n in notes[2:] if not n.startswith("_")), ""]
    return lines


def tolerances(results: Path) -> list[str]:
    """Errors against the tolerance that was asked for."""
    lines = ["## Does the error follow the tolerance?", ""]
    path = results / "tolerance.tsv"
    if not path.exists():
        return [*lines, _missing("tolerance.py")]
    notes, rows = read_table(path)
    lines += [f"{notes[0]}.", ""]
    if (results / "tolerance.png").exists():
        lines += ["![Largest error against tolerance, with the band](tolerance.png)", ""]
    columns = {
        "rtol": "rtol",
        "error_max": "largest error",
        "max_over_rtol": "over rtol",
        "error_p99": "99 % of the sets below",
        "error_median": "median",
        "failed": "failed",
    }
    found = [(*(r[name] for name in columns), _in_band(r)) for r in rows]
    lines += table((*columns.values(), "in the band"), found)
    return [*lines, "", *(f"- {n}" for n in notes[1:])]


def arithmetic(results: Path) -> list[str]:
    """How far from the arithmetic limit, and what the distance is made of."""
    lines = ["## Distance to the arithmetic limit", ""]
    path = results / "arithmetic.tsv"
    if not path.exists():
        return [*lines, _missing("arithmetic.py")]
    notes, rows = read_table(path)
    lines += [*(f"- {n}" for n in notes), ""]
    return lines + table(
        ("part", "us per simulation", "share of the time", "GFlop/s", "share of the largest rate"),
        [
            (
                *(r["part"], r["us_per_simulation"], _percent(r["share"])),
                *(r["gflops"], _percent(r["share_of_peak"])),
            )
            for r in rows
        ],
    )


def scale(results: Path) -> list[str]:
    """Cost curves and the run into shards."""
    lines = ["## Scale", ""]
    curves, shards = results / "scale.tsv", results / "shards.tsv"
    if not curves.exists() and not shards.exists():
        return [*lines, _missing("scale.py")]
    if curves.exists():
        notes, _ = read_table(curves)
        if (results / "scale.png").exists():
            lines += ["![Time of a call against simulations, doses and days](scale.png)", ""]
        lines += [*(f"- {n}" for n in notes), ""]
    if shards.exists():
        (note,), (row,) = read_table(shards)
        lines += [
            f"{row['simulations']} simulations with {row['endpoints']} endpoints each into shards: "
            f"{row['seconds']} s ({row['per_second']} per second), {row['failed']} failed, at most "
            f"{row['peak_memory_mib']} MiB of memory, {row['shards_mib']} MiB on disk ({note})."
        ]
    return lines


def sweeps(results: Path) -> list[str]:
    """What a sweep takes, stored and on a cluster."""
    lines = ["## Sweeps", ""]
    path = results / "sweeps.tsv"
    if not path.exists():
        return [*lines, _missing("sweeps.py")]
    (note,), rows = read_table(path)
    found = [(r["way"], r["simulations"], r["seconds"], r["relative"]) for r in rows]
    header = ("way", "simulations", "s", "over threads in memory")
    return [*lines, f"{note}.", "", *table(header, found)]


def waiting(results: Path) -> list[str]:
    """What one user waits for."""
    lines = ["## Waiting times", ""]
    path = results / "latency.json"
    if not path.exists():
        return [*lines, _missing("latency.py")]
    told = json.loads(path.read_text(encoding="utf-8"))
    lines += [
        'Medians. "Empty cache": a fresh process that finds nothing compiled; "from cache": a '
        "fresh process after it. What the call itself reports as compiling stands beside what was "
        "measured.",
        "",
    ]
    return lines + table(
        ("what", "value", "unit"),
        [
            (f["what"].replace("  ", "… ", 1), f"{f['value']:.3g}", f["unit"])
            for f in told["figures"]
        ],
    )


def machine(results: Path) -> list[str]:
    """Processor, compilers, versions."""
    about = _machine(results)
    if not about:
        return ["## Machine", "", _missing("throughput.py")]
    compilers = ", ".join(sorted(set(about["compilers"].values())))
    packages = ", ".join(f"{name} {found}" for name, found in about["packages"].items())
    vectors = "AVX-512" if about["avx512"] else "no AVX-512"
    return [
        "## Machine",
        "",
        f"- Processor: {about['processor']} ({about['llvm_processor']} to LLVM, {vectors}), "
        f"{about['megahertz']} MHz, cache {about['cache']}",
        f"- Cores: {about['cores']}; {about['system']}",
        f"- Python {about['python']} ({about['python_compiler']}), LLVM {about['llvm']}",
        f"- Compilers: {compilers}",
        f"- Packages: {packages}",
        f"- Tools: {', '.join(sorted(set(about['tools'].values())))}",
    ]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table.

    >>> table(("a", "b"), [("1", "x|y")])
    ['| a | b |', '| --- | --- |', '| 1 | x\\\\|y |']
    """
    lines = [header, ["---"] * len(header), *rows]
    return [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    ]


def _machine(results: Path) -> dict[str, Any]:
    path = results / "machine.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _missing(program: str) -> str:
    return f"Not measured: `{program}` has left no result."


def _in_band(row: dict[str, str]) -> str:
    told = "yes" if row["in_band"] == "1" else "no"
    return (
        told
        if row["resolved"] == "1"
        else f"{told} (the references differ by more than a tenth of it)"
    )


def _percent(share: str) -> str:
    return f"{100 * float(share):.1f} %" if share else ""


if __name__ == "__main__":
    main()
