"""Compute the shards of an ensemble that are missing, and open the whole."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from il15_sim.interrupts import sigterm_raises
from il15_sim.progress import row_bar
from il15_sim.store.folder import Compute, ShardFolder

#: Computes spans of rows elsewhere, several at once: results in any order, with their first rows.
Ahead = Callable[[Iterator[tuple[int, int]]], Iterator[tuple[int, xr.Dataset]]]


def run_shards(
    compute: Compute,
    rows: int,
    *,
    folder: str | Path,
    inputs: Mapping[str, object],
    rows_per_shard: int = 4096,
    multiple_of: int = 8,
    names: NDArray[np.generic] | None = None,
    progress: bool | None = None,
    ahead: Ahead | None = None,
) -> xr.Dataset:
    """Compute all rows of an ensemble shard by shard; a run that was stopped is continued.

    The rows lie in a Zarr store, `folder/<hash of the inputs>/runs.zarr`, one file per shard and
    variable. `xarray.open_zarr` opens it without this package.

    Called again with the same inputs, after a crash or Ctrl-C or with everything finished, only
    what is missing or damaged is computed, and the result is the same. Several processes, also on
    several machines with a common file system, may make the same call at the same time and share
    the work: each goes through the missing shards in an order of its own and leaves out what is
    there by then. Nothing is locked, so that a dead worker never holds up another one; now and then
    a shard is computed twice, which costs time and changes nothing. SIGTERM ends the call with
    `SystemExit(143)` where nobody else handles it, so that what is half written is removed.

    Parameters
    ----------
    compute : callable
        Computes rows `[start, stop)`: a Dataset with dimension `run` of that length in first place,
        the absolute row numbers as coordinate `run`, numbers along `run`. Must give the same for a
        row whichever shards were computed before. Attributes by which xarray decodes, such as
        `scale_factor`, are refused.
    rows : int
        Rows of the ensemble.
    folder : str or Path
        Folder of all ensembles.
    inputs : mapping of str to object
        Everything the results depend on, as JSON can tell it: hashes of the model and the parameter
        table, regimens, outputs, tolerances, versions.
    rows_per_shard : int
        Rows of one shard; memory and the loss in a crash grow with it, the number of files shrinks.
    multiple_of : int
        Rows computed together; every shard begins at a multiple of it.
    names : array, shape (rows,), optional
        What the rows are called, text or numbers: the coordinate `run` of the result. They have no
        part in the hash; a folder whose rows have other names is refused.
    progress : bool, optional
        Show a bar on stderr; by default only on a terminal.
    ahead : callable, optional
        Takes the spans that are missing, one by one, and gives their results as they come; used in
        place of `compute`.

    Returns
    -------
    Dataset
        All rows, read from the files when used; `run` has their names, or counts from 0 to
        `rows - 1`. A chunk that was damaged since raises when it is read.

    Raises
    ------
    InputError
        For bad numbers of rows, inputs that JSON cannot tell, a folder made from other inputs or
        under other names, a result that does not fit the others, and a full or broken disk (which
        says how many rows are safe). What `compute` raises passes through; finished shards stay.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> def halves(start, stop):
    ...     run = np.arange(start, stop)
    ...     return xr.Dataset({"half": ("run", run / 2)}, coords={"run": run})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     runs = run_shards(halves, 20, folder=folder, inputs={"by": 2}, rows_per_shard=8)
    ...     runs["half"][[0, 19]].values.tolist()
    [0.0, 9.5]
    """
    with sigterm_raises():
        ensemble = ShardFolder.open(
            Path(folder),
            inputs,
            rows,
            rows_per_shard=rows_per_shard,
            multiple_of=multiple_of,
            names=names,
        )
        try:
            _compute_missing(ensemble, compute, progress, ahead)
            ensemble.note_end()
        except BaseException:
            # A signal that came between two steps of writing.
            ensemble.remove_leftovers()
            raise
    return ensemble.dataset()


def _compute_missing(
    ensemble: ShardFolder, compute: Compute, progress: bool | None, ahead: Ahead | None
) -> None:
    missing = ensemble.missing()
    todo = {number: stop - start for number in missing for start, stop in [ensemble.span(number)]}
    random.Random().shuffle(missing)
    with row_bar(ensemble.rows, progress, initial=ensemble.rows - sum(todo.values())) as bar:

        def spans() -> Iterator[tuple[int, int]]:
            for number in missing:
                if not ensemble.is_finished(number):
                    yield ensemble.span(number)
                    continue
                if not bar.disable:
                    bar.initial += todo[number]  # the rows of another worker are not of our rate
                bar.update(todo[number])

        here = ((start, compute(start, stop)) for start, stop in spans())
        for start, result in here if ahead is None else ahead(spans()):
            number = start // ensemble.rows_per_shard
            ensemble.write(number, result)
            bar.update(todo[number])


def open_shards(path: str | Path) -> xr.Dataset:
    """Open the finished results of `run_shards` again, without their inputs.

    Parameters
    ----------
    path : str or Path
        The ensemble's own folder, the one that holds `manifest.json`.

    Returns
    -------
    Dataset
        All rows, read from the files when used.

    Raises
    ------
    InputError
        Where it is no such folder, its manifest was changed, or shards are missing.
    """
    return ShardFolder.read(Path(path)).dataset()
