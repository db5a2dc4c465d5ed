"""Worker processes that never outlive the work they were started for."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any


@contextmanager
def worker_pool(
    workers: int, initializer: Callable[..., object] | None = None, initargs: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes that end at once when an exception passes, or when this process dies.

    A plain pool waits for all work that was handed out, which may take minutes; and where its
    process is killed, its workers go on computing for nobody.

    Parameters
    ----------
    workers : int
        Processes.
    initializer, initargs : callable and tuple
        Called in every process before its first piece of work.

    Examples
    --------
    >>> with worker_pool(2) as pool:
    ...     list(pool.map(abs, [-1, 2]))
    [1, 2]
    """
    # Fork is not safe where threads run, as they do in every engine.
    context = get_context("spawn")
    # Whoever waits for `heard` awakes in all processes: nobody reads the byte.
    heard, stop = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_begin,
        initargs=(heard, initializer, initargs),
    )
    try:
        yield pool
    except BaseException:
        stop.send_bytes(b"stop")
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        heard.close()
        stop.close()


def _begin(
    heard: Connection, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]
) -> None:
    """Prepare a worker: Ctrl-C is the parent's business, and its end is the worker's."""
    from tqdm import tqdm

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Its usual lock is one between processes, which a worker that ends at once would leave behind.
    tqdm.set_lock(threading.RLock())
    parent = parent_process()
    assert parent is not None
    ends: list[Any] = [heard, parent.sentinel]

    def watch() -> None:
        wait(ends)
        os._exit(1)

    threading.Thread(target=watch, name="il15-sim-watch", daemon=True).start()
    if initializer is not None:
        initializer(*initargs)
