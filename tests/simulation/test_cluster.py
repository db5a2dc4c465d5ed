"""On a Dask cluster: the numbers of this machine to the bit, whatever is lost on the way."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from distributed import Client, KilledWorker, LocalCluster

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.endpoints import cmax
from il15_sim.simulation import cluster as cluster_module
from il15_sim.simulation.batch_rows import BatchRows

MODEL = Model.load("sorafenib_pk")
TOTAL = "sorafenib_total_mg_per_L"
REGIMENS = [
    Regimen.parse("sorafenib 400 mg bid x 4 d"),
    Regimen.parse("sorafenib 200 mg bid x 2 d; then 400 mg q24h x 3 d"),
]


def patients(count):
    """Patients by number, of whom the fourth cannot be simulated."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"sorafenib_volume": 80.0 + 100.0 * rng.random(count)})
    table.loc[3, "sorafenib_volume"] = np.nan
    return table.rename(index=lambda k: f"patient {k}")


def asked(count=100, **further):
    """The ensemble of all tests: courses and an endpoint, every patient under two regimens."""
    given = {
        "cross": True,
        "observables": [TOTAL],
        "times_h": [0.0, 24.0, 100.0],
        "endpoints": cmax(TOTAL),
        "until_days": 5,
        "progress": False,
    }
    return simulate(MODEL, REGIMENS, patients(count), **(given | further))


def same(one, other):
    """Whether two results are the same to the bit, but for the time of compiling."""
    attrs = {"compile_seconds": 0.0}
    return xr.Dataset.identical(
        one.to_xarray().load().assign_attrs(attrs), other.to_xarray().load().assign_attrs(attrs)
    )


def local_cluster(**how):
    """A cluster of processes on this machine, without its web page."""
    return LocalCluster(dashboard_address=None, threads_per_worker=1, **how)


@pytest.fixture(scope="module")
def client():
    with local_cluster(n_workers=2) as local, Client(local, set_as_default=False) as found:
        yield found


def test_numbers_are_those_of_this_machine(client, tmp_path):
    here = asked()
    assert here["status"].values.astype(bool).sum() == 2
    assert same(asked(scheduler=client), here)
    assert same(asked(scheduler=client.scheduler.address), here)
    stored = asked(scheduler=client, folder=tmp_path, rows_per_shard=24)
    assert same(stored, here)
    assert same(asked(folder=tmp_path, rows_per_shard=24), here)


def test_the_work_is_done_by_the_workers(client, monkeypatch):
    def nothing(*_):
        raise AssertionError

    monkeypatch.setattr(BatchRows, "block", nothing)
    assert not asked(12, scheduler=client)["status"].values[:6].any()


def test_the_reference_engine_runs_there_too(client):
    few = {"count": 4, "engine": "reference"}
    assert same(asked(scheduler=client, **few), asked(**few))


def test_what_is_stored_is_not_computed_again(client, tmp_path, monkeypatch):
    whole = {"folder": tmp_path, "rows_per_shard": 24, "scheduler": client}
    first = asked(**whole)
    handed_out = []
    hand_out = cluster_module.Pieces.hand_out
    monkeypatch.setattr(
        cluster_module.Pieces,
        "hand_out",
        lambda pieces, span: (handed_out.append(span), hand_out(pieces, span)),
    )
    assert same(asked(**whole), first)
    assert not handed_out
    (mark,) = tmp_path.glob("*/finished/2")
    mark.unlink()
    assert same(asked(**whole), first)
    assert handed_out == [(48, 72)]


class InBackground(threading.Thread):
    """Runs a call in another thread and keeps what comes of it."""

    def __init__(self, call):
        super().__init__(daemon=True)
        self.call, self.found = call, None
        self.start()

    def run(self):
        try:
            self.found = self.call()
        except BaseException as error:
            self.found = error

    def result(self):
        self.join(120)
        assert not self.is_alive()
        if isinstance(self.found, BaseException):
            raise self.found
        return self.found


def until(what, seconds=60):
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def finished(folder):
    """How many shards are stored."""
    return len([*folder.glob("*/finished/*")])


MANY = 4000


def test_a_killed_worker_costs_its_pieces_only(client, tmp_path):
    pids = client.run(os.getpid)
    whole = {"folder": tmp_path, "rows_per_shard": 80}
    work = InBackground(lambda: asked(MANY, scheduler=client, **whole))
    until(lambda: finished(tmp_path) >= 2)
    assert finished(tmp_path) < 2 * MANY // 80
    os.kill(next(iter(pids.values())), signal.SIGKILL)
    assert same(work.result(), asked(MANY))
    client.wait_for_workers(2, timeout=60)


def test_a_worker_of_another_version_is_told(client, monkeypatch):
    monkeypatch.setattr(cluster_module, "source_hash", lambda: "0.0.1 (0123)")
    told = r"^tcp://.*: a Dask worker has il15-sim 0\.1\.0 \(.*\); you have 0\.0\.1 \(0123\); "
    with pytest.raises(InputError, match=told + "install the same there$"):
        asked(scheduler=client)


