"""What a report shows, read from results folders and nothing else."""

from __future__ import annotations

import base64
import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError
from il15_sim.files.record import MANIFEST, digest

ABOUT = "about.json"
CAPTIONS = "figures/captions.json"
_FOR_PROGRAMS = (
    *("trajectories", "curves", "indices", "convergence"),
    *("patients", "survival", "replicates"),
)
_DOI = re.compile(r"(?:doi:\s*|https?://doi\.org/)(10\.\d{4,9}/[^\s;,\"<>]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Picture:
    """A figure with its words; `source` holds the whole bitmap as a data address.

    `story` is the long text behind the caption, `files` are the tables that the figure shows and
    its drawing for print, as paths within the results folder.
    """

    name: str
    title: str
    alt: str
    caption: str
    source: str
    story: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """One results folder: what it is, its tables by name, its figures and its manifest."""

    path: Path
    about: dict[str, Any]
    manifest: dict[str, Any]
    tables: dict[str, list[dict[str, str]]]
    pictures: tuple[Picture, ...]
    changed: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return str(self.about.get("name", self.manifest.get("name", self.path.name)))

    @property
    def title(self) -> str:
        """Title for readers."""
        return str(self.about.get("title", self.name))

    @property
    def kind(self) -> str:
        """`"scenario"`, `"fit"`, `"sweep"` or `"trial"`."""
        return str(self.about.get("kind", ""))

    @property
    def own_table(self) -> bool:
        """Whether it is a fit whose rows are of no published study."""
        rows = self.table("residuals")
        return bool(rows) and not any(row.get("study") for row in rows)

    def table(self, name: str) -> list[dict[str, str]]:
        """Rows of one table; none where the folder lacks it."""
        return self.tables.get(name, [])


def read_result(path: Path) -> Result:
    """Read one results folder.

    Raises
    ------
    InputError
        For a folder without manifest, or with files that do not read.
    """
    manifest = _json(path / MANIFEST)
    about = _json(path / ABOUT) if (path / ABOUT).is_file() else {}
    if not isinstance(manifest, dict) or not isinstance(about, dict):
        raise InputError("is no results folder", where=path, why="its manifest is not a table")
    listed = manifest.get("files", {})
    changed = [
        name
        for name, expected in listed.items()
        if not (path / name).is_file() or digest((path / name).read_bytes()) != expected
    ]
    tables = {p.stem: _csv(p) for p in sorted((path / "data").glob("*.csv")) if _small(p)}
    return Result(path, about, manifest, tables, tuple(_pictures(path)), tuple(changed))


def find_results(folder: Path) -> list[Result]:
    """Every result in a folder or below it, the newest of each name, by kind and name.

    Raises
    ------
    InputError
        When there is none.
    """
    if not folder.is_dir():
        raise InputError("is no folder", where=folder, fix="give a folder that `run` has written")
    own = [folder / MANIFEST] if (folder / MANIFEST).is_file() else []
    # A hidden folder is a result that somebody is still writing.
    below = [
        p
        for p in sorted(folder.rglob(MANIFEST))
        if not any(part.startswith(".") for part in p.relative_to(folder).parts)
    ]
    results = [read_result(p.parent) for p in dict.fromkeys([*own, *below])]
    newest: dict[tuple[str, str], Result] = {}
    for result in sorted(results, key=lambda r: str(r.manifest.get("created", ""))):
        if result.kind:
            newest[result.kind, result.name] = result
    if not newest:
        raise InputError(
            "holds no results", where=folder, fix="write some with `il15-sim run SCENARIO`"
        )
    return [newest[key] for key in sorted(newest)]


def doi_parts(text: str) -> list[tuple[str, str]]:
    """A text cut into (piece, DOI): the DOI is empty where the piece is plain text.

    >>> doi_parts("Jain 2011, doi:10.1111/x.1; label")
    [('Jain 2011, ', ''), ('doi:10.1111/x.1', '10.1111/x.1'), ('; label', '')]
    """
    parts = []
    end = 0
    for hit in _DOI.finditer(text):
        # A full stop or bracket that ends the sentence is no part of the DOI.
        doi = hit[1].rstrip(".")
        if doi.endswith(")") and doi.count("(") < doi.count(")"):
            doi = doi[:-1]
        stop = hit.start(1) + len(doi)
        parts += [(text[end : hit.start()], ""), (text[hit.start() : stop], doi)]
        end = stop
    parts.append((text[end:], ""))
    return [(piece, doi) for piece, doi in parts if piece]


def pivot(
    rows: Iterable[dict[str, str]], endpoints: Sequence[str]
) -> tuple[list[str], list[tuple[str, str, str, str, list[str]]]]:
    """Endpoint rows as a table with one column per run.

    Returns
    -------
    names : list of str
        Runs, in order of appearance.
    lines : list of (observable, endpoint, day, unit, values)
        One value per run, empty where it has none.
    """
    names: list[str] = []
    found: dict[tuple[str, str, str, str], dict[str, str]] = {}
    for row in rows:
        if row["run"] not in names:
            names.append(row["run"])
        if row["endpoint"] in endpoints:
            key = (row["observable"], row["endpoint"], row["day"], row["unit"])
            found.setdefault(key, {})[row["run"]] = shown_value(row)
    return names, [(*key, [by.get(n, "") for n in names]) for key, by in found.items()]


def shown_value(row: dict[str, str]) -> str:
    """A value as a table shows it: `< x` below the floor of its row, which the table's note tells.

    >>> shown_value({"value": "6e-96", "floor": "7e-06"})
    '< 7×10⁻⁶'
    >>> shown_value({"value": "1.5", "floor": ""})
    '1.5'
    """
    try:
        value, floor = float(row["value"]), float(row.get("floor", ""))
    except ValueError:
        return row["value"]
    if abs(value) >= floor:
        return row["value"]
    digit, _, power = f"{floor:.0e}".partition("e")
    if int(power) >= -3:
        return f"< {floor:g}"
    return f"< {digit}×10" + str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def short_number(text: str, digits: int = 4) -> str:
    """A number with a few digits and a true minus sign; other text as it is."""
    try:
        value = float(text)
    except ValueError:
        return text
    # Rounded first: 1084 is told as 1080, not as 1.08e+03.
    return f"{float(f'{value:.{digits}g}'):.10g}".replace("-", "−")


def _small(path: Path) -> bool:
    # Curves and patients are for programs; a report shows them as figures.
    return path.stem not in _FOR_PROGRAMS


def _pictures(path: Path) -> Iterable[Picture]:
    items = _json(path / CAPTIONS) if (path / CAPTIONS).is_file() else []
    for item in items if isinstance(items, list) else []:
        name = str(item.get("name", ""))
        file = path / "figures" / f"{Path(name).name}.png"
        if name and file.is_file():
            data = base64.b64encode(file.read_bytes()).decode("ascii")
            title, alt, words = (str(item.get(key, "")) for key in ("title", "alt", "caption"))
            source = f"data:image/png;base64,{data}"
            yield Picture(
                name, title, alt, words, source, _texts(item, "story"), _files(path, item)
            )


def _texts(item: dict[str, Any], key: str) -> tuple[str, ...]:
    value = item.get(key, ())
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def _files(path: Path, item: dict[str, Any]) -> tuple[str, ...]:
    """What stands behind a figure, as far as it lies in the results folder."""
    drawing = f"figures/{Path(str(item['name'])).name}.svg"
    inside = path.resolve()
    return tuple(
        name
        for name in (*_texts(item, "data"), drawing)
        if (path / name).is_file() and (path / name).resolve().is_relative_to(inside)
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from None
    except ValueError as error:
        raise InputError(f"is no JSON: {error}", where=path) from None


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return [{k: v or "" for k, v in row.items() if k} for row in csv.DictReader(handle)]
