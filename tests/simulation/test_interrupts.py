"""Ctrl-C and SIGTERM end long work within two seconds, and leave what was finished."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from il15_sim import Model, simulate
from il15_sim.batch.crew import run_crew
from il15_sim.batch.kernel import Kernel, Task
from il15_sim.interrupts import interrupts_kept, sigterm_raises
from tests.simulation.interrupted import ROWS, Child, asked

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for a child")


@pytest.fixture(scope="module")
def whole():
    """The results of a run that nothing disturbed."""
    return simulate(Model.load("patient"), **asked(), rtol=1e-8)


def hidden(folder):
    return [path for path in folder.rglob("*") if path.name.startswith(".")]


def shards(folder):
    return sorted(path.name for path in folder.glob("*/finished/*"))


@pytest.mark.slow
@pytest.mark.parametrize("what", ["stored", "stored_by_two"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -2), (signal.SIGTERM, 143)])
def test_a_stored_run_keeps_what_it_has_and_goes_on(tmp_path, whole, what, number, code):
    child = Child(what, tmp_path)
    assert child.said == "ready\n"
    child.wait_for(lambda: len(shards(tmp_path)) >= 2)
    assert child.ended_by(number) < 2.0
    assert child.process.returncode == code, child.err
    assert not child.survivors()
    place = next(tmp_path.iterdir()) / "finished"
    safe = {name: (place / name).stat().st_mtime_ns for name in shards(tmp_path)}
    assert 2 <= len(safe) < ROWS / 40
    assert hidden(tmp_path) == []
    resumed = simulate(
        Model.load("patient"), **asked(), rtol=1e-8, folder=tmp_path, rows_per_shard=40
    )
    assert {name: (place / name).stat().st_mtime_ns for name in safe} == safe
    for name in whole.data.data_vars:
        assert np.array_equal(resumed[name].values, whole[name].values), name


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -2), (signal.SIGTERM, 143)])
def test_derivatives_keep_what_they_have(tmp_path, number, code):
    child = Child("slopes", tmp_path)
    assert child.said == "ready\n"
    child.wait_for(lambda: len(shards(tmp_path)) >= 2)
    assert child.ended_by(number) < 2.0
    assert child.process.returncode == code, child.err
    assert not child.survivors()
    assert 2 <= len(shards(tmp_path)) < ROWS / 2
    assert hidden(tmp_path) == []


@pytest.mark.slow
def test_ctrl_c_in_memory_is_a_keyboard_interrupt(tmp_path):
    child = Child("memory", tmp_path)
    assert child.said == "ready\n"
    assert child.ended_by(signal.SIGINT) < 2.0
    assert child.out == "heard; still at work: []\n"
    assert child.process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_fit_leaves_no_worker(tmp_path, number):
    child = Child("fit", tmp_path)
    assert child.said.strip(), child.process.stderr.read()
    # Only the parent is told: its workers have to notice by themselves.
    assert child.ended_by(number, group=False) < 2.0
    assert child.process.returncode == -number
    assert not child.survivors()


@pytest.fixture(scope="module")
def decay():
    return Kernel(Model.load("sorafenib_pk").sbml)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exception_ends_the_threads_before_it_passes(decay, threads):
    def full(rows):
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        decay.run(Task(0.0, 1e5), 64_000, threads=threads, on_rows=full)
    ended = [t.name for t in threading.enumerate() if t.name.startswith("il15-sim")]
    assert ended == []


def test_where_one_thread_cannot_go_on_the_others_end():
    halt, done, begun = np.zeros(1, np.int64), np.zeros(1, np.int64), []

    def work():
        begun.append(threading.current_thread().name)
        if len(begun) == 1:
            raise ValueError("the first thread is bad")
        while not halt[0]:
            time.sleep(0.01)

    with pytest.raises(ValueError, match="first thread"):
        run_crew(work, 2, halt, done)
    assert halt[0] == 1
    assert not [t for t in threading.enumerate() if t.name in begun]


def test_what_is_done_is_told_once():
    halt, done, told = np.zeros(1, np.int64), np.zeros(1, np.int64), []

    def work():
        for _ in range(4):
            time.sleep(0.06)
            done[0] += 5

    run_crew(work, 1, halt, done, told.append)
    assert sum(told) == 20
    assert len(told) > 1


def test_a_halted_job_takes_no_further_step(decay, monkeypatch):
    """It ends at once, before the first step and between two; its rows are not run."""
    from il15_sim.batch import kernel

    # Every step has the same length: a billion of them, which take minutes.
    task = Task(0.0, 1e7, fixed_step=0.01, max_steps=10**10)
    seconds = []

    def halts(work, threads, halt, done, on_rows):
        halt[0] = 1
        work()
        halt[0] = 0
        later = threading.Timer(0.3, halt.fill, [1])
        later.start()
        begin = time.monotonic()
        work()
        seconds.append(time.monotonic() - begin)
        later.join()

    monkeypatch.setattr(kernel, "run_crew", halts)
    outcome = decay.run(task, 8000)
    assert (outcome.status == -1).all()
    assert np.isnan(outcome.final).all()
    assert 0.2 < seconds[0] < 2.0


def test_a_ctrl_c_that_somebody_swallowed_is_raised_again(decay):
    def swallows(rows):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            swallowed.append(rows)

    swallowed = []
    with pytest.raises(KeyboardInterrupt):
        decay.run(Task(0.0, 1e4), 6400, threads=2, on_rows=swallows)
    assert swallowed
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_are_there_for_the_call_only():
    with sigterm_raises(), interrupts_kept():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGTERM)
        assert ended.value.code == 143
        signal.raise_signal(signal.SIGTERM)  # while the first one is cleaned up after
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_user_stays():
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("SIGTERM"))
    try:
        own = signal.getsignal(signal.SIGTERM)
        with sigterm_raises():
            assert signal.getsignal(signal.SIGTERM) is own
            signal.raise_signal(signal.SIGTERM)
        assert heard == ["SIGTERM"]
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_change_no_handler():
    seen = []

    def look():
        with sigterm_raises():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
