"""One HTML file that tells a whole result: it opens offline and carries everything in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from il15_sim._version import __version__
from il15_sim.check.headline_counts import before_text
from il15_sim.check.kind_counts import assumed_text
from il15_sim.check.link_table import COLUMNS
from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic
from il15_sim.files.record import MANIFEST, digest
from il15_sim.model.parameters import KINDS
from il15_sim.plots.knockout import subset_of
from il15_sim.plots.labels import name_of, unit_text
from il15_sim.reporting.report_data import (
    Result,
    doi_parts,
    find_results,
    pivot,
    short_number,
    shown_value,
)
from il15_sim.reporting.sweeps import sweep_view
from il15_sim.reporting.trials import trial_view

REPORT = "report.html"
_EXPOSURE = ("AUC0-12", "Cmax", "trough")
_RESPONSE = ("baseline", "level", "change", "fold")


def write_report(folder: str | Path, *, title: str = "il15-sim report") -> Path:
    """Write `report.html` into a folder of results, from the files that lie there.

    Parameters
    ----------
    folder : path
        One results folder, or a folder of several (the newest of each name is told).
    title : str
        Heading of the report.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputError
        When there are no results, or the report cannot be written.
    """
    place = Path(folder)
    target = place / REPORT
    html = report_html(find_results(place), title=title, place=place)
    try:
        write_atomic(target, html)
        _list_in_manifest(place)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=target) from None
    return target


def report_html(
    results: Sequence[Result],
    *,
    title: str,
    place: Path | None = None,
    checks: Mapping[str, Any] | None = None,
    behaviours: Mapping[str, Any] | None = None,
) -> str:
    """The report as HTML text; every name from outside is escaped.

    Parameters
    ----------
    results : sequence of Result
    title : str
    place : path, optional
        Folder of the report: figures then link to the tables behind them, from there.
    checks : mapping, optional
        `findings` (list of str) of the checks.
    behaviours : mapping, optional
        What `il15_sim.reporting.behaviours.behaviour_section` gives.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("il15_sim.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "observable": name_of,
        "unit": unit_text,
        "doi_parts": doi_parts,
        "doi_url": lambda doi: f"https://doi.org/{quote(doi, safe='/()')}",
        "number": short_number,
        "link": lambda name, result: _link(result.path / name, place),
    }
    parameters = _largest(results, "parameters")
    kinds = {kind: sum(p["kind"] == kind for p in parameters) for kind in KINDS}
    template = environment.get_template("report.html.jinja")
    return template.render(
        title=title,
        version=__version__,
        scenarios=[_scenario(r) for r in results if r.kind == "scenario"],
        fits=[r for r in results if r.kind == "fit"],
        sweeps=[sweep_view(r) for r in results if r.kind == "sweep"],
        trials=[trial_view(r) for r in results if r.kind == "trial"],
        results=results,
        overview=[row for r in results if r.kind == "scenario" for row in _overview(r)],
        parameters=parameters,
        headlines=_largest(results, "headlines"),
        before=before_text,
        links=_largest(results, "links"),
        link_columns=COLUMNS,
        assumed=assumed_text(kinds),
        kinds=list(kinds.items()),
        checks=checks,
        behaviours=behaviours,
    )


def _scenario(result: Result) -> dict[str, Any]:
    rows = result.table("endpoints")
    runs, exposure = pivot(rows, _EXPOSURE)
    _, response = pivot(rows, _RESPONSE)
    return {
        "result": result,
        "arm_count": len(result.table("arms")),
        "runs": runs,
        "exposure": exposure,
        "response": response,
    }


def _overview(result: Result) -> list[dict[str, Any]]:
    """Change and fold of the CD4+NKG2D+ subset by share and by count, one row per arm."""
    found: dict[str, dict[tuple[str, str], dict[str, str]]] = {}
    for row in result.table("endpoints"):
        found.setdefault(row["run"], {})[row["observable"], row["endpoint"]] = row
    lines = []
    for run, by in found.items():
        cells = [by.get((o, e), {}) for o in subset_of() for e in ("change", "fold")]
        if any(cells):
            lines.append(
                {
                    "scenario": result.title,
                    "run": run,
                    "day": next(cell["day"] for cell in cells if cell),
                    "values": [shown_value(cell) if cell else "" for cell in cells],
                }
            )
    return lines


def _largest(results: Sequence[Result], name: str) -> list[dict[str, str]]:
    """The longest of the results' tables of one name: that of the largest model among them."""
    return max((r.table(name) for r in results), key=len, default=[])


def _link(path: Path, place: Path | None) -> str:
    """Address of a file as seen from the report; empty where the report has no place."""
    if place is None:
        return ""
    # A folder of another drive has no relative address.
    try:
        return quote(Path(os.path.relpath(path.resolve(), place.resolve())).as_posix())
    except ValueError:
        return ""


def _list_in_manifest(folder: Path) -> None:
    """Count the report among the files of a results folder, or a new run would refuse it."""
    path = folder / MANIFEST
    if not path.is_file():
        return
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest.setdefault("files", {})[REPORT] = digest((folder / REPORT).read_bytes())
    write_atomic(path, json.dumps(manifest, indent=2) + "\n")
