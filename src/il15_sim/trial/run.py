"""Runs a virtual trial block by block; blocks that lie on disk are not run again."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic
from il15_sim.files.record import digest
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.regimen.table import dose_table
from il15_sim.simulation import simulate
from il15_sim.simulation.dose_events import dose_events
from il15_sim.trial.design import Hypothesis, Trial, TrialArm
from il15_sim.trial.outcome import outcomes
from il15_sim.trial.patients import check_trial, drawn_patients, ratio_of
from il15_sim.trial.windows import follow

#: Patients that are followed together; no number depends on it.
PATIENTS_AT_ONCE = 1008
#: Parameters told of each patient beside its outcomes: what decides how it fares.
TOLD = ("tumour_growth", "mica_expression", "il15ra_inducibility_monocyte", "sorafenib_clearance")


@dataclass(frozen=True)
class Block:
    """Patients of one arm under one hypothesis, followed together."""

    hypothesis: int
    arm: int
    start: int
    end: int

    @property
    def file(self) -> str:
        """Name of the file that holds it."""
        return f"{self.hypothesis}-{self.arm}-{self.start}-{self.end}.csv"


def blocks_of(trial: Trial, size: int = PATIENTS_AT_ONCE) -> Iterator[Block]:
    """All blocks of a trial, arm after arm."""
    for h in range(len(trial.hypotheses)):
        for a in range(len(trial.arms)):
            for start in range(0, trial.size, size):
                yield Block(h, a, start, min(start + size, trial.size))


def kept_blocks(trial: Trial, folder: str | Path, size: int = PATIENTS_AT_ONCE) -> tuple[int, int]:
    """How many blocks of a trial lie in a folder, and how many there are."""
    blocks = [Path(folder) / block.file for block in blocks_of(trial, size)]
    return sum(path.is_file() for path in blocks), len(blocks)


def run_trial(
    trial: Trial,
    model: Model,
    *,
    folder: str | Path | None = None,
    threads: int | None = None,
    patients_at_once: int = PATIENTS_AT_ONCE,
    progress: Callable[[str], object] = lambda words: None,
) -> pd.DataFrame:
    """Follow all patients of a trial.

    Parameters
    ----------
    trial : Trial
    model : Model
        The packaged patient, usually; hypotheses and arms change it.
    folder : path, optional
        Where finished blocks are kept: a stopped trial continues from there. They are told apart by
        their place in the trial alone: give each trial and model a folder of its own.
    threads : int, optional
    patients_at_once : int
        Memory grows with it; no number depends on it.
    progress : callable
        Told what is being done.

    Returns
    -------
    DataFrame
        One row per patient: `hypothesis`, `arm`, `trial` (number of the replicate), `patient`, the
        columns of `outcomes`, covariates, and the parameters in `TOLD`; `<marker>_untreated` is
        what the same patient has at the landmark without any drug.

    Raises
    ------
    InputError
        For names that the model does not have.
    """
    check_trial(trial, model)
    for arm in trial.arms:
        # Windows keep quiet about lowered doses; what is planned is told of once.
        dose_events(model, dose_table([arm.regimen]))
    blocks = list(blocks_of(trial, patients_at_once))
    parts, done, begun = [], 0, time.monotonic()
    left = len(trial.hypotheses) * len(trial.arms) * trial.size
    for number, block in enumerate(blocks):
        hypothesis, arm = trial.hypotheses[block.hypothesis], trial.arms[block.arm]
        path = None if folder is None else Path(folder) / block.file
        part = None if path is None else _kept(path)
        if part is None:
            told = f"{hypothesis.name}, " if len(trial.hypotheses) > 1 else ""
            progress(
                f"{told}{arm.name}: patients {block.start + 1}-{block.end} of {trial.size} "
                f"({number + 1} of {len(blocks)}{_remaining(done, left, time.monotonic() - begun)})"
            )
            part = followed(trial, model, hypothesis, arm, block, threads)
            done += len(part)
            if path is not None:
                part = _keep(path, part)
        part.insert(0, "hypothesis", hypothesis.name)
        part.insert(1, "arm", arm.name)
        parts.append(part)
        left -= len(part)
    return pd.concat(parts, ignore_index=True)


def _remaining(done: int, left: int, seconds: float) -> str:
    """How many patients a second, and how long the others take; nothing before the first block.

    >>> _remaining(1000, 30_000, 10.0)
    '; 100 patients/s, 5.0 min left'
    """
    if not done or seconds <= 0:
        return ""
    return f"; {done / seconds:.3g} patients/s, {left * seconds / done / 60:.1f} min left"


def followed(
    trial: Trial,
    model: Model,
    hypothesis: Hypothesis,
    arm: TrialArm,
    block: Block,
    threads: int | None,
) -> pd.DataFrame:
    """The table of one block."""
    first = trial.first_patient(block.arm) + block.start
    n = block.end - block.start
    parameters, covariates = drawn_patients(model, trial, arm, hypothesis, first, n)
    found = follow(model, parameters, arm, trial, first=first, threads=threads)
    table = outcomes(found, trial, ratio_of(model, parameters), hypothesis.assay_cv)
    marker = f"{trial.marker}_d{trial.landmark_day}"
    table[f"{marker}_untreated"] = _untreated(model, parameters, trial, threads)
    own = parameters.reset_index(drop=True)
    told = own[[name for name in TOLD if name in own]]
    numbers = pd.DataFrame(
        {
            "trial": np.arange(block.start, block.end) // trial.patients,
            "patient": np.arange(first, first + n),
        }
    )
    return pd.concat([numbers, table, covariates.reset_index(drop=True), told], axis=1)


def _untreated(
    model: Model, parameters: pd.DataFrame, trial: Trial, threads: int | None
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*outside the table's bounds.*")
        runs = simulate(
            model,
            Regimen.none(),
            parameters,
            times_h=[24.0 * trial.landmark_day],
            observables=[trial.marker],
            threads=threads,
            progress=False,
        )
    return np.asarray(runs[trial.marker].values[:, 0])


def _keep(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Write a block with its checksum; gives what reading it gives."""
    text = table.to_csv(index=False, lineterminator="\n")
    write_atomic(path, f"# {digest(text)}\n{text}")
    return _read(text)


def _kept(path: Path) -> pd.DataFrame | None:
    """A block that lies on disk; None where there is none, or not as it was written."""
    try:
        head, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except OSError as error:
        fix = "free the place or choose another folder"
        told = f"a block of the trial cannot be read: {error.strerror}"
        raise InputError(told, where=path, fix=fix) from None
    return _read(text) if head == f"# {digest(text)}" else None


def _read(text: str) -> pd.DataFrame:
    with warnings.catch_warnings():
        # What pandas 3 does by itself, earlier versions do when asked.
        warnings.filterwarnings("ignore", message=".*float_precision.*")
        return pd.read_csv(
            io.StringIO(text), float_precision="round_trip", keep_default_na=False, na_values=[""]
        )
