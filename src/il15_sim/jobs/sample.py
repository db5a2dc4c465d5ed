"""The posterior of a fit from file to results folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from il15_sim.files.record import ResultFolder
from il15_sim.fit import Fit, Problem, run_fit
from il15_sim.fit.posterior import predictive, sample_posterior
from il15_sim.fit.sampling import Posterior
from il15_sim.jobs.fit import fit_inputs
from il15_sim.jobs.folder import ABOUT, Finished, Progress, quiet, write_figures, write_json
from il15_sim.plots.posterior_bands import predictive as predictive_figure
from il15_sim.plots.posteriors import pairs, traces
from il15_sim.plots.scenario_figures import Shown

#: Draws in the table that people read; all of them stay in the folder of the chains.
_SHOWN = 2_000
#: Parameters in one figure of pairs.
_MOST = 10


def chains_at(problem: Problem, out_root: str | Path, out: str | Path | None = None) -> Path:
    """Folder of the chains: beside the results, where a stopped run continues."""
    if out is None:
        return Path(out_root) / f"{problem.name}_posterior" / "chains"
    return Path(out).with_name(f"{Path(out).name}.chains")


def sample_to_folder(
    problem: Problem,
    out_root: str | Path,
    progress: Progress = quiet,
    *,
    draws: int,
    out: str | Path | None = None,
    starts: int | None = None,
    threads: int | None = None,
    bar: bool | None = None,
) -> tuple[Finished, Posterior]:
    """Fit, draw from the posterior, and write draws, table, bands and figures.

    The chains are kept beside the results: the same call after Ctrl-C continues.

    Parameters
    ----------
    problem : Problem
        Its seed is that of the draws, too.
    out_root : path
        Folder of all results.
    progress : callable
        Told what is being done.
    draws : int
    out : path, optional
        Write exactly here instead.
    starts, threads : int, optional
        As in `run_fit`.
    bar : bool, optional
        Show a bar of the draws; by default only on a terminal.
    """
    name = f"{problem.name}_posterior"
    inputs = {**fit_inputs(problem, starts=starts), "draws": str(draws)}
    with ResultFolder.open(out_root, name, inputs, problem.seed, out=out) as folder:
        progress("searching")
        fit = run_fit(problem, starts=starts, threads=threads)
        progress("drawing from the posterior")
        chains = chains_at(problem, out_root, out)
        found = sample_posterior(fit, draws=draws, seed=problem.seed, folder=chains, progress=bar)
        folder.write("fit.json", fit.to_json())
        folder.write("data/posterior.csv", found.frame.to_csv(index=False, lineterminator="\n"))
        flat = found.values.reshape(-1, len(found.names))
        chosen = np.linspace(0, len(flat) - 1, min(_SHOWN, len(flat))).astype(int)
        lines = [
            ",".join(found.names),
            *(",".join(map(repr, row)) for row in flat[chosen].tolist()),
        ]
        folder.write("data/draws.csv", "\n".join(lines) + "\n")
        progress("simulating draws")
        bands = predictive(fit, found, seed=problem.seed)
        folder.write("data/bands.csv", bands.to_csv(index=False, lineterminator="\n"))
        residuals = fit.residuals.to_csv(index=False, lineterminator="\n")
        folder.write("data/residuals.csv", residuals)
        figures = [_bands(fit, found, bands), _pairs(found), _traces(found)]
        missing = write_figures(folder, figures, progress)
        warnings = [*found.flags, *missing]
        about = {"name": name, "title": f"Posterior: {problem.title or problem.name}"}
        about |= {"kind": "fit", "description": problem.description, "effort": inputs["draws"]}
        write_json(folder, ABOUT, {**about, "warnings": warnings})
    return Finished(folder.path, warnings=tuple(warnings)), found


def _told(found: Posterior) -> str:
    chains, draws, _ = found.shares.shape
    return f"{chains * draws:,} draws of {chains} chains."


def _bands(fit: Fit, found: Posterior, bands: pd.DataFrame) -> Iterator[Shown]:
    yield Shown(
        "predictive",
        predictive_figure(bands, fit.residuals),
        "Posterior predictive bands",
        "Bands of the curves over the posterior and of new readings, over what was measured.",
        "Dark: 95 % of the curves over the posterior; light: 95 % of new readings. "
        f"{_told(found)} Research only.",
        (),
        ("data/bands.csv", "data/residuals.csv"),
    )


def _pairs(found: Posterior) -> Iterator[Shown]:
    yield Shown(
        "pairs",
        pairs(found, found.names[:_MOST]),
        "Posterior of the parameters",
        "Marginal distributions, and regions of pairs of parameters.",
        f"Marginals and pairs of {min(_MOST, len(found.names))} parameters. {_told(found)} "
        "Research only.",
        (),
        ("data/draws.csv",),
    )


def _traces(found: Posterior) -> Iterator[Shown]:
    for k in range(0, len(found.names), _MOST):
        name = "traces" if len(found.names) <= _MOST else f"traces_{k // _MOST + 1}"
        yield _trace(found.only(found.names[k : k + _MOST]), name)


def _trace(found: Posterior, name: str) -> Shown:
    return Shown(
        name,
        traces(found),
        "Chains of the posterior",
        "Traces of the chains and the ranks of their draws.",
        f"Chains that agree have the same trace and even ranks. {_told(found)} Research only.",
        (),
        ("data/draws.csv",),
    )
