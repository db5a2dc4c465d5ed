"""The tables of a fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from il15_sim.fit.quantities import QUANTITIES
from il15_sim.fit.verdicts import verdict_of

if TYPE_CHECKING:
    import pandas as pd

    from il15_sim.fit.result import Fit

Array = NDArray[np.float64]
_Z_975 = 1.959964


def estimates(fit: Fit) -> pd.DataFrame:
    """`Fit.frame`."""
    import pandas as pd

    unknowns, share, sure = fit.problem.unknowns, fit.best.end, fit.certainty
    rows = []
    for j, u in enumerate(unknowns):
        reach = math.sqrt(fit.threshold) * float(sure.error[j])
        ends = np.clip([share[j] - reach, share[j] + reach], 0.0, 1.0)
        cut = [word for word, at in zip(("lower", "upper"), ends, strict=True) if at in (0, 1)]
        bound = fit.bounds_met[j]
        verdict = verdict_of(j, unknowns, fit.certainty_of_rows, bound, tuple(cut))
        partner = int(sure.partner[j])
        rows.append(
            {
                "parameter": u.id,
                "value": float(u.value_at(share[j])),
                "unit": u.unit,
                "lower95": float(u.value_at(ends[0])),
                "upper95": float(u.value_at(ends[1])),
                "lower_bound": u.lower,
                "upper_bound": u.upper,
                "on_bound": bound,
                "interval_on_bound": "" if bound else " and ".join(cut),
                "verdict": verdict.verdict,
                "reason": verdict.reason,
                "trades_off_with": unknowns[partner].id if partner >= 0 else "",
                "prior": "" if u.prior is None else str(u.prior),
                "sets": "" if u.shifted_arm else u.parameter,
                "groups": ", ".join(u.groups),
            }
        )
    return pd.DataFrame(rows)


def correlation(fit: Fit) -> pd.DataFrame:
    """`Fit.correlation`."""
    import pandas as pd

    ids = [u.id for u in fit.problem.unknowns]
    slopes = fit.objective.slopes(fit.best.end)
    told = np.isfinite(fit.certainty.error)
    found = np.full((len(ids), len(ids)), np.nan)
    if told.any():
        inverse = np.linalg.pinv(slopes[:, told].T @ slopes[:, told], hermitian=True)
        size = np.sqrt(np.diag(inverse))
        found[np.ix_(told, told)] = inverse / np.outer(size, size)
    return pd.DataFrame(found, index=pd.Index(ids, name="parameter"), columns=ids)


def factors_of(fit: Fit) -> dict[str, tuple[float, float]]:
    """Every factor by its name, with its background."""
    fitted = fit.objective.at(fit.best.end)
    told = zip(fit.objective.rows.rows, fitted.factor, fitted.offset, strict=True)
    return {row.factor: (float(f), float(o)) for row, f, o in told if row.factor}


def residuals(fit: Fit) -> pd.DataFrame:
    """`Fit.residuals`."""
    import pandas as pd

    problem = fit.problem
    fitted = fit.objective.at(fit.best.end)
    own = {id(row): i for i, row in enumerate(fit.objective.rows.rows)}
    rest = [row for row in problem.rows.rows if id(row) not in own]
    typical_of_rest: dict[int, float] = {}
    if rest:
        every = problem.objective(every_row=True).predictor
        found, _ = every.predict(fit.objective.point(fit.best.end)[None])
        typical_of_rest = {
            id(r): float(x) for r, x in zip(problem.rows.rows, found[0], strict=True)
        }
    factors = factors_of(fit)
    sizes = dict(zip(fit.objective.rows.sizes, fit.objective.sizes.tolist(), strict=True))
    shifts = {u.shifted_arm: fit.values[u.id] for u in problem.unknowns if u.shifted_arm}
    rows = []
    for row in problem.rows.rows:
        i = own.get(id(row), -1)
        if i >= 0:
            typical, factor = float(fitted.typical[i]), float(fitted.factor[i])
            offset = float(fitted.offset[i])
            residual, spread = float(fitted.residual[i]), float(fit.objective.spread[i])
        else:
            typical = typical_of_rest[id(row)]
            # A factor that it shares with fitted rows, or that of its cohort; a new one is 1.
            shows = QUANTITIES[row.reads.quantity].factor_shows
            shared = row.factor or (row.arm if shows else "")
            factor, offset = factors.get(shared, (1.0, 0.0))
            spread = _spread(row) * (sizes.get(row.size, math.nan) if row.size else 1.0)
            residual = _residual(row, typical * factor + offset, spread)
        arm = problem.arms[row.arm]
        rows.append(
            {
                "where": row.where,
                "study": row.study,
                "arm": row.arm,
                "group": arm.group,
                "dose_mg": arm.dose_mg,
                "observable": row.observable,
                "model_observable": row.reads.first.observable,
                "quantity": row.reads.quantity,
                "unit": row.unit,
                "time_h": row.time_h,
                "start_h": row.start_h,
                "time_model_h": row.time_h - shifts.get(row.arm, 0.0),
                "measured": row.measured,
                "typical": typical,
                "factor": factor,
                "offset": offset,
                "predicted": typical * factor + offset,
                "residual": residual,
                "spread": spread,
                "likelihood": row.kind,
                "weight": row.weight,
                "used": row.used,
                "statistic": row.statistic,
                "n": row.n,
                "dataset": row.dataset,
            }
        )
    return pd.DataFrame(rows)


def _spread(row: Any) -> float:
    from il15_sim.fit.rows import Rows

    return float(Rows((row,), "").spread[0])


def _residual(row: Any, predicted: float, spread: float) -> float:
    from il15_sim.fit.rows import Rows

    one = Rows((row,), "")
    if not one.normal[0] or isinstance(row.measured, str):
        return math.nan
    if one.logarithmic[0]:
        return math.log(row.measured / predicted) / spread if predicted > 0 else math.nan
    return float(row.measured - predicted) / spread


def cohorts(fit: Fit) -> pd.DataFrame:
    """`Fit.cohorts`."""
    import pandas as pd

    errors, factors = fit.objective.factor_errors(), factors_of(fit)
    rows = []
    for name in fit.objective.rows.factors:
        own = [r for r in fit.objective.rows.rows if r.factor == name]
        arm = fit.problem.arms[own[0].arm]
        (factor, offset), error = factors[name], errors[name]
        if fit.objective.rows.logarithmic[fit.objective.rows.rows.index(own[0])]:
            ends = [factor * math.exp(sign * _Z_975 * error) for sign in (-1, 1)]
        else:
            ends = [math.nan, math.nan]
        rows.append((name, arm.study, arm.dose_mg, len(own), factor, *ends, offset))
    columns = ["factor_of", "study", "dose_mg", "rows", "factor", "lower95", "upper95", "offset"]
    return pd.DataFrame(rows, columns=columns)


def fold_errors(table: pd.DataFrame) -> pd.DataFrame:
    """`Fit.fold_errors`."""
    import pandas as pd

    numbers = pd.to_numeric(table["measured"], errors="coerce")
    good = (table["statistic"] != "individual") & (numbers > 0) & (table["predicted"] > 0)
    good &= table["likelihood"] != "binomial"  # a count beside a share
    means = table[good]
    plain = means["typical"] + means["offset"]
    folds = pd.DataFrame(
        {
            "gmfe": np.abs(np.log(numbers[good] / means["predicted"])),
            "gmfe_factor_one": np.abs(np.log(numbers[good] / plain.where(plain > 0))),
        }
    )
    rows = []
    groups = [((str(s), bool(u)), g.index) for (s, u), g in means.groupby(["study", "used"])]
    groups.append((("all", True), means.index[means["used"]]))
    for (study, used), index in groups:
        if len(index):
            mean = np.exp(folds.loc[index].mean())
            rows.append((study, used, len(index), *mean.tolist()))
    return pd.DataFrame(rows, columns=["study", "used", "rows", "gmfe", "gmfe_factor_one"])


def starts(fit: Fit) -> pd.DataFrame:
    """`Fit.starts`."""
    import pandas as pd

    rows = []
    for i, one in enumerate(fit.searches):
        told: dict[str, Any] = {"start": i, "objective": one.objective}
        told |= {"evaluations": one.evaluations, "status": one.status}
        for word, shares in (("begin", one.begin), ("end", one.end)):
            point = fit.objective.point(shares)
            pairs = zip(fit.problem.unknowns, point, strict=True)
            told |= {f"{word}_{u.id}": float(x) for u, x in pairs}
        rows.append(told)
    return pd.DataFrame(rows)


def curves(fit: Fit) -> pd.DataFrame:
    """`Fit.curves`."""
    problem = fit.problem
    predictor = problem.objective(every_row=True).predictor
    found, typical = predictor.courses(fit.objective.point(fit.best.end)[None])
    found["typical"] = typical[0]
    named: dict[tuple[str, str], set[str]] = {}
    for r in problem.rows.rows:
        if r.factor:
            named.setdefault((r.arm, r.reads.first.observable), set()).add(r.factor)
    # A curve that was read on several plates is on none of their scales.
    single = {key: min(names) for key, names in named.items() if len(names) == 1}
    factors = {**factors_of(fit), "": (1.0, 0.0)}
    keys = list(zip(found["arm"], found["observable"], strict=True))
    arms = [problem.arms[arm] for arm, _ in keys]
    found.insert(1, "study", [a.study for a in arms])
    found.insert(2, "dose_mg", [a.dose_mg for a in arms])
    both = np.array([factors.get(single.get(key, ""), (1.0, 0.0)) for key in keys])
    found["factor"] = both[:, 0]
    found["predicted"] = found["typical"] * both[:, 0] + both[:, 1]
    return found


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; a number that is missing or infinite is None."""
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
