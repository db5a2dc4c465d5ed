"""Rows cut into pieces of work for threads, which end together when one of them cannot go on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from il15_sim.batch.layout import LANES
from il15_sim.interrupts import raise_lost

#: Lock-step groups in the largest piece of work of a thread.
_LARGEST_PIECE = 64
#: Longest wait (s) after which the main thread looks for signals: some systems hold them back.
_LOOK_UP = 0.1


def pieces_of(rows: int, threads: int) -> list[range]:
    """Rows cut into pieces, all but the last of whole lock-step groups.

    They are small enough that threads end together, and large enough that the lanes of one are
    busy together most of the time.

    >>> pieces_of(70, threads=1)
    [range(0, 24), range(24, 48), range(48, 70)]
    """
    size = LANES * max(1, min(_LARGEST_PIECE, -(-rows // (4 * threads * LANES))))
    return [range(first, min(first + size, rows)) for first in range(0, rows, size)]


def run_pieces(
    work: Callable[[range], int],
    rows: int,
    threads: int,
    halt: NDArray[np.int64],
    on_rows: Callable[[int], object] | None = None,
) -> None:
    """Run `work` over all rows, piece by piece.

    The work is done in other threads, also where it is only one:
    Python hears Ctrl-C and other signals between instructions of the main thread, and compiled
    code has none.

    Parameters
    ----------
    work : callable
        Does the rows of a range and returns how many it did; soon returns once `halt` is set.
    rows, threads : int
    halt : array of int64, shape (1,)
        Set to one when any exception passes: of `work`, of `on_rows`, or of a signal. It is raised
        after the threads have ended.
    on_rows : callable, optional
        Told what each piece returns.
    """
    waiting: set[Future[int]] = set()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="il15-sim")
    try:
        for piece in pieces_of(rows, threads):
            waiting.add(pool.submit(work, piece))
            if len(waiting) >= 2 * threads:
                waiting = _collected(waiting, on_rows)
        while waiting:
            waiting = _collected(waiting, on_rows)
    except BaseException:
        halt[0] = 1
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _collected(
    waiting: set[Future[int]], on_rows: Callable[[int], object] | None
) -> set[Future[int]]:
    """Tell what has finished, and return the others."""
    done, waiting = wait(waiting, timeout=_LOOK_UP, return_when=FIRST_COMPLETED)
    for each in done:
        rows = each.result()
        if on_rows is not None:
            on_rows(rows)
    raise_lost()
    return waiting
