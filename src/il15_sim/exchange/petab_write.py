"""A fit as a PEtab problem: a folder of tables and SBML that other tools read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.exchange.petab_areas import Areas
from il15_sim.exchange.petab_extension import ROWS_FILE
from il15_sim.exchange.petab_parts import Lines, Parts
from il15_sim.exchange.petab_rows import Observables
from il15_sim.exchange.petab_sbml import SbmlText
from il15_sim.exchange.petab_version_1 import version_1_files
from il15_sim.exchange.petab_version_2 import version_2_files
from il15_sim.files.atomic import make_readable
from il15_sim.files.tsv import write_tsv
from il15_sim.fit.problem import Problem


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    path : Path
        The YAML file of the problem.
    measurements : int
        Rows that PEtab expresses.
    apart : int
        Rows in the table of the extension, which other tools do not read.
    left_out : int
        Rows that are only compared with the fit.
    """

    path: Path
    measurements: int
    apart: int
    left_out: int

    @property
    def in_words(self) -> str:
        """What it holds."""
        told = [f"{self.measurements} measurements"]
        if self.apart:
            told.append(
                f"{self.apart} rows that PEtab has no formula for, in {ROWS_FILE} (an extension)"
            )
        if self.left_out:
            told.append(f"{self.left_out} rows that the fit does not use left out")
        return "; ".join(told)


def write_petab(problem: Problem, folder: str | Path, version: int = 2) -> Written:
    """Write a fit as a PEtab problem.

    Doses and changes are periods of experiments, areas under curves are states that are added to
    the model. What PEtab has no formula for (peaks, half-lives, folds, words, arms whose time axis
    moves) stands in a table of its own, declared as an extension that a reader needs.

    Random factors of cohorts are estimated parameters with a log-normal prior there; here they are
    integrated out.

    Parameters
    ----------
    problem : Problem
    folder : path
        A folder that does not exist, or is empty. It is written whole or not at all.
    version : 1 or 2
        Version 1 has no doses and no changes after the start.

    Raises
    ------
    InputError
        For a folder that is not empty, and for what the version does not have.

    Examples
    --------
    >>> import tempfile
    >>> from il15_sim.exchange import write_petab
    >>> from il15_sim.files.resources import experiments_dir
    >>> from il15_sim.fit import read_fit
    >>> problem = read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     written = write_petab(problem, Path(place) / "petab")
    >>> written.path.name
    'problem.yaml'
    """
    if version not in (1, 2):
        raise InputError(f"PEtab version {version!r}", fix="choose 1 or 2")
    final = Path(folder)
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise InputError("is not an empty folder", where=final, fix="name another one")
    files, written = _files(problem, final, version)
    final.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".{final.name}.partial-"))
    try:
        for name, content in files.items():
            if isinstance(content, str):
                (work / name).write_text(content, encoding="utf-8")
            else:
                write_tsv(work / name, content[0], content[1:])
        make_readable(work, 0o777)
        if final.is_dir():
            final.rmdir()
        work.rename(final)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return written


def _files(
    problem: Problem, folder: Path, version: int
) -> tuple[Mapping[str, str | Lines], Written]:
    subject = problem.subject
    model = subject.source
    sbml = SbmlText(model.sbml, problem.name)
    areas = Areas(sbml, float(subject.time_unit.to_hours(1.0)))
    seen = Observables(problem, sbml, areas, with_areas=version == 2)
    for row, spread in zip(problem.rows.rows, problem.rows.spread, strict=True):
        if row.used:
            seen.take(row, float(spread))
    left_out = sum(not r.used for r in problem.rows.rows)
    written = Written(folder / "problem.yaml", len(seen.measured), len(seen.apart), left_out)
    files = version_1_files if version == 1 else version_2_files
    return files(Parts(problem, seen, areas)), written
