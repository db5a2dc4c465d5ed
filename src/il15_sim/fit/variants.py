"""What a fit found as variants of the model: files that a model is loaded with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from il15_sim.errors import InputError
from il15_sim.files.result_name import plain_name
from il15_sim.fit.of_groups import group_values
from il15_sim.fit.treatments import groups_in
from il15_sim.fit.unknowns import Unknown
from il15_sim.model.variant import Override, Variant

if TYPE_CHECKING:
    from il15_sim.fit.result import Fit

#: Digits of a shipped value: more would differ between processors.
DIGITS = 5


def variant_of(fit: Fit) -> Variant:
    """The estimates, and the reference cohort's factor, as a variant of the model.

    Time shifts belong to a figure and are left out, estimates for some groups to these.
    """
    problem = fit.problem
    source = f"fit {problem.name}"
    rows = []
    for u, row in zip(problem.unknowns, fit.frame.to_dict("records"), strict=True):
        if not u.shifted_arm and not u.groups:
            rows.append(_estimate(u, row, source))
    if problem.factor_parameter:
        note = f"factor of the cohort {problem.reference_arm}; log SD between cohorts "
        rows_of_it = fit.cohorts["factor_of"] == problem.reference_arm
        factor = float(fit.cohorts["factor"][rows_of_it].iloc[0])
        note += f"{fit.omega:.3g}"
        rows.append(Override(problem.factor_parameter, _rounded(factor), source, note))
    return Variant(f"{problem.name}_fit", tuple(rows), _provenance(fit))


def group_variants(fit: Fit) -> tuple[Variant, ...]:
    """One variant per group of arms, where some estimate is for some of them only.

    It holds the estimates for the group and the values that its arms were given, and is applied
    after the fit's own variant.
    """
    problem, source = fit.problem, f"fit {fit.problem.name}"
    if not any(u.groups for u in problem.unknowns):
        return ()
    found = []
    for group in groups_in(problem.arms):
        own = group_values(fit, group)
        rows = {
            u.parameter: _estimate(u, row, source)
            for u, row in zip(problem.unknowns, fit.frame.to_dict("records"), strict=True)
            if group in u.groups and u.parameter in own
        }
        given = {k: Override(k, v, source, "given") for k, v in own.items() if k not in rows}
        if own:
            name, overrides = (
                f"{problem.name}_{plain_name(group)}",
                (*rows.values(), *given.values()),
            )
            found.append(Variant(name, overrides, (*_provenance(fit), f"group: {group}")))
    return tuple(found)


def _estimate(u: Unknown, row: Mapping[Any, Any], source: str) -> Override:
    note = f"95 % interval {row['lower95']:.3g}-{row['upper95']:.3g} {u.unit}"
    if row["on_bound"]:
        note = f"at its {row['on_bound']} bound"
    return Override(u.parameter, _rounded(row["value"]), source, note)


def cohort_variants(fit: Fit) -> tuple[Variant, ...]:
    """One variant per cohort at the reference cohort's dose, and one for the typical patient.

    They differ in the factor only; applied after the fit's own variant they replace its factor.
    """
    problem = fit.problem
    parameter, source = problem.factor_parameter, f"fit {problem.name}"
    if not parameter:
        return ()
    cohorts = fit.cohorts.set_index("factor_of")
    dose = cohorts.loc[problem.reference_arm, "dose_mg"]
    one = Override(parameter, 1.0, source, "the middle of all cohorts")
    variants = [Variant("cohort_typical", (one,), _provenance(fit))]
    for arm, row in cohorts[cohorts["dose_mg"] == dose].iterrows():
        if arm == problem.reference_arm:
            continue
        note = f"95 % interval {row['lower95']:.3g}-{row['upper95']:.3g}"
        override = Override(parameter, _rounded(row["factor"]), source, note)
        variants.append(Variant(f"cohort_{arm}", (override,), _provenance(fit)))
    return tuple(variants)


def write_variants(fit: Fit, folder: str | Path | None = None) -> Path:
    """Write the variant, and those of cohorts and groups, into `models/variants` or elsewhere.

    Returns
    -------
    Path
        The fit's own variant; each file is written whole or not at all.

    Raises
    ------
    InputError
        For compiled SBML, and when a file cannot be written.
    """
    model = fit.problem.subject.model
    if model is None:
        raise InputError("a compiled SBML model has no variants", fix="use result.save")
    place = model.models_dir / "variants" if folder is None else Path(folder)
    own = variant_of(fit)
    for variant in (*cohort_variants(fit), *group_variants(fit), own):
        target = place / f"{variant.name}.tsv"
        try:
            variant.write(target)
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=target) from None
    return place / f"{own.name}.tsv"


def _provenance(fit: Fit) -> tuple[str, ...]:
    problem, done = fit.problem, sum(s.ok for s in fit.searches)
    return (
        "Written by a fit; not to be edited by hand.",
        f"fit: {problem.name} ({problem.title})",
        f"hash of inputs: {problem.hash}",
        f"seed: {fit.seed}; searches: {len(fit.searches)}, {done} of them finished",
        f"objective: {fit.best.objective:.4g}",
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
