"""What a fit found: estimates, cohort factors, predictions, starts; as tables and as files."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from il15_sim.errors import InputError
from il15_sim.parameters import Override, Variant

if TYPE_CHECKING:
    import pandas as pd

    from il15_sim.fit.optimise import Start
    from il15_sim.fit.problem import FitProblem

#: Digits of a shipped value: more would differ between processors.
DIGITS = 5


@dataclass(frozen=True, eq=False)
class FitResult:
    """The outcome of a fit.

    Attributes
    ----------
    problem : FitProblem
        What was fitted.
    objective : float
        Sum of squares at the end: minus twice the log posterior, up to a constant.
    omega : float
        Log SD between cohorts.
    starts : tuple of Start
        All searches, failed ones included, in the order of their numbers.
    estimates : DataFrame
        `parameter, value, unit, lower95, upper95, lower_bound, upper_bound, at_bound,
        prior_median, prior_fold, prior_source`; 95 % intervals by Laplace's approximation on the
        log scale, cut at the bounds, missing for a value at its bound.
    cohorts : DataFrame
        `experiment, study, dose_mg, rows, factor, lower95, upper95`.
    predictions : DataFrame
        One row per measurement, reported ones included: `study, experiment, dose_mg, observable,
        unit, time_h, time_start_h, time_model_h, measured, predicted_typical, factor, predicted,
        log_residual, log_residual_typical, log_sd, weight, used, statistic, n, dataset`.
        `predicted_typical` has factor 1; `time_model_h` is the time after the estimated shift.
    fold_errors : DataFrame
        `study, used, rows, gmfe, gmfe_factor_one`: geometric mean fold error with the cohort
        factors and with all of them at 1. Single patients are left out.
    """

    problem: FitProblem
    objective: float
    omega: float
    starts: tuple[Start, ...]
    estimates: pd.DataFrame
    cohorts: pd.DataFrame
    predictions: pd.DataFrame
    fold_errors: pd.DataFrame
    _curves: pd.DataFrame

    @property
    def reference_factor(self) -> float:
        """Exposure factor of the cohort that the packaged patient belongs to."""
        rows = self.cohorts[self.cohorts["experiment"] == self.problem.reference_experiment]
        return float(rows["factor"].iloc[0])

    @property
    def values(self) -> dict[str, float]:
        """Estimated value of every unknown by id."""
        return dict(zip(self.estimates["parameter"], self.estimates["value"], strict=True))

    def curves(self) -> pd.DataFrame:
        """Predicted curves for figures, at every hour and every time of a measurement.

        Columns `experiment, study, dose_mg, time_h, typical, factor, predicted`; the times of an
        arm end with its last measurement.
        """
        return self._curves.copy()

    def waterfall(self) -> pd.DataFrame:
        """Searches sorted by what they reached: `rank, start, objective, evaluations, status`."""
        import pandas as pd

        ordered = sorted(self.starts, key=lambda s: (s.objective, s.index))
        rows = [(i, s.index, s.objective, s.evaluations, s.status) for i, s in enumerate(ordered)]
        return pd.DataFrame(rows, columns=["rank", "start", "objective", "evaluations", "status"])

    def to_dict(self) -> dict[str, Any]:
        """Everything but the curves as plain values; a missing number is None."""
        problem = self.problem
        return {
            "fit": problem.name,
            "title": problem.title,
            "model": problem.model,
            "hash": problem.hash,
            "seed": problem.seed,
            "objective": self.objective,
            "omega": self.omega,
            "noise": {k: getattr(problem.noise, k) for k in problem.noise.__dataclass_fields__},
            "reference_experiment": problem.reference_experiment,
            "reference_factor": self.reference_factor,
            "estimates": _records(self.estimates),
            "cohorts": _records(self.cohorts),
            "fold_errors": _records(self.fold_errors),
            "starts": _records(self.waterfall()),
            "predictions": _records(self.predictions),
        }

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"

    def to_variant(self) -> Variant:
        """The estimates and the reference cohort's factor as a variant of the model.

        Time shifts belong to a figure and are left out.
        """
        problem = self.problem
        source = f"fit {problem.name}"
        rows = []
        for u, row in zip(problem.unknowns, self.estimates.to_dict("records"), strict=True):
            if u.experiment:
                continue
            note = f"95 % interval {row['lower95']:.3g}-{row['upper95']:.3g} {u.unit}"
            if row["at_bound"]:
                note = f"at its {row['at_bound']} bound"
            rows.append(Override(u.id, _rounded(row["value"]), source, note))
        arm = problem.reference_experiment
        factor = Override(
            problem.factor_parameter,
            _rounded(self.reference_factor),
            source,
            f"factor of the cohort {arm}; log SD between cohorts {self.omega:.3g}",
        )
        return Variant(f"{problem.name}_fit", (*rows, factor), self._provenance())

    def cohort_variants(self) -> tuple[Variant, ...]:
        """One variant per cohort at the reference cohort's dose, and one for the typical patient.

        They differ in the factor only; applied after the fit's own variant they replace its factor.
        """
        parameter, source = self.problem.factor_parameter, f"fit {self.problem.name}"
        cohorts = self.cohorts.set_index("experiment")
        dose = cohorts.loc[self.problem.reference_experiment, "dose_mg"]
        variants = [
            Variant(
                "cohort_typical",
                (Override(parameter, 1.0, source, "the middle of all cohorts"),),
                self._provenance(),
            )
        ]
        for experiment, row in cohorts[cohorts["dose_mg"] == dose].iterrows():
            if experiment == self.problem.reference_experiment:
                continue
            note = f"95 % interval {row['lower95']:.3g}-{row['upper95']:.3g}"
            override = Override(parameter, _rounded(row["factor"]), source, note)
            variants.append(Variant(f"cohort_{experiment}", (override,), self._provenance()))
        return tuple(variants)

    def _provenance(self) -> tuple[str, ...]:
        problem, done = self.problem, sum(s.ok for s in self.starts)
        return (
            "Written by a fit; not to be edited by hand.",
            f"fit: {problem.name} ({problem.title})",
            f"hash of inputs: {problem.hash}",
            f"seed: {problem.seed}; searches: {len(self.starts)}, {done} of them finished",
            f"objective: {self.objective:.4g}",
        )

    def write_variant(self, folder: str | Path | None = None) -> Path:
        """Write the variant, and those of the cohorts, into `models/variants` or another folder.

        Returns
        -------
        Path
            The fit's own variant; each file is written whole or not at all.

        Raises
        ------
        InputError
            When a file cannot be written.
        """
        from il15_sim.files.resources import models_dir

        base = models_dir() if self.problem.models_dir is None else self.problem.models_dir
        place = base / "variants" if folder is None else Path(folder)
        own = self.to_variant()
        for variant in (*self.cohort_variants(), own):
            target = place / f"{variant.name}.tsv"
            try:
                variant.write(target)
            except OSError as error:
                raise InputError(f"cannot be written: {error.strerror}", where=target) from None
        return place / f"{own.name}.tsv"


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if isinstance(value, int) else number
