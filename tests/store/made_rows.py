"""An ensemble that is cheap to compute, and a process of its own that computes it.

    python made_rows.py FOLDER ROWS ROWS_PER_SHARD [SECONDS_PER_SHARD [CALL NUMBER]]

With CALL (a function of `os`) and NUMBER the process kills itself with SIGKILL when it calls that
function for the NUMBERth time.
"""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import xarray as xr

INPUTS = {"model": "1f3a", "tolerance": 1e-8, "regimens": ["a", "b"], "versions": {"numpy": "2"}}
ENDPOINTS = np.array(["cmax", "auc", "trough", "fold"])


def made(start, stop):
    """Rows of an ensemble: numbers of several types, NaN, a time course, text in a coordinate."""
    run = np.arange(start, stop)
    endpoint = np.sin(run[:, None] * np.arange(1.0, 5.0))
    endpoint[run % 7 == 3] = np.nan
    endpoint[run % 11 == 5] = -0.0
    time_h = np.array([0.0, 1.0, 24.0])
    return xr.Dataset(
        {
            "endpoint_value": (
                ("run", "endpoint"),
                endpoint,
                {"long_name": "value of an endpoint"},
            ),
            "course": (("run", "time_h"), np.exp(-run[:, None] * time_h), {"units": "h"}),
            "status": ("run", (run % 7 == 3).astype("i1"), {"flag_meanings": "solved failed"}),
            "scale": ("time_h", time_h / 3, {"flag_values": [1, 2]}),
        },
        coords={
            "run": ("run", run, {"long_name": "row of the ensemble"}),
            "endpoint": ("endpoint", ENDPOINTS),
            "time_h": ("time_h", time_h, {"units": "h", "long_name": "time since first dose"}),
            "patient": ("run", (run // 3).astype("i4")),
            "drug": ((), np.array("sorafenib")),
        },
        attrs={"title": "made"},
    )


def slow_made(seconds):
    def compute(start, stop):
        time.sleep(seconds)
        return made(start, stop)

    return compute


def child(folder, rows, rows_per_shard, *more, **options):
    """Start a process that computes the ensemble into `folder`."""
    words = [sys.executable, __file__, folder, rows, rows_per_shard, *more]
    return subprocess.Popen([str(word) for word in words], stderr=subprocess.PIPE, **options)


def die_at(call, number):
    """Kill this process when it calls `os.<call>` for the numberth time."""
    original, calls = getattr(os, call), []

    def counted(*args, **options):
        calls.append(call)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **options)

    setattr(os, call, counted)


if __name__ == "__main__":
    from il15_sim.store import run_shards

    folder, rows, rows_per_shard, *more = sys.argv[1:]
    seconds, *death = more or ["0"]
    if death:
        die_at(death[0], int(death[1]))
    run_shards(
        slow_made(float(seconds)),
        int(rows),
        folder=folder,
        inputs=INPUTS,
        rows_per_shard=int(rows_per_shard),
    )
