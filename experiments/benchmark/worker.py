"""A process that holds one engine and runs it when it is told, on the cores that it was given."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import numpy as np
from peer import Peer
from task import Array, Task


class Absent(Exception):
    """The tool is not installed."""


def set_environment() -> None:
    """One thread for every library that starts its own; inherited by all workers."""
    # CVODE writes its complaints from C; failures are counted.
    for level in ("ERROR", "WARNING"):
        os.environ.setdefault(f"SUNLOGGER_{level}_FILENAME", os.devnull)
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"


class Team:
    """The processes of one peer, warmed up; sets are dealt out evenly between them."""

    def __init__(self, peer: Peer, task: Task, warm_up: Array, first_core: int = 0) -> None:
        """Start, build and run once.

        Raises Absent where the tool is not installed, RuntimeError where it does not start.
        """
        self.peer = peer
        spawn = multiprocessing.get_context("spawn")
        self.members: list[tuple[Any, Connection]] = []
        told = []
        for k in range(peer.processes):
            here, there = spawn.Pipe()
            core = first_core + k * peer.cores
            cores = tuple(range(core, core + peer.cores))
            process = spawn.Process(target=_serve, args=(peer, task, cores, there), daemon=True)
            process.start()
            there.close()
            self.members.append((process, here))
            # One after the other: what the first one compiled, the others may find.
            told.append(self._answer(here))
        self.tool, self.preparation_s = str(told[0][0]), sum(float(t[1]) for t in told)
        _, rtol, scale = next(peer.points(near=False))
        self.run(np.repeat(warm_up[:1], peer.processes, axis=0), rtol, scale)

    def run(self, values: Array, rtol: float, scale: float | None) -> tuple[Array, float, float]:
        """Outputs (N, T, O), wall-clock seconds of the slowest process, CPU seconds of all."""
        parts = np.array_split(values, len(self.members))
        for (_, connection), part in zip(self.members, parts, strict=True):
            try:
                connection.send((part, rtol, scale))
            except OSError:
                self._end("its process has ended")
        told = [self._answer(connection) for _, connection in self.members]
        found = np.concatenate([t[0] for t in told])
        return found, max(t[1] for t in told), sum(t[2] for t in told)

    def close(self) -> None:
        """End the processes."""
        for process, connection in self.members:
            with contextlib.suppress(OSError):
                connection.send(None)
                connection.close()
            # One that is still computing, after Ctrl-C, is not waited for.
            process.join(2)
            if process.is_alive():
                process.kill()

    def _answer(self, connection: Connection) -> tuple[Any, ...]:
        try:
            kind, *content = connection.recv()
        except (EOFError, OSError):
            self._end("its process has ended")
        if kind == "done":
            return tuple(content)
        if kind == "absent":
            self.close()
            raise Absent(content[0])
        self._end(content[0])

    def _end(self, why: str) -> NoReturn:
        self.close()
        raise RuntimeError(why)


def _serve(peer: Peer, task: Task, cores: Sequence[int], connection: Connection) -> None:
    # Ctrl-C ends the benchmark, which ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[k % len(allowed)] for k in cores})
    start = time.perf_counter()
    try:
        engine = peer.load(task)
    except ImportError as error:
        connection.send(("absent", str(error)))
        return
    except Exception as error:
        # Whatever keeps a foreign tool from starting must not end the benchmark of the others.
        connection.send(("failed", f"{type(error).__name__}: {error}"))
        return
    connection.send(("done", engine.tool, time.perf_counter() - start))
    ready = getattr(engine, "ready", lambda count: None)
    while True:
        try:
            order = connection.recv()
        except EOFError:
            return
        if order is None:
            return
        values, rtol, scale = order
        try:
            ready(len(values))
            wall, cpu = time.perf_counter(), time.process_time()
            found = engine.run(values, rtol, scale)
        except Exception as error:
            connection.send(("failed", f"{type(error).__name__}: {error}"))
            return
        times = time.perf_counter() - wall, time.process_time() - cpu
        connection.send(("done", np.asarray(found), *times))
