"""Many runs into shards; prints seconds, failures and the largest memory of this process.

    python experiments/benchmark/shards_run.py COUNT FOLDER

Run again with the same folder after an interruption, it goes on; the seconds are then of the rest.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from latency import peak_mib
from population import RTOL, endpoints, patients, regimen

from il15_sim import Model, simulate

#: Runs whose status is read at once.
_READ = 50_000


def main(count: int, folder: Path) -> None:
    """Simulate, read the status of all runs from disk, tell."""
    model = Model.load("patient")
    begin = time.perf_counter()
    runs = simulate(
        model,
        regimen(),
        patients(model, count),
        endpoints=endpoints(),
        engine="batch",
        rtol=RTOL,
        folder=folder,
    )
    seconds = time.perf_counter() - begin
    status = runs["status"]
    failed = sum(int((status[k : k + _READ].to_numpy() != 0).sum()) for k in range(0, count, _READ))
    told = {
        "seconds": seconds,
        "failed": failed,
        "peak_memory_mib": peak_mib(resource.RUSAGE_SELF),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
