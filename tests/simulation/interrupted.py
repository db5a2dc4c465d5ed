"""Long work in a process of its own, and what is left of it after a signal.

    python interrupted.py WHAT FOLDER

prints "ready" when it computes; WHAT is one of the functions below.
"""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd

ROWS = 800
ABOUT = {"wrt": ["sorafenib_volume", "sorafenib_clearance"]}
TOTAL = "sorafenib_total_mg_per_L"


def asked(rows=ROWS):
    from il15_sim import Regimen, endpoints

    return {
        "regimens": Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56),
        "parameters": pd.DataFrame({"sorafenib_volume": np.linspace(80.0, 300.0, rows)}),
        "endpoints": [endpoints.cmax(TOTAL), endpoints.auc(TOTAL)],
        "progress": False,
    }


def announce():
    """Tell the parent, once, when compiled code begins to run."""
    from il15_sim.batch import kernel

    plain = kernel.run_crew

    def told(*args):
        kernel.run_crew = plain
        print("ready", flush=True)
        return plain(*args)

    kernel.run_crew = told


def stored(folder, threads=1):
    """Far more than can be computed in the time, in shards of a second."""
    from il15_sim import Model, simulate

    announce()
    simulate(
        Model.load("patient"), **asked(), rtol=1e-8, threads=threads, folder=folder,
        rows_per_shard=40,
    )  # fmt: skip


def stored_by_two(folder):
    stored(folder, threads=2)


def slopes(folder):
    """Derivatives at far more points than the time is for."""
    from il15_sim import Model, gradients

    announce()
    gradients(Model.load("patient"), **asked(), **ABOUT, rtol=1e-8, folder=folder, rows_per_shard=2)


def memory(folder):
    """One piece of work of minutes, and an answer to Ctrl-C as a notebook gives it."""
    from il15_sim import Model, simulate

    announce()
    try:
        simulate(Model.load("patient"), **asked(20_000), rtol=1e-8, threads=1)
    except KeyboardInterrupt:
        time.sleep(0.2)  # one that had just been started looks up, too
        at_work = [t.name for t in threading.enumerate() if t.name.startswith("il15-sim")]
        print(f"heard; still at work: {at_work}", flush=True)


def fit(folder):
    """A fit of many searches."""
    from il15_sim.files.resources import find_file
    from il15_sim.fit import read_fit, run_fit

    problem = read_fit(find_file("sorafenib_pk", "fits"))
    first = iter(["ready"])
    told = lambda done, of: print(*next(first, ""), flush=True)  # noqa: E731
    run_fit(problem, starts=64, threads=2, progress=told)


WHAT = {f.__name__: f for f in (stored, stored_by_two, slopes, memory, fit)}


class Child:
    """A process that does something long, in a process group of its own."""

    def __init__(self, what, folder):
        words = [sys.executable, __file__, what, folder]
        self.process = subprocess.Popen(
            [str(word) for word in words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.said = self.process.stdout.readline()

    def wait_for(self, there, timeout=120):
        """Wait until something is there."""
        until = time.monotonic() + timeout
        while not there() and time.monotonic() < until and self.process.poll() is None:
            time.sleep(0.02)

    def ended_by(self, number, group=True, timeout=60):
        """Send a signal, and return the seconds until the process was gone."""
        begin = time.monotonic()
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        try:
            self.out, self.err = self.process.communicate(timeout=timeout)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        return time.monotonic() - begin

    def survivors(self):
        """Processes of the group that are still there after a moment."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return False
            time.sleep(0.05)
        os.killpg(self.process.pid, signal.SIGKILL)
        return True


if __name__ == "__main__":
    WHAT[sys.argv[1]](sys.argv[2])
