"""Rows of a fit as observables and measurements of PEtab, as far as it has a formula for them."""

from __future__ import annotations

from dataclasses import dataclass, field

from il15_sim.exchange.petab_areas import Areas
from il15_sim.exchange.petab_experiments import as_id, number
from il15_sim.exchange.petab_sbml import SbmlText
from il15_sim.fit.likelihoods import likelihood
from il15_sim.fit.problem import Problem
from il15_sim.fit.quantities import Output
from il15_sim.fit.rows import Row


@dataclass(frozen=True)
class Observed:
    """What measurements are compared with.

    Attributes
    ----------
    formula : str
        Of the model, without a factor.
    factor : bool
        Whether each measurement names a factor on it.
    logarithmic : bool
        Whether errors are of the natural logarithm.
    size : str
        Parameter that their spread is counted in; empty for none.
    share : float
        Their spread in that size. It stands in the formula: AMICI takes a number that a
        measurement gives for the whole of the spread.
    """

    formula: str
    factor: bool
    logarithmic: bool
    size: str
    share: float = 1.0


@dataclass(frozen=True)
class Measured:
    """One measurement: the row, the observable it is of, and its spread where it has its own."""

    row: Row
    observable: str
    spread: str


@dataclass
class Observables:
    """The observables that rows need, and the rows themselves.

    Attributes
    ----------
    problem : Problem
    sbml : SbmlText
    areas : Areas
    measured : list of Measured
        What PEtab expresses.
    apart : list of Row
        What it does not.
    names : dict of Observed to str
    sizes, factors : dict
        Parameters of PEtab by the name of a size of errors, or of a factor.
    """

    problem: Problem
    sbml: SbmlText
    areas: Areas
    with_areas: bool = True
    measured: list[Measured] = field(default_factory=list)
    apart: list[Row] = field(default_factory=list)
    names: dict[Observed, str] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)
    factors: dict[str, str] = field(default_factory=dict)

    def take(self, row: Row, spread: float) -> None:
        """Sort in one row; `spread` is the SD of its errors, or its share of an unknown size."""
        formula = self._formula(row)
        scale = likelihood(row.kind).scale
        if formula is None or scale is None:
            self.apart.append(row)
            return
        if row.reads.times != 1.0:
            formula = f"{number(row.reads.times)} * {formula}"
        size = self._named(self.sizes, "error", row.size)
        self._named(self.factors, "factor", row.factor)
        share = spread if size else 1.0
        seen = Observed(formula, bool(row.factor), scale.logarithmic, size, share)
        if seen not in self.names:
            name = as_id(f"obs_{row.observable}", {*self.names.values()})
            self.names[seen] = self.sbml.free_name(name)
        told = "" if size else number(spread)
        self.measured.append(Measured(row, self.names[seen], told))

    def _named(self, known: dict[str, str], head: str, name: str) -> str:
        if not name:
            return ""
        if name not in known:
            told = as_id(f"{head}_{name}", known.values())
            known[name] = self.sbml.free_name(told)
        return known[name]

    def _formula(self, row: Row) -> str | None:
        reads = row.reads
        shifted = {u.shifted_arm for u in self.problem.unknowns if u.shifted_arm}
        if reads.quantity == "value":
            # Hours of a shifted arm depend on an unknown; those of PEtab are numbers.
            return None if row.arm in shifted else reads.first.observable
        if not self.with_areas:
            return None
        if reads.quantity == "area":
            return self.areas.state_for(reads.first)
        second = reads.second
        if (
            reads.quantity == "area_ratio"
            and second is not None
            and _ends_later(reads.first, second)
        ):
            below = self.areas.state_for(second, reads.first.time_h)
            return f"{self.areas.state_for(reads.first)} / {below}"
        return None

    def lines(self, version: int) -> list[tuple[str, ...]]:
        """The table of observables."""
        return [self._line(seen, name, version) for seen, name in self.names.items()]

    def _line(self, seen: Observed, name: str, version: int) -> tuple[str, ...]:
        factor, spread = f"observableParameter1_{name}", f"noiseParameter1_{name}"
        formula = f"{factor} * {seen.formula}" if seen.factor else seen.formula
        noise = spread
        if seen.size:
            times = f"{number(seen.share)} * " if seen.share != 1 else ""
            spread, noise = "", times + seen.size
        if version == 1:
            return name, formula, "log" if seen.logarithmic else "lin", noise, "normal"
        distribution = "log-normal" if seen.logarithmic else "normal"
        return name, formula, factor if seen.factor else "", noise, spread, distribution


def _ends_later(first: Output, second: Output) -> bool:
    return first.arm == second.arm and first.time_h > second.time_h
