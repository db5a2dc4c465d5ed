"""The folder of a run of the sampler: pieces of its chains, each whole or not there."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError
from il15_sim.files.atomic import replacing, write_atomic
from il15_sim.files.record import MANIFEST, versions
from il15_sim.fit.sampling.settings import Settings
from il15_sim.fit.sampling.target import Array, Target

_FORMAT = 1
_FIX = "give another folder, or remove this one"


@dataclass(frozen=True, eq=False)
class Step:
    """All walkers after a step.

    Attributes
    ----------
    shares, density : array, shape (K, D) and (K,)
    evaluated, failed : int
        Rows that the target was asked for until then, and those of them without a density.
    generator : tuple
        State of NumPy's RandomState; None where it is not known any more.
    """

    shares: Array
    density: Array
    evaluated: int
    failed: int
    generator: tuple[Any, ...] | None


class DrawFolder:
    """Where the steps of one run are kept.

    A piece holds some steps and the state of the generator after them. It is named by its first
    step, so that processes that make the same run at the same time write the same numbers.
    """

    def __init__(self, folder: str | Path, target: Target, settings: Settings) -> None:
        self._path = Path(folder)
        told = {"format": _FORMAT, "hash": str(target.hash), "names": list(target.names)}
        told |= settings.told()
        manifest = self._path / MANIFEST
        used = versions() | {"emcee": version("emcee")}
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            if manifest.exists():
                _check_same(json.loads(manifest.read_text(encoding="utf-8")), told, self._path)
            elif any(self._path.iterdir()):
                raise InputError("the folder holds something else", where=folder, fix=_FIX)
            else:
                about = json.dumps(told | {"versions": used}, indent=2)
                write_atomic(manifest, about + "\n")
        except (OSError, json.JSONDecodeError, TypeError, KeyError) as error:
            what = f"no folder for draws: {error}"
            raise InputError(what, where=folder, fix="give another folder") from error

    def read(self) -> list[Step]:
        """The steps from the first on, up to a piece that is missing or damaged."""
        steps: list[Step] = []
        while (piece := self._piece(len(steps))).exists():
            try:
                with np.load(piece, allow_pickle=False) as arrays:
                    found = {name: arrays[name] for name in arrays.files}
                more = _steps_of(found)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                break
            steps += more
        return steps

    def write(self, first: int, steps: Sequence[Step]) -> None:
        """Keep steps, of which the first has that number in the run."""
        last = steps[-1].generator
        assert last is not None
        arrays: dict[str, NDArray[Any]] = {
            "shares": np.array([step.shares for step in steps]),
            "density": np.array([step.density for step in steps]),
            "evaluated": np.array([step.evaluated for step in steps]),
            "failed": np.array([step.failed for step in steps]),
            "keys": np.asarray(last[1]),
            "place": np.array(last[2:4]),
            "spare": np.array(last[4]),
        }
        try:
            with replacing(self._piece(first)) as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
        except OSError as error:
            raise InputError(f"draws cannot be written: {error}", where=self._path) from error

    def _piece(self, first: int) -> Path:
        return self._path / f"steps-{first:08d}.npz"


def _steps_of(arrays: dict[str, NDArray[Any]]) -> list[Step]:
    position, has_spare = arrays["place"].tolist()
    end = ("MT19937", arrays["keys"], position, has_spare, float(arrays["spare"]))
    rows = zip(
        *(arrays[name] for name in ("shares", "density", "evaluated", "failed")), strict=True
    )
    steps = [Step(s, d, int(asked), int(failed), None) for s, d, asked, failed in rows]
    last = steps[-1]
    steps[-1] = Step(last.shares, last.density, last.evaluated, last.failed, end)
    return steps


def _check_same(manifest: dict[str, Any], told: dict[str, Any], folder: Path) -> None:
    for name, value in told.items():
        if manifest[name] == value:
            continue
        if name in ("hash", "names"):
            theirs, ours = f"{manifest['hash']:.12}", f"{told['hash']:.12}"
            what = f"draws of another posterior, {theirs} in place of {ours}"
            why = "model, data, priors or bounds differ, and their draws are never mixed"
        else:
            what = f"draws made with {name} = {manifest[name]!s:.12}, not {value!s:.12}"
            why = "a run is continued as it was begun"
        raise InputError(what, where=folder, why=why, fix=_FIX)
