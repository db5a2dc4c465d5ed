"""Rows of an ensemble on the workers of a Dask cluster."""

from __future__ import annotations

import hashlib
import pickle
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import il15_sim
from il15_sim._version import __version__
from il15_sim.errors import InputError
from il15_sim.simulation.block import to_dataset
from il15_sim.simulation.engines import EngineName, rows_on
from il15_sim.simulation.plan import Plan
from il15_sim.simulation.subject import Subject

if TYPE_CHECKING:
    from distributed import Client, Future

#: Rows [first, last).
Span = tuple[int, int]

#: Seconds: to reach a scheduler, and to wait for one that was lost.
CONNECT_S, RETURN_S = 10.0, 60.0
#: Seconds without any worker after which a line tells what is waited for.
PATIENCE_S = 20.0
#: Pieces that are handed out ahead, per thread of the cluster.
_AHEAD = 2
#: How often a look is taken at the cluster while no piece comes, in seconds.
_LOOK_S = 1.0


@contextmanager
def connected(scheduler: object) -> Iterator[Cluster]:
    """The cluster of a `distributed.Client`, or of a scheduler's address.

    A client made here is closed at the end; what was handed out is taken back.

    Raises
    ------
    InputError
        Where Dask is not installed, no scheduler answers, or it is neither.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise InputError(
            "a scheduler is given, and Dask is not installed", fix='pip install "il15-sim[dask]"'
        ) from None
    if isinstance(scheduler, Client):
        if scheduler.status != "running":
            raise InputError(f"the Dask client is {scheduler.status}", fix="make a new Client")
        yield Cluster(scheduler, None)
        return
    if not isinstance(scheduler, str):
        raise InputError(
            f"scheduler {scheduler!r:.60}", fix='give an address, "tcp://host:8786", or a Client'
        )
    cluster = Cluster(_client(scheduler), scheduler)
    try:
        yield cluster
    finally:
        cluster.client.close()


def _client(address: str) -> Client:
    from distributed import Client

    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler at '{address}'",
            why=str(error) or type(error).__name__,
            fix='start one with "dask scheduler", and workers with "dask worker ADDRESS"',
        ) from None


@dataclass
class Cluster:
    """A cluster that simulates pieces of plans; `address` where the client was made here."""

    client: Client
    address: str | None

    @property
    def threads(self) -> int:
        """Threads of all workers, which may come and go; none where the scheduler is gone."""
        try:
            return sum(self.client.nthreads().values())
        except (OSError, TimeoutError):  # what is under way tells it
            return 0

    def results(
        self, plan: Plan, engine: EngineName, threads: int | None, spans: Iterator[Span]
    ) -> Iterator[tuple[int, xr.Dataset]]:
        """Results of spans of rows as they come, each with its first row.

        Whatever is lost with a worker is computed by another one; after the scheduler was lost and
        is back, what was under way is handed out again.

        Parameters
        ----------
        plan, engine
            As in `carry_out`.
        threads : int, optional
            Threads of one piece. Default: one; a worker has as many pieces as it has threads.
        spans : iterator
            Taken one by one, shortly before they are computed.
        """
        made = (pickle.dumps(plan.subject), engine, threads or 1, source_hash())
        pieces = Pieces(self, made, plan)
        try:
            for span in spans:
                while pieces.full:
                    yield from pieces.finished()
                pieces.hand_out(span)
            while pieces.under_way:
                yield from pieces.finished()
        finally:
            pieces.take_back()

    def wait_for_scheduler(self) -> None:
        """Wait until a lost scheduler is back.

        Raises InputError after `RETURN_S` seconds.
        """
        end = time.monotonic() + RETURN_S
        while self.client.status != "running":
            if time.monotonic() > end:
                raise InputError(
                    "the Dask scheduler is gone",
                    why=f"it was waited for {RETURN_S:g} s",
                    fix="with a folder, what is finished is kept, and the same call continues",
                )
            time.sleep(_LOOK_S)
            if self.address and self.client.status == "closed":
                try:
                    self.client = _client(self.address)
                except InputError:
                    continue


class Pieces:
    """Spans of rows that are under way on a cluster."""

    def __init__(self, cluster: Cluster, made: tuple[Any, ...], plan: Plan) -> None:
        self._cluster, self._made = cluster, made
        # Every worker gets the model once, not with each piece.
        self._plan = replace(plan, subject=None)  # type: ignore[arg-type]
        self._subject: Future | None = None
        self.under_way: dict[Future, Span] = {}
        self._last_seen = time.monotonic()

    @property
    def full(self) -> bool:
        """Whether all workers have enough to do."""
        return len(self.under_way) >= max(_AHEAD * self._cluster.threads, _AHEAD)

    def hand_out(self, span: Span) -> None:
        """Have a span computed."""
        client = self._cluster.client
        pickled, *how = self._made
        if self._subject is None:
            # A task, not scattered data: it can be made again where it is lost with a worker.
            self._subject = client.submit(pickle.loads, pickled, pure=False)
        piece = self._plan.between(*span)
        future = client.submit(compute_piece, self._subject, piece, span[0], *how, pure=False)
        self.under_way[future] = span

    def finished(self) -> Iterator[tuple[int, xr.Dataset]]:
        """What is finished by now, after a wait of at most `_LOOK_S`."""
        from distributed import wait

        try:
            with self._cluster.client.as_current():
                done = wait([*self.under_way], _LOOK_S, "FIRST_COMPLETED").done
        except TimeoutError:
            self._look()
            return
        except _lost():
            self._hand_out_again()
            return
        for future in done:
            span = self.under_way[future]
            try:
                data = _result(future, span)
            except _lost():
                self._hand_out_again()
                return
            del self.under_way[future]
            yield span[0], data

    def take_back(self) -> None:
        """Cancel what nobody waits for any more."""
        if self.under_way and self._cluster.client.status == "running":
            self._cluster.client.cancel([*self.under_way])
        self.under_way.clear()

    def _hand_out_again(self) -> None:
        self._cluster.wait_for_scheduler()
        spans, self._subject = [*self.under_way.values()], None
        self.under_way.clear()
        for span in spans:
            self.hand_out(span)

    def _look(self) -> None:
        """Say so where nobody is there to compute."""
        if self._cluster.client.status != "running":
            self._hand_out_again()
            return
        now = time.monotonic()
        if self._cluster.threads:
            self._last_seen = now
        elif now > self._last_seen + PATIENCE_S:
            self._last_seen = np.inf  # once
            told = "the Dask cluster has no workers: waiting for some (Ctrl-C ends it)"
            warnings.warn(told, stacklevel=2)


def _lost() -> tuple[type[BaseException], ...]:
    """What is raised where a scheduler is gone."""
    from concurrent.futures import CancelledError

    from distributed.comm import CommClosedError

    return (CancelledError, CommClosedError)


def _result(future: Future, span: Span) -> xr.Dataset:
    """The result of a piece; errors that a user can mend in one line."""
    from distributed import KilledWorker

    rows = f"rows {span[0]} to {span[1] - 1}"
    try:
        data: xr.Dataset = future.result()
        return data
    except KilledWorker as error:
        raise InputError(
            f"{rows} are given up",
            why=f"{error.allowed_failures + 1} workers died while they had them",
            fix="look at the logs of the workers: most often it is their memory",
        ) from None
    except (ImportError, AttributeError, RuntimeError) as error:
        # A worker without this package, or with another one, cannot even read the piece.
        raise InputError(
            f"a Dask worker or the scheduler cannot compute {rows}",
            why=" ".join(str(error).split())[:200],
            fix=f"install il15-sim {__version__} there as it is here",
        ) from error


@cache
def source_hash() -> str:
    """Version and SHA-256 of the sources of this package: other sources, other numbers."""
    files = sorted(Path(il15_sim.__file__).parent.rglob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return f"{__version__} ({digest[:12]})"


# Threads of one worker compile a model once, not all at the same time.
_compiling = threading.Lock()


def compute_piece(
    subject: Subject, piece: Plan, first: int, engine: EngineName, threads: int, source: str
) -> xr.Dataset:
    """On a worker: simulate the rows of a piece, whose first row is `first` of the whole."""
    if source != source_hash():
        from distributed import get_worker

        raise InputError(
            f"a Dask worker has il15-sim {source_hash()}",
            where=get_worker().address,
            why=f"you have {source}",
            fix="install the same there",
        )
    plan = replace(piece, subject=subject)
    with _compiling:
        rows = rows_on(plan, engine, threads, progress=False)
    count = plan.rows.count
    data = to_dataset(rows.block(0, count), plan, 0, rows.name)
    return data.assign_coords(run=np.arange(first, first + count))