def test_a_cluster_without_workers_is_told_and_waited_for(monkeypatch):
    monkeypatch.setattr(cluster_module, "PATIENCE_S", 0.0)
    with local_cluster(n_workers=0) as local, Client(local, set_as_default=False) as own:
        threading.Timer(3.0, lambda: local.scale(1)).start()
        with pytest.warns(UserWarning, match="^the Dask cluster has no workers: waiting for some"):
            found = asked(scheduler=own)
    assert same(found, asked())


def test_no_scheduler_is_told():
    told = (
        r"^no Dask scheduler at 'tcp://127\.0\.0\.1:9'; .*; start one with \"dask scheduler\", and "
        r"workers with \"dask worker ADDRESS\"$"
    )
    before, cluster_module.CONNECT_S = cluster_module.CONNECT_S, 0.5
    try:
        with pytest.raises(InputError, match=told):
            asked(scheduler="tcp://127.0.0.1:9")
    finally:
        cluster_module.CONNECT_S = before


def test_what_is_no_scheduler_is_told(client):
    with pytest.raises(InputError, match=r'^scheduler 8786; give an address, "tcp://host:8786"'):
        asked(scheduler=8786)
    closed = Client(client.scheduler.address, set_as_default=False)
    closed.close()
    with pytest.raises(InputError, match=r"^the Dask client is closed; make a new Client$"):
        asked(scheduler=closed)


def test_dask_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = r'^a scheduler is given, and Dask is not installed; pip install "il15-sim\[dask\]"$'
    with pytest.raises(InputError, match=told):
        asked(scheduler="tcp://127.0.0.1:9")


class Broken:
    """A piece that ends in an error."""

    def __init__(self, error):
        self.error = error

    def result(self):
        raise self.error


def test_pieces_that_kill_workers_are_told():
    error = KilledWorker("piece", None, 3)
    told = "^rows 8 to 15 are given up; 4 workers died while they had them; look at the logs"
    with pytest.raises(InputError, match=told):
        cluster_module._result(Broken(error), (8, 16))


def test_a_worker_without_the_package_is_told():
    told = (
        "^a Dask worker or the scheduler cannot compute rows 0 to 7; No module named 'il15_sim'; "
        r"install il15-sim 0\.1\.0 there as it is here$"
    )
    error = ModuleNotFoundError("No module named 'il15_sim'")
    with pytest.raises(InputError, match=told):
        cluster_module._result(Broken(error), (0, 8))


class Processes:
    """A scheduler and a worker as programs of their own, that can be killed and begun again."""

    def __init__(self, port, folder):
        self.address, self.folder = f"tcp://127.0.0.1:{port}", folder
        self.running = []

    def begin(self):
        port = self.address.rpartition(":")[2]
        self._run("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        until(lambda: self._answers(int(port)))
        self._run("worker", self.address, "--nthreads", "1", "--no-dashboard")

    @staticmethod
    def _answers(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    def _run(self, program, *options):
        log = (self.folder / f"{program}.log").open("a")
        command = [sys.executable, "-m", "distributed.cli.dask_" + program, *options]
        self.running.append(
            subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, process_group=0)
        )

    def kill(self):
        for process in self.running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)
        self.running.clear()


@pytest.fixture
def processes(tmp_path, unused_port):
    made = Processes(unused_port, tmp_path)
    made.begin()
    yield made
    made.kill()


@pytest.fixture
def unused_port():
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return own.getsockname()[1]


@pytest.mark.parametrize(
    "returns",
    [
        pytest.param(True, id="returns"),
        # Dask itself tries for half a minute.
        pytest.param(False, id="stays away", marks=pytest.mark.slow),
    ],
)
def test_a_scheduler_that_disappears(processes, tmp_path, monkeypatch, returns):
    monkeypatch.setattr(cluster_module, "CONNECT_S", 20.0)
    monkeypatch.setattr(cluster_module, "RETURN_S", 60.0 if returns else 1.0)
    folder = tmp_path / "runs"
    whole = {"folder": folder, "rows_per_shard": 80}
    work = InBackground(lambda: asked(MANY, scheduler=processes.address, **whole))
    until(lambda: finished(folder) >= 2)
    # How long Dask tries to reach a scheduler that it knows.
    monkeypatch.setitem(dask.config.config["distributed"]["comm"]["timeouts"], "connect", "2s")
    processes.kill()
    monkeypatch.setattr(cluster_module, "CONNECT_S", 5.0)
    if returns:
        processes.begin()
    else:
        told = "^the Dask scheduler is gone; it was waited for 1 s; with a folder, what is finished"
        with pytest.raises(InputError, match=told):
            work.result()
        assert 2 <= finished(folder) < 2 * MANY // 80
        work = InBackground(lambda: asked(MANY, **whole))
    assert same(work.result(), asked(MANY))
