"""Commands that compute: run, sweep, trial, reproduce, and the report of what they wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from il15_sim.cli.group import Command, warn
from il15_sim.cli.progress import end_with, progress
from il15_sim.errors import InputError

RESULTS = "results"


def _out_option(what: str) -> Callable[[Any], Any]:
    return click.option("--out", type=click.Path(path_type=Path), help=what)


def _settings(texts: Iterable[str]) -> dict[str, float]:
    """Values by id from `id=value`, in the order given."""
    from il15_sim.files.numeric import number

    found: dict[str, float] = {}
    for text in texts:
        id_, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not id_:
            raise InputError(f"'{text}'", where="--set", fix="write --set id=value")
        if id_ in found:
            raise InputError(f"'{id_}' is set twice", where="--set")
        found[id_] = number(value, f"value of '{id_}'", "--set")
    return found


@click.command(
    cls=Command,
    short_help="Simulate a scenario: tables, figures, manifest.",
    epilog="""
    \b
    Examples:
      il15-sim run sorafenib_tmz
      il15-sim run my_scenario.toml --out my_results
      il15-sim run dose_ladder --set sorafenib_clearance=6.0 --set sorafenib_volume=80
    """,
)
@click.argument("scenario")
@_out_option("Results folder; results/<name>/<hash> when left out.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="ID=VALUE",
    help="A parameter's value in all arms, in the table's unit; may be repeated.",
)
@click.pass_obj
def run(models: Path | None, scenario: str, out: Path | None, settings: tuple[str, ...]) -> None:
    """Simulate SCENARIO: a TOML file or a packaged one such as sorafenib_tmz."""
    from il15_sim.files.resources import find_file
    from il15_sim.jobs.run import run_scenario
    from il15_sim.scenario import Scenario

    values = _settings(settings)
    read = Scenario.read(find_file(scenario, "doses"))
    with progress() as tell:
        done = run_scenario(read, RESULTS, tell, settings=values, out=out, models_dir=models)
    end_with([done], done.path)


@click.command(
    cls=Command,
    short_help="What an answer depends on: parameters, doses.",
    epilog="""
    \b
    Examples:
      il15-sim sweep sorafenib_exposure
      il15-sim sweep chain --n 256 --threads 2
      il15-sim sweep dose_map
      il15-sim sweep my_sweep.toml --out my_results --seed 7
      il15-sim sweep chain --scheduler tcp://host:8786
    """,
)
@click.argument("sweep")
@_out_option("Results folder; results/<name>/<hash> when left out.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the points.")
@click.option(
    "--n",
    type=int,
    help="Base points of [quantify], a power of two; else trajectories of [screen].",
)
@click.option("--threads", type=click.IntRange(1), help="Threads; all cores when left out.")
@click.option("--scheduler", metavar="ADDRESS", help="Dask cluster, such as tcp://host:8786.")
@click.pass_obj
def sweep(
    models: Path | None,
    sweep: str,
    out: Path | None,
    seed: int | None,
    n: int | None,
    threads: int | None,
    scheduler: str | None,
) -> None:
    """Vary parameters, or doses and schedules, as SWEEP says: a TOML file or a packaged one.

    The simulations are kept beside the results: the same command after Ctrl-C continues.
    """
    from dataclasses import replace
    from functools import partial

    from il15_sim.files.resources import find_file
    from il15_sim.jobs.map import run_map
    from il15_sim.jobs.sweep import run_sweep, stored_at
    from il15_sim.reporting.report import write_report
    from il15_sim.sensitivity.map_file import DoseMap, read_any

    read = read_any(find_file(sweep, "sweeps"))
    if isinstance(read, DoseMap):
        if n is not None or seed is not None:
            option = "--seed" if n is None else "--n"
            raise InputError(f"{option} of a map", why="it has [axes], and no random points")
        place, compute = None, partial(run_map, read)
    else:
        read = read if n is None else read.with_size(n)
        read = read if seed is None else replace(read, seed=seed)
        place, compute = stored_at(read, RESULTS, out), partial(run_sweep, read)
    how: dict[str, Any] = {"threads": threads, "scheduler": scheduler, "models_dir": models}
    try:
        with progress() as tell:
            done = compute(RESULTS, tell, out=out, **how)
    except (KeyboardInterrupt, SystemExit):
        if place is not None and place.is_dir():
            warn(f"what was simulated is kept in {place}: the same command continues")
        raise
    write_report(done.path, title=read.title)
    end_with([done], done.path)


@click.command(
    cls=Command,
    short_help="A virtual trial: survival, responses, who lives longer.",
    epilog="""
    \b
    Examples:
      il15-sim trial romero
      il15-sim trial romero --trials 20 --threads 2
      il15-sim trial my_trial.toml --out my_results --patients 200 --seed 7
    """,
)
@click.argument("trial")
@_out_option("Results folder; results/<name>/<hash> when left out.")
@click.option("--trials", type=int, help="How often the trial is repeated, instead of the file's.")
@click.option("--patients", type=int, help="Patients of each arm in one trial.")
@click.option("--seed", type=click.IntRange(0), help="Seed of patients and of their luck.")
@click.option("--threads", type=click.IntRange(1), help="Threads; all cores when left out.")
@click.pass_obj
def trial(
    models: Path | None,
    trial: str,
    out: Path | None,
    trials: int | None,
    patients: int | None,
    seed: int | None,
    threads: int | None,
) -> None:
    """Follow virtual patients through TRIAL: a TOML file or a packaged one such as romero.

    Patients are kept beside the results, block by block: the same command after Ctrl-C continues.
    """
    from dataclasses import replace

    from il15_sim.files.resources import find_file
    from il15_sim.jobs.trial import run_virtual_trial, stored_at
    from il15_sim.reporting.report import write_report
    from il15_sim.trial import read_trial

    given = {"trials": trials, "patients": patients, "seed": seed}
    changed: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    read = replace(read_trial(find_file(trial, "trials")), **changed)
    place = stored_at(read, RESULTS, out)
    try:
        with progress() as tell:
            done = run_virtual_trial(
                read, RESULTS, tell, out=out, threads=threads, models_dir=models
            )
    except (KeyboardInterrupt, SystemExit):
        if place.is_dir():
            warn(f"patients followed so far are kept in {place}: the same command continues")
        raise
    write_report(done.path, title=read.title)
    end_with([done], done.path)


@click.command(
    cls=Command,
    short_help="Write one HTML file from results.",
    epilog="""
    \b
    Examples:
      il15-sim report results
      il15-sim report my_results --title "Doses of March"
    """,
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title", default="il15-sim report", help="Heading of the report.")
def report(folder: Path, title: str) -> None:
    """Write report.html into FOLDER from the results that lie there."""
    from il15_sim.reporting.report import write_report

    click.echo(write_report(folder, title=title))


@click.command(
    cls=Command,
    short_help="All of it: check, fit, run everything, report.",
    epilog="""
    \b
    Examples:
      il15-sim reproduce
      il15-sim reproduce --quick --out check
    """,
)
@click.option("--quick", is_flag=True, help="One search and fewer scenarios, in under a minute.")
@_out_option("Folder of all results; results/ when left out.")
@click.pass_obj
def reproduce(models: Path | None, quick: bool, out: Path | None) -> None:
    """Check, fit, run every packaged scenario and write one report; its path is printed last."""
    from il15_sim.jobs.reproduce import reproduce_all
    from il15_sim.reporting.reproduce import report_all

    place = out or Path(RESULTS)
    with progress() as tell:
        done = reproduce_all(place, tell, quick=quick, models_dir=models)
        path = report_all(done, place, tell, quick=quick, on_top=out is not None, models_dir=models)
    end_with(done.finished.values(), path)
