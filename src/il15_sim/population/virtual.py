"""Virtual patients: numbered people with covariates, parameters and a baseline of their own."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.model import Model
from il15_sim.population.baseline import untreated
from il15_sim.population.conditions import names_in, truth_of
from il15_sim.population.correlations import Pairs
from il15_sim.population.drawing import Drawing, drawing_of
from il15_sim.population.targets import Target, checked_targets
from il15_sim.population.tilting import kish, weights_for
from il15_sim.population.variability import Vary

Array = NDArray[np.float64]
_WHERE = "population"
#: More patients than this are a slip.
_MOST = 10_000_000
#: Far more seeds than anybody tries.
MOST_SEED = 2**63


@dataclass(frozen=True, eq=False)
class Population:
    """Virtual patients of a model.

    Patient i of a seed is one person: the same alone, in a batch, on any machine and in a larger
    population. Every parameter and covariate has its own stream of normal numbers, by its name, so
    that one more parameter changes nobody else's.

    Parameters are log-normal around the model's values with the CVs of `models/parameters.tsv`,
    correlated by `models/correlations.tsv`; covariates are drawn by `models/covariates.tsv` and set
    or scale parameters by `models/covariate_effects.tsv`.

    Attributes
    ----------
    model : Model
        Its values are those of the typical patient.
    n : int
        How many patients are drawn.
    seed : int
        Of their numbers.
    first : int
        Number of the first patient.
    vary : ids, or mapping of id to CV in percent, optional
        Default: all that the tables say. Ids alone have the tables' variability, covariates
        included; an id with a CV has that one and nothing else.
    correlations : mapping of pair of ids to correlation, optional
        Instead of the table's; `{}` for none.
    steps : tuple of str
        What was done to the population since: selections and weights, each with its reason.

    Examples
    --------
    >>> from il15_sim import Model, Population
    >>> population = Population(Model.load(), n=200, seed=1)
    >>> len(population.parameters), [*population.covariates][:2]
    (200, ['sex', 'age_years'])
    >>> alone = Population(Model.load(), n=1, seed=1, first=7)
    >>> bool((alone.parameters.loc[7] == population.parameters.loc[7]).all())
    True
    """

    model: Model
    n: int = 1000
    seed: int = 1
    first: int = 0
    vary: Vary = None
    correlations: Pairs | None = None
    steps: tuple[str, ...] = ()
    _kept: tuple[int, ...] | None = field(default=None, repr=False)
    _weights: tuple[float, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not isinstance(self.model, Model):
            why = "a population is drawn by the tables of a model of this package"
            raise InputError(f"{self.model!r:.40} is no Model", where=_WHERE, why=why)
        for what, least, most in (("n", 1, _MOST), ("seed", 0, MOST_SEED), ("first", 0, _MOST)):
            number = getattr(self, what)
            if isinstance(number, bool) or not isinstance(number, int | np.integer):
                raise InputError(f"{what} {number!r:.40} is no whole number", where=_WHERE)
            if not least <= number <= most:
                why = f"it is {least} to {most}"
                raise InputError(f"{what} {number}", where=_WHERE, why=why)
        _ = self._drawing

    @cached_property
    def _drawing(self) -> Drawing:
        return drawing_of(self.model, self.vary, self.correlations)

    @cached_property
    def numbers(self) -> NDArray[np.intp]:
        """Numbers of the patients, shape (N,), increasing."""
        if self._kept is not None:
            return np.array(self._kept, np.intp)
        return np.arange(self.first, self.first + self.n, dtype=np.intp)

    @cached_property
    def _drawn(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return self._drawing.draw(int(self.seed), self.numbers)

    @property
    def covariates(self) -> pd.DataFrame:
        """Sex, age, height, weight and body surface, one row per patient; units in the names."""
        return self._drawn[0].copy()

    @property
    def parameters(self) -> pd.DataFrame:
        """Every parameter that varies, one row per patient: what `simulate` takes."""
        return self._drawn[1].copy()

    @cached_property
    def baseline(self) -> pd.DataFrame:
        """Biomarkers before treatment, one row per patient; simulated when first asked for.

        Each patient is at its own untreated steady state. `doubling_days` is the doubling time of
        the tumour's volume, growth net of killing. `status` is `"ok"`, or why there is no steady
        state: such a patient's numbers are NaN, and a warning counts them.
        """
        table = untreated(self.model, self._drawn[1], progress=None)
        if bad := int((table["status"] != "ok").sum()):
            text = f"{bad} of {len(table)} patients have no untreated steady state: see .failures"
            warnings.warn(text, stacklevel=2)
        return table

    @property
    def failures(self) -> pd.Series[str]:
        """Why patients have no baseline, by patient number."""
        status = self.baseline["status"]
        return status[status != "ok"]

    @property
    def weights(self) -> pd.Series[float]:
        """Weight of every patient, adding up to one."""
        index = pd.Index(self.numbers, name="patient")
        if self._weights is None:
            return pd.Series(1.0 / len(self), index, name="weight")
        return pd.Series(self._weights, index, name="weight")

    @property
    def effective_n(self) -> float:
        """How many patients of equal weight tell as much (Kish): 1 over the sum of squares."""
        return kish(np.asarray(self.weights, np.float64))

    def __len__(self) -> int:
        """Number of patients."""
        return len(self.numbers)

    def __getitem__(self, part: slice) -> Population:
        """Some of the patients by position, such as `population[:100]`."""
        if not isinstance(part, slice):
            fix = f"population[{part!r:.20}:...], or population.patient(number)"
            raise InputError(f"population[{part!r:.20}] is no slice", where=_WHERE, fix=fix)
        return self._taken(np.arange(len(self))[part], ())

    def patient(self, number: int) -> Population:
        """One patient by number, as a population of one."""
        at = np.flatnonzero(self.numbers == number)
        if not at.size:
            why = f"there are {len(self)}, from {self.numbers[0]} to {self.numbers[-1]}"
            raise InputError(f"no patient {number!r:.20}", where=_WHERE, why=why)
        return self._taken(at, ())

    def table(self, *names: str) -> pd.DataFrame:
        """Covariates, parameters and biomarkers by name, one row per patient.

        Without names: all of them. Biomarkers are simulated only where they are asked for.
        """
        covariates, parameters = self._drawn
        drawn = pd.concat([covariates, parameters], axis=1)
        if names and set(names) <= set(drawn):
            return drawn[list(names)].copy()
        everything = pd.concat([drawn, self.baseline], axis=1)
        for name in names:
            if name not in everything:
                raise unknown("covariate, parameter or biomarker", str(name), map(str, everything))
        return everything[list(names)] if names else everything

    def truth(self, condition: str) -> NDArray[np.bool_]:
        """Of every patient whether a condition holds, shape (N,); never for a failed patient.

        Parameters
        ----------
        condition : str
            Of covariates, parameters and biomarkers, as `DataFrame.query` reads it:
            `"age_years < 70 and doubling_days > 20"`.
        """
        names = names_in(condition)
        table = self.table(*names)
        found = truth_of(condition, table)
        if {*names} <= {*self._drawn[0], *self._drawn[1], "status"}:
            return found
        # What is not known of a patient is not true.
        return found & (self.baseline["status"] == "ok").to_numpy()

    def select(self, which: str | ArrayLike, why: str) -> Population:
        """The patients who are eligible; each keeps number, draws and relative weight.

        Parameters
        ----------
        which : str, or array of bool, shape (N,)
            A condition, or who stays.
        why : str
            The reason, which `steps` keeps.

        Examples
        --------
        >>> from il15_sim import Model, Population
        >>> population = Population(Model.load(), n=100, seed=1)
        >>> adults = population.select("age_years < 70", "the trial's limit of age")
        >>> adults.steps[0].startswith("the trial's limit of age: kept ")
        True
        """
        if not isinstance(why, str) or not why.strip():
            raise InputError("a selection without a reason", where=_WHERE, fix="say why")
        if isinstance(which, str):
            mask = self.truth(which)
        else:
            mask = np.asarray(which)
            if mask.dtype != bool or mask.shape != (len(self),):
                told = f"a selection of shape {mask.shape} and type {mask.dtype}"
                raise InputError(told, where=_WHERE, why=f"give {len(self)} of True and False")
        if not mask.any():
            raise InputError(f"nobody is left: {why}", where=_WHERE, fix="widen the condition")
        told = f"{why}: kept {int(mask.sum())} of {len(self)}"
        return self._taken(np.flatnonzero(mask), (told,))

    def weighted(self, targets: Target | Sequence[Target], why: str = "") -> Population:
        """The same patients, weighted so that they show published summaries.

        The weights are the most even ones that meet the targets; `effective_n` tells how many
        patients they are worth. A patient without baseline weighs nothing where a target is a
        biomarker. Weights replace no biology: what they move is said by `steps`.

        Parameters
        ----------
        targets : Target or sequence of Target
        why : str
            Where the targets come from, kept in `steps`.

        Raises
        ------
        InputError
            For targets outside what the patients span, that cannot be met together, or that leave
            fewer than 30 patients' worth or a tenth of them.

        Examples
        --------
        >>> from il15_sim import Model, Population
        >>> from il15_sim.population import Target
        >>> population = Population(Model.load(), n=400, seed=1)
        >>> older = population.weighted(Target.mean("age_years", 62))
        >>> round(float((older.weights * older.covariates["age_years"]).sum()), 6)
        62.0
        """
        asked = checked_targets(targets)
        weights = weights_for(self, asked)
        told = f"{why or 'weighted'}: {', '.join(map(str, asked))}"
        told += f" (worth {kish(weights):.4g} of {len(self)})"
        new = replace(self, steps=(*self.steps, told), _weights=tuple(weights.tolist()))
        return self._with(new, slice(None))

    def _taken(self, at: NDArray[np.intp], steps: tuple[str, ...]) -> Population:
        if not at.size:
            raise InputError("no patients", where=_WHERE, why=f"there are {len(self)}")
        weights = None
        if self._weights is not None:
            own = self.weights.to_numpy()[at]
            weights = tuple((own / own.sum()).tolist())
        kept = tuple(self.numbers[at].tolist())
        new = replace(self, steps=(*self.steps, *steps), _kept=kept, _weights=weights)
        return self._with(new, at)

    def _with(self, new: Population, at: Any) -> Population:
        """Hand on what is known of the patients already."""
        if "baseline" in self.__dict__:
            new.__dict__["baseline"] = self.baseline.iloc[at]
        return new

    def __repr__(self) -> str:
        """How many, of what, and what was done."""
        told = [f"{len(self)} virtual patients of {self.model.name}, seed {self.seed}"]
        if self._weights is not None:
            told.append(f"worth {math.floor(self.effective_n)} of equal weight")
        return "\n  ".join([", ".join(told), *self.steps])
