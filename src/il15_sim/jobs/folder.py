"""What every job writes beside its tables: what it is, its figures and their words."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from il15_sim.files.record import MANIFEST, ResultFolder, digest

if TYPE_CHECKING:
    from il15_sim.plots.scenario_figures import Shown

#: Called with a word on what is being done; gives nothing back.
Progress = Callable[[str], None]

#: File of a results folder that says what it is.
ABOUT = "about.json"
CAPTIONS = "figures/captions.json"
FORMATS = ("png", "svg")
_WORDS = ("name", "title", "alt", "caption", "story", "data")

_log = logging.getLogger(__name__)


def quiet(_: str) -> None:
    """A progress that says nothing."""


@dataclass(frozen=True)
class Finished:
    """What a job left behind.

    Attributes
    ----------
    path : Path
        The results folder.
    failed : tuple of str
        Parts that failed, such as an arm, a line each; the others' results stand.
    warnings : tuple of str
        What a reader must know before using the results, a line each.
    """

    path: Path
    failed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def write_json(folder: ResultFolder, name: str, content: Any) -> None:
    """Write a value as a JSON file that people can read."""
    folder.write(name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_figures(
    folder: ResultFolder, groups: Sequence[Iterable[Shown]], progress: Progress = quiet
) -> list[str]:
    """Write figures in all formats, and their titles, captions and texts beside them.

    A figure that cannot be drawn is left out: the numbers it shows are worth more than itself.

    Parameters
    ----------
    folder : ResultFolder
    groups : sequence of iterables of Shown
        Where drawing one fails, the rest of its group may be lost, but no other group.
    progress : callable
        Told what is being done.

    Returns
    -------
    list of str
        One line for every figure that is missing.
    """
    words, missing = [], []
    for group in groups:
        figures, what = iter(group), "the first figure"
        while True:
            shown = None
            try:
                shown = next(figures, None)
                if shown is None:
                    break
                what = f"figure '{shown.name}'"
                progress(f"drawing {shown.name}")
                _save(folder, shown)
            except Exception as error:
                _log.debug("%s", what, exc_info=True)
                told = " ".join(f"{type(error).__name__}: {error}".split())
                missing.append(f"{what} cannot be drawn: {told}")
                continue
            what = f"the figure after '{shown.name}'"
            words.append({key: getattr(shown, key) for key in _WORDS})
    write_json(folder, CAPTIONS, words)
    return missing


def _save(folder: ResultFolder, shown: Shown) -> None:
    from il15_sim import plots

    paths = [folder.figures / f"{shown.name}.{suffix}" for suffix in FORMATS]
    try:
        for path in paths:
            plots.save(shown.figure, path)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def stands(place: Path) -> bool:
    """Whether a result is there, with every file as it was written."""
    try:
        files = json.loads((place / MANIFEST).read_text(encoding="utf-8"))["files"]
        return all(digest((place / name).read_bytes()) == known for name, known in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
