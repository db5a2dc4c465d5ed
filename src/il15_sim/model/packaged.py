"""What a models folder holds, by name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.resources import models_dir as packaged_models_dir
from il15_sim.files.tsv import read_tsv
from il15_sim.model.sbml import sbml_from_antimony


def variant_names(models_dir: str | Path | None = None) -> tuple[str, ...]:
    """Names of the variants in a models folder (default: the packaged one)."""
    folder = Path(models_dir) if models_dir is not None else packaged_models_dir()
    return tuple(sorted(p.stem for p in (folder / "variants").glob("*.tsv")))


def model_names(models_dir: str | Path | None = None) -> tuple[str, ...]:
    """`"patient"` and the names of all modules."""
    folder = Path(models_dir) if models_dir is not None else packaged_models_dir()
    return ("patient", *sorted(p.stem for p in (folder / "modules").glob("*.ant")))


@lru_cache(maxsize=32)
def _sbml_cached(path: Path, stamp: tuple[tuple[str, int], ...]) -> str:
    return sbml_from_antimony(path)


def sbml_of(folder: Path, name: str) -> str:
    """SBML text of a model, compiled once as long as its files stay as they are."""
    names = model_names(folder)
    if name not in names:
        raise unknown("model", name, names)
    path = folder / "patient.ant" if name == "patient" else folder / "modules" / f"{name}.ant"
    if not path.is_file():
        raise InputError("the model file is missing", where=path)
    # patient.ant imports the modules, so its SBML is stale when any of them changes.
    files = [path, *sorted((folder / "modules").glob("*.ant"))]
    return _sbml_cached(path, tuple((str(f), f.stat().st_mtime_ns) for f in files))


OBSERVABLE_COLUMNS = (
    *("observableId", "observableName", "observableFormula", "noiseFormula"),
    *("noiseDistribution", "unit", "label", "panel", "curve", "role"),
)


def observable_units(folder: Path) -> dict[str, str]:
    """Unit of every row of `observables.tsv`."""
    rows, _ = read_tsv(folder / "observables.tsv", OBSERVABLE_COLUMNS, unique="observableId")
    return {row["observableId"]: row["unit"] for _, row in rows}
