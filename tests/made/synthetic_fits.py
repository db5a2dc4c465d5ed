"""Fits of data drawn from their own model: does the truth lie where the likelihood says?"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from il15_sim import Model
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.fit import fit_table, read_fit, run_fit
from il15_sim.fit.rows import Rows
from il15_sim.fit.settle import best_omega
from il15_sim.model.variant import Variant


@dataclass(frozen=True)
class Truth:
    """Of one synthetic set: how much likelier the best fit is than the truth, and its limit.

    `rise` is 2 (ln L at the best fit - ln L at the truth), `limit` what it stays below in 95 % of
    sets; `inside` tells of each parameter whether its interval holds the truth.
    """

    rise: float
    limit: float
    inside: dict

    @property
    def covered(self):
        return self.rise < self.limit


@cache
def sorafenib():
    """The shipped problem, the truth (P,) and the log SD between cohorts."""
    problem = read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")
    found = run_fit(problem, starts=1)
    shipped = Variant.read(models_dir() / "variants" / "sorafenib_pk_fit.tsv").values()
    # Time shifts and the spread between cohorts are not shipped.
    values = [shipped.get(u.id, found.values[u.id]) for u in problem.unknowns]
    return problem, np.array(values), found.omega


def wide(unknown):
    """Ten times as wide on both sides; a share stays one."""
    share = unknown.id.endswith(("share", "loss_max"))
    return unknown.lower / 10, min(10 * unknown.upper, 0.99) if share else 10 * unknown.upper


def sorafenib_set(seed):
    """The arms and rows of the shipped fit, drawn anew: factors of cohorts, errors, and priors.

    A prior counts as a measurement, so its median is drawn around the truth too. Bounds are wider
    than the shipped ones: where half of the sets end on a bound, the best fit is held back and
    the ratio is smaller than chi-squared (all of 100 sets stayed below its limit).
    """
    problem, truth, omega = sorafenib()
    rng = np.random.default_rng([1, seed])
    objective = problem.objective()
    rows = objective.rows
    typical = objective.predictor.predict(truth[None])[0][0]
    factor = dict(zip(rows.factors, omega * rng.normal(size=len(rows.factors)), strict=True))
    error = objective.spread * rng.normal(size=len(rows))
    drawn = [
        replace(r, measured=float(t * np.exp(factor.get(r.factor, 0.0) + e)))
        for r, t, e in zip(rows.rows, typical, error, strict=True)
    ]
    unknowns = []
    for u, value in zip(problem.unknowns, truth, strict=True):
        start = u.value_at(np.clip(u.share_of(value) + rng.uniform(-0.1, 0.1), 0.01, 0.99))
        prior = u.prior
        if prior is not None:
            centre = np.log(value) if prior.needs_positive else value
            prior = replace(prior, first=float(centre + prior.second * rng.normal()))
        lower, upper = (u.lower, u.upper) if u.shifted_arm else wide(u)
        unknowns.append(replace(u, lower=lower, upper=upper, start=float(start), prior=prior))
    made = replace(problem, rows=Rows(tuple(drawn), "synthetic"), unknowns=tuple(unknowns))
    result = run_fit(made, starts=1)

    def posterior(there, shares):
        return there.log_likelihood(shares) + float(there.log_priors(shares))

    shares = np.array([u.share_of(v) for u, v in zip(unknowns, truth, strict=True)])
    # The spread between cohorts is no parameter of the test: at the truth it has its best value.
    at_truth = result.objective.with_errors(
        result.objective.sizes, best_omega(result.objective, shares)
    )
    best = posterior(result.objective, result.best.end)
    rise = 2 * (best - posterior(at_truth, shares))
    return Truth(rise, stats.chi2.ppf(0.95, len(truth)), inside(result, truth))


CELL = {"pstat5_half_signal": 8.0, "desensitisation_max": 1.5}
DOSES, MINUTES = (30.0, 100.0, 300.0, 3000.0), (5, 15, 30, 60, 120, 240)
LOG_SD = 0.15


@cache
def signalling():
    """pSTAT5 of cells in a dish at four doses of IL-15, by the model with the truth."""
    arms = {f"{dose:g} pM": {"il15_soluble": dose} for dose in DOSES}
    table = pd.DataFrame(
        {
            "time_min": MINUTES * len(DOSES),
            "observable": "pstat5_cd4",
            "group": np.repeat(list(arms), len(MINUTES)),
            "value": 1.0,
        }
    )
    model = Model.load("cd4_signalling").with_values(CELL)
    fitted = fit_table(model, table, list(CELL), arms=arms, starts=1)
    point = np.array(list(CELL.values()))
    return arms, table.assign(value=fitted.objective.predictor.predict(point[None])[0][0])


def signalling_set(seed):
    """A dose-response table with errors whose size is estimated from it."""
    arms, table = signalling()
    rng = np.random.default_rng([2, seed])
    table = table.assign(value=table["value"] * np.exp(LOG_SD * rng.normal(size=len(table))))
    start = {k: v * np.exp(rng.uniform(-0.5, 0.5)) for k, v in CELL.items()}
    model = Model.load("cd4_signalling").with_values(start)
    result = fit_table(model, table, list(CELL), arms=arms, starts=1)
    truth = np.array(list(CELL.values()))
    shares = [u.share_of(v) for u, v in zip(result.problem.unknowns, truth, strict=True)]
    # In units of the estimated errors; what chi-squared is for known ones, F is for these.
    rise = result.objective.at(np.array(shares)).objective - result.best.objective
    count, freedom = len(truth), len(table) - len(truth)
    return Truth(rise, count * stats.f.ppf(0.95, count, freedom), inside(result, truth))


def inside(result, truth):
    """Of each parameter that has an interval (none on its bound), whether it holds the truth."""
    frame = result.frame
    held = (frame["lower95"] <= truth) & (truth <= frame["upper95"])
    pairs = zip(frame["parameter"], held, frame["on_bound"], strict=True)
    return {name: bool(hit) for name, hit, bound in pairs if not bound}


def share(hits, of):
    """A share and its Clopper-Pearson interval of 95 %."""
    found = stats.binomtest(hits, of).proportion_ci(0.95, "exact")
    return hits / of, found.low, found.high
