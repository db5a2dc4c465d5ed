"""What a fit of a table found: estimates with intervals, residuals, curves, profiles, a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError, unknown
from il15_sim.files.atomic import write_atomic
from il15_sim.files.record import versions
from il15_sim.fit.own.certainty import Certainty, certainty
from il15_sim.fit.own.estimated import Estimated
from il15_sim.fit.own.likelihood_profile import ON_BOUND, ParameterProfile, profile_of
from il15_sim.fit.own.misfit import Misfit
from il15_sim.fit.own.search import Search
from il15_sim.model import Model

if TYPE_CHECKING:
    import pandas as pd

#: Searches that end this near to the best one, in -2 ln likelihood, have found the same.
_SAME = 0.1


@dataclass(frozen=True, eq=False)
class TableFit:
    """A model fitted to a table; `print` shows it.

    Attributes
    ----------
    misfit : Misfit
        Readings, predictions and the size of their errors.
    best : Search
        The best of all searches.
    searches : tuple of Search
        All of them, failed ones included; the first began at the model's own values.
    seed : int
    """

    misfit: Misfit
    best: Search
    searches: tuple[Search, ...]
    seed: int

    @property
    def values(self) -> dict[str, float]:
        """Estimate of each parameter by id."""
        point = self.misfit.point(self.best.end)
        return {u.id: float(x) for u, x in zip(self._unknowns, point, strict=True)}

    @property
    def model(self) -> Model:
        """The model with the estimates.

        Raises
        ------
        InputError
            For compiled SBML, which has no values of its own: use `values`.
        """
        found = self.misfit.predictor.subject.model
        if found is None:
            raise InputError("a compiled SBML model takes no values", fix="use result.values")
        return found.with_values(self.values)

    @property
    def log_likelihood(self) -> float:
        """Natural log of the density of all readings."""
        return self.misfit.log_likelihood(self.misfit.at(self.best.end))

    @property
    def threshold(self) -> float:
        """Rise of -2 ln likelihood at the ends of a 95 % interval.

        3.84, the quantile of chi-squared; where the size of errors is estimated, the square of
        Student's t with as many degrees of freedom as readings exceed parameters.
        """
        from scipy.stats import t

        readings = self.misfit.predictor.readings
        freedom = math.inf
        if any(readings.spread_of):
            freedom = len(readings.value) - len(self._unknowns) - self.misfit.factors
        return float(t.ppf(0.975, freedom)) ** 2

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The estimates.

        `parameter, value, unit, lower95, upper95, lower_bound, upper_bound, on_bound,
        interval_on_bound, verdict, trades_off_with`. Intervals are those of Laplace's approximation
        on the scale of the search (the logarithm where the lower bound is positive), cut at the
        bounds. `verdict` is "identified", "not identified", or "on its bound": then there is no
        interval, and those of the others hold it fixed.
        """
        import pandas as pd

        share = self.best.end
        low, high = share < ON_BOUND, share > 1 - ON_BOUND
        sure = self._certainty
        rows = []
        for j, u in enumerate(self._unknowns):
            reach = math.sqrt(self.threshold) * float(sure.error[j])
            ends = np.clip([share[j] - reach, share[j] + reach], 0.0, 1.0)
            cut = [word for word, at in zip(("lower", "upper"), ends, strict=True) if at in (0, 1)]
            bound = "lower" if low[j] else "upper" if high[j] else ""
            lost = not bound and (math.isinf(reach) or len(cut) == 2)
            verdict = "on its bound" if bound else "not identified" if lost else "identified"
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
                    "verdict": verdict,
                    "trades_off_with": self._unknowns[partner].id if partner >= 0 else "",
                }
            )
        return pd.DataFrame(rows)

    @cached_property
    def residuals(self) -> pd.DataFrame:
        """One row per reading.

        `where, group, observable, time_h, value, unit, predicted, factor, residual, spread,
        likelihood`: `factor` is that of relative readings (1 where there is none) and part of
        `predicted`; `residual` is in units of `spread`, a log SD for log-normal errors.
        """
        import pandas as pd

        r, fitted = self.misfit.predictor.readings, self.misfit.at(self.best.end)
        return pd.DataFrame(
            {
                "where": r.where,
                "group": r.group,
                "observable": r.observable,
                "time_h": r.time_h,
                "value": r.value,
                "unit": r.unit,
                "predicted": fitted.predicted,
                "factor": fitted.factor,
                "residual": fitted.residual,
                "spread": self.misfit.spread,
                "likelihood": r.kind,
            }
        )

    @property
    def starts(self) -> pd.DataFrame:
        """All searches: `start, objective, evaluations, status`, where each began and ended."""
        import pandas as pd

        rows = []
        for i, one in enumerate(self.searches):
            told: dict[str, Any] = {"start": i, "objective": one.objective}
            told |= {"evaluations": one.evaluations, "status": one.status}
            for word, shares in (("begin", one.begin), ("end", one.end)):
                point = self.misfit.point(shares)
                told |= {f"{word}_{u.id}": x for u, x in zip(self._unknowns, point, strict=True)}
            rows.append(told)
        return pd.DataFrame(rows)

    def curves(self) -> pd.DataFrame:
        """Fitted curves of what was measured: `group, observable, time_h, predicted`."""
        predictor = self.misfit.predictor
        found = predictor.courses(self.misfit.point(self.best.end))
        rows = self.residuals.drop_duplicates(["group", "observable"])
        factors = rows[["group", "observable", "factor"]]
        found = found.merge(factors, on=["group", "observable"], how="left")
        found["predicted"] *= found.pop("factor")
        return found

    def profile(self, parameter: str) -> ParameterProfile:
        """The profile likelihood of one parameter; all others are fitted again at each point.

        The size of errors is held where the fit left it.

        Raises
        ------
        InputError
            For a parameter that was not estimated.
        """
        ids = [u.id for u in self._unknowns]
        if parameter not in ids:
            raise unknown("estimated parameter", parameter, ids)
        number = ids.index(parameter)
        error = float(self._certainty.error[number])
        return profile_of(self.misfit, self.best.end, number, error, self.threshold)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values; a number that is missing or infinite is None."""
        predictor = self.misfit.predictor
        return {
            "model": predictor.subject.name,
            "model_hash": predictor.subject.hash,
            "table": predictor.readings.source,
            "arms": {name: arm.to_dict() for name, arm in predictor.arms.items()},
            "scale": self.misfit.scale,
            "seed": self.seed,
            "versions": versions(),
            "log_likelihood": self.log_likelihood,
            "objective": self.best.objective,
            "threshold": self.threshold,
            "estimates": _records(self.frame),
            "residuals": _records(self.residuals),
            "starts": _records(self.starts),
        }

    def save(self, path: str | Path) -> Path:
        """Write `to_dict` as JSON, whole or not at all.

        Raises
        ------
        InputError
            When the file cannot be written.
        """
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"
        try:
            return write_atomic(path, text)
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=path) from None

    def __repr__(self) -> str:
        """Estimates, the size of errors, and what there is to say of them."""
        predictor = self.misfit.predictor
        r, done = predictor.readings, [s for s in self.searches if s.ok]
        least = min(s.objective for s in self.searches)
        # The searches may have been made with another size of errors than the best fit has.
        same = _SAME * (least / self.best.objective if any(r.spread_of) else 1.0)
        best = sum(s.objective <= least + same for s in done)
        count = len(self._unknowns)
        lines = [
            f"{predictor.subject.name} fitted to {r.source}: {len(r.value)} readings, "
            f"{count} parameter{'s' * (count > 1)}; {len(done)} of {len(self.searches)} searches "
            f"came to an end, {best} of them at the best fit"
        ]
        wide = max(len(u.id) for u in self._unknowns)
        for row in self.frame.to_dict("records"):
            told = f"  {row['parameter']:<{wide}}  {row['value']:.4g} {row['unit']}".rstrip()
            if not row["on_bound"]:
                told += f"  (95 %: {row['lower95']:.4g} to {row['upper95']:.4g})"
            lines.append("; ".join([told, *_flags(row)]))
        for key in dict.fromkeys(key for key in r.spread_of if key is not None):
            i = r.spread_of.index(key)
            size, kind = self.misfit.spread[i] * math.sqrt(r.n[i]), r.kind[i]
            name = "log SD" if kind == "log-normal" else "SD"
            lines.append(f"  errors of {key[0]}: {name} {size:.3g}, estimated from the residuals")
        if not self.best.ok:
            lines.append(f"  the best search {self.best.status}: start more of them")
        return "\n".join(lines)

    @property
    def _unknowns(self) -> tuple[Estimated, ...]:
        return self.misfit.predictor.unknowns

    @cached_property
    def _certainty(self) -> Certainty:
        share = self.best.end
        held = (share < ON_BOUND) | (share > 1 - ON_BOUND)
        return certainty(self.misfit.slopes(share), held)


def _flags(row: Mapping[Any, Any]) -> list[str]:
    flags = []
    if row["verdict"] == "not identified":
        flags.append("not identified")
    if row["on_bound"]:
        flags.append(f"on its {row['on_bound']} bound")
    if row["interval_on_bound"]:
        flags.append(f"interval ends on the {row['interval_on_bound']} bound")
    if row["trades_off_with"]:
        flags.append(f"trades off with {row['trades_off_with']}")
    return flags


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values."""
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
