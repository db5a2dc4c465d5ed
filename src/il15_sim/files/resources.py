"""Where the packaged models and experiments lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def _folder(name: str) -> Path:
    # The wheel carries the folders inside the package; a checkout has them at the top level.
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parents[1] / name


def models_dir() -> Path:
    """Folder of the Antimony modules, the parameter table and the variants."""
    return _folder("models")


def experiments_dir() -> Path:
    """Folder of the shipped dose scenarios, fits and measurements."""
    return _folder("experiments")
