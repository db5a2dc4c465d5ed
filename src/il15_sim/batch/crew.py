"""Threads that share the rows of a job, and end together when one of them cannot go on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from il15_sim.interrupts import raise_lost

#: Longest wait (s) after which the main thread looks for signals, and tells what is done.
_LOOK_UP = 0.1


def run_crew(
    work: Callable[[], object],
    threads: int,
    halt: NDArray[np.int64],
    done: NDArray[np.int64],
    on_rows: Callable[[int], object] | None = None,
) -> None:
    """Run `work` in some threads until all of them return.

    The work is done in other threads, also where it is only one: Python hears Ctrl-C and other
    signals between instructions of the main thread, and compiled code has none.

    Parameters
    ----------
    work : callable
        Takes rows that nobody has taken until none is left; soon returns once `halt` is set.
    threads : int
    halt : array of int64, shape (1,)
        Set to one when any exception passes: of `work`, of `on_rows`, or of a signal. It is raised
        after the threads have ended.
    done : array of int64, shape (1,)
        How many rows are finished so far.
    on_rows : callable, optional
        Told how many rows were finished since it was last told.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="il15-sim")
    told = 0
    try:
        waiting: set[Future[object]] = {pool.submit(work) for _ in range(threads)}
        while waiting:
            ended, waiting = wait(waiting, timeout=_LOOK_UP, return_when=FIRST_EXCEPTION)
            for each in ended:
                each.result()
            now = int(done[0])
            if on_rows is not None and now > told:
                on_rows(now - told)
            told = now
            raise_lost()
    except BaseException:
        halt[0] = 1
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
