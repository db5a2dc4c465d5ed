"""What a sweep costs: Sobol on twenty parameters, storing it, and the same on a cluster.

    python experiments/benchmark/sweeps.py [--out FOLDER] [--quick]

`sweeps.tsv` holds seconds of the same simulations on threads of this process, into a folder, and on
two workers of Dask on this machine, in turns; the least of three.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster
from machine import write as write_machine
from population import VARIED, endpoints, patients, regimen
from tables import OUT, write_table

from il15_sim import Model
from il15_sim.batch.kernel import available_cores
from il15_sim.sensitivity import factors, sensitivity

DAYS, N, REPEATS = 56, 1024, 3


@dataclass(frozen=True)
class Way:
    """One way to make the same sweep; `relative` to threads in memory."""

    way: str
    simulations: int
    seconds: float
    relative: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, tell, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="smoke test of some seconds")
    given = parser.parse_args(arguments)
    days, n = (2, 16) if given.quick else (DAYS, N)
    cores = available_cores()
    with (
        LocalCluster(n_workers=cores, threads_per_worker=1, dashboard_address=":0") as local,
        Client(local, set_as_default=False) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        ways = measure(days, n, client, Path(folder), 1 if given.quick else REPEATS)
    note = (
        f"Sobol, first and total order, {VARIED} parameters, n = {n}: simulations of {days} days "
        f"with {len(endpoints(days))} endpoints and their indices, rtol 1e-4, {cores} cores"
    )
    write_table(given.out / "sweeps.tsv", ways, [note])
    write_machine(given.out / "machine.json")
    print(note)
    for way in ways:
        print(f"{way.way:<40}{way.seconds:8.2f} s {way.relative:8.3f}")


def measure(days: int, n: int, client: Client, folder: Path, repeats: int) -> list[Way]:
    """All ways in turns."""
    model = Model.load("patient")
    chosen = factors(model, list(patients(model, 1).columns))

    def sweep(**how: Any) -> int:
        found = sensitivity(
            *(model, regimen(days), chosen),
            endpoints=endpoints(days),
            n=n,
            failures="drop",
            progress=False,
            **how,
        )
        return len(found.evidence[0].unit)

    fresh = (folder / str(k) for k in range(1000))
    ways: dict[str, Callable[[], int]] = {
        "threads, in memory": sweep,
        "threads, into a folder": lambda: sweep(folder=next(fresh)),
        "Dask workers, in memory": lambda: sweep(scheduler=client),
        "Dask workers, into a folder": lambda: sweep(scheduler=client, folder=next(fresh)),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    # Once unmeasured: workers load their code.
    for turn in range(-1, repeats):
        for way, call in ways.items():
            begin = time.perf_counter()
            count = call()
            if turn >= 0:
                seconds[way].append(time.perf_counter() - begin)
    least = {way: min(own) for way, own in seconds.items()}
    first = least["threads, in memory"]
    return [Way(way, count, s, s / first) for way, s in least.items()]


if __name__ == "__main__":
    main()
