"""Sharded results of long runs: killed again and again, larger than the memory they may take."""

import random
import signal
import subprocess
import sys
import time

import pytest

from il15_sim.store import open_shards, run_shards
from tests.store.made_rows import INPUTS, child, made
from tests.store.test_store import Recorded, only_folder, same_bits, store_bytes

pytestmark = pytest.mark.slow

ROWS, PER_SHARD = 4000, 8  # 500 shards, a few milliseconds each


def finish(folder):
    return run_shards(made, ROWS, folder=folder, inputs=INPUTS, rows_per_shard=PER_SHARD)


def test_twenty_kills_at_random_moments_change_no_bit(tmp_path):
    chance = random.Random(20)
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    finish(undisturbed)
    progress = []
    for _ in range(20):
        process = child(killed, ROWS, PER_SHARD)
        # Shards done before do not count: the process is to die while it writes new ones.
        start = len(list(killed.glob("*/finished/*")))
        while len(list(killed.glob("*/finished/*"))) < start + 3:
            assert process.poll() is None, process.stderr.read().decode()
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process.stderr.close()
        progress.append(len(list(killed.glob("*/finished/*"))))
    assert progress == sorted(progress)
    assert progress[-1] < 500
    assert same_bits(finish(killed), made(0, ROWS))
    assert store_bytes(killed) == store_bytes(undisturbed)
    assert not list(killed.glob("*/.*"))


@pytest.mark.parametrize("call", ["fsync", "replace", "open", "unlink", "chmod"])
def test_kills_at_every_step_of_writing(tmp_path, call):
    for number in range(1, 9):
        process = child(tmp_path, ROWS, PER_SHARD, 0, call, number)
        assert process.wait() == -signal.SIGKILL, process.stderr.read().decode()
        process.stderr.close()
    safe = len(list(tmp_path.glob("*/finished/*")))
    compute = Recorded()
    run_shards(compute, ROWS, folder=tmp_path, inputs=INPUTS, rows_per_shard=PER_SHARD)
    assert len(compute.asked) == ROWS // PER_SHARD - safe
    assert same_bits(open_shards(only_folder(tmp_path)), made(0, ROWS))
    assert not list(tmp_path.glob("*/.*"))


def test_three_processes_of_which_one_is_killed_share_the_work(tmp_path):
    workers = [child(tmp_path, 600, PER_SHARD, 0.05) for _ in range(3)]
    while len(list(tmp_path.glob("*/finished/*"))) < 20:
        time.sleep(0.01)
    workers[0].kill()
    for worker, end in zip(workers, (-signal.SIGKILL, 0, 0), strict=True):
        assert worker.wait() == end, worker.stderr.read().decode()
        worker.stderr.close()
    assert same_bits(open_shards(only_folder(tmp_path)), made(0, 600))


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path):
    def peak(rows):
        code = (
            "import resource, numpy as np, xarray as xr\n"
            "from il15_sim.store import run_shards\n"
            "def f(a, b):\n"
            "    run = np.arange(a, b)\n"
            "    x = np.sin(run[:, None] + np.arange(32.0))\n"
            "    return xr.Dataset({'x': (('run', 'k'), x)}, coords={'run': run})\n"
            f"d = run_shards(f, {rows}, folder={str(tmp_path)!r}, inputs={{}})\n"
            f"assert d['x'][{rows - 1}, 3] == np.sin({rows - 1} + 3.0)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return int(done.stdout) / 1024  # MiB

    # 256 shards hold 256 MiB.
    assert peak(256 * 4096) - peak(16 * 4096) < 60
