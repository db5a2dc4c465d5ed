"""The packaged models and experiments, in a checkout and in an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.text import refuse_other_than_file

_PACKAGE = Path(__file__).resolve().parents[1]


def _folder(name: str) -> Path:
    # The wheel carries the folders inside the package; a checkout has them at the top level.
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parents[1] / name


def models_dir() -> Path:
    """Folder of the Antimony modules, the parameter table and the variants."""
    return _folder("models")


def experiments_dir() -> Path:
    """Folder of the shipped dose scenarios, fits, sweeps, trials and measurements."""
    return _folder("experiments")


def shipped(kind: str) -> dict[str, Path]:
    """Packaged files of a kind (`"doses"`, `"fits"`, `"sweeps"`, `"trials"`) by name."""
    return {p.stem: p for p in sorted((experiments_dir() / kind).glob("*.toml"))}


def find_file(text: str, kind: str) -> Path:
    """The file that a user means: a path, or the name of a packaged one.

    Parameters
    ----------
    text : str
        `my/scenario.toml`, or `sorafenib_tmz`.
    kind : str
        `"doses"`, `"fits"`, `"sweeps"` or `"trials"`.

    Raises
    ------
    InputError
        For a file that is not there, a folder, a device, or a name that is not packaged, with the
        closest one.

    Examples
    --------
    >>> find_file("sorafenib_tmz", "doses").name
    'sorafenib_tmz.toml'
    """
    packaged = shipped(kind)
    if text in packaged:
        return packaged[text]
    refuse_other_than_file(text)
    path = Path(text)
    if os.path.isfile(text):
        return path
    word = {"doses": "scenario"}.get(kind, kind.removesuffix("s"))
    if path.suffix == ".toml" or len(path.parts) > 1:
        raise InputError(
            f"there is no file '{text}'",
            fix=f"give a path that exists, or a packaged {word}: {', '.join(packaged)}",
        )
    raise unknown(word, text, packaged)
