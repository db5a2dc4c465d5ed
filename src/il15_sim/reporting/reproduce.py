"""The report of the main job: its results, the checks and the behaviours in one HTML file."""

from __future__ import annotations

import json
from pathlib import Path

from il15_sim.files.atomic import write_atomic
from il15_sim.files.record import ResultFolder
from il15_sim.jobs.folder import Progress, quiet
from il15_sim.jobs.reproduce import Reproduced
from il15_sim.model import Model
from il15_sim.reporting.behaviours import behaviour_section
from il15_sim.reporting.report import REPORT, report_html
from il15_sim.reporting.report_data import read_result


def report_all(
    done: Reproduced,
    out: str | Path,
    progress: Progress = quiet,
    *,
    quick: bool = False,
    on_top: bool = False,
    models_dir: str | Path | None = None,
) -> Path:
    """Judge the behaviours and write the report of everything into a results folder of its own.

    Parameters
    ----------
    done : Reproduced
        What `reproduce_all` left behind.
    out : path
        Folder of all results.
    progress : callable
        Told what is being done.
    quick : bool
        Whether `done` was a quick check; the title says so.
    on_top : bool
        Write the report into `out` too, and return that one.
    models_dir : path, optional
        Another models folder than the packaged one.

    Returns
    -------
    Path
        The report.
    """
    progress("judging the behaviours")
    behaviours = behaviour_section(Model.load(models_dir=models_dir))
    progress("writing the report")
    results = [read_result(finished.path) for finished in done.finished.values()]
    title = "il15-sim: packaged scenarios" + (" (quick check)" if quick else "")
    inputs = {f"{r.kind} {r.name}": str(r.manifest["hash"]) for r in results} | {
        "checks": json.dumps(done.findings),
        "behaviours": json.dumps(behaviours["verdicts"], ensure_ascii=False),
    }

    def html(place: Path) -> str:
        checks = {"findings": list(done.findings)}
        return report_html(results, title=title, place=place, checks=checks, behaviours=behaviours)

    with ResultFolder.open(out, "reproduce-quick" if quick else "reproduce", inputs) as written:
        written.write(REPORT, html(written.path))
    # Whoever names a folder looks for the report there, not below a hash.
    return write_atomic(Path(out) / REPORT, html(Path(out))) if on_top else written.path / REPORT
