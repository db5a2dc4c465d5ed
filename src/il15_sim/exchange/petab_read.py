"""A PEtab problem as a fit: its SBML is compiled, its experiments are arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from il15_sim.batch.equations.time_unit import TimeUnit, chosen_unit, time_unit_of
from il15_sim.batch.kernel import Kernel
from il15_sim.errors import InputError, unknown
from il15_sim.exchange.petab_amounts import as_amounts, sizes_of
from il15_sim.exchange.petab_arms import Experiments
from il15_sim.exchange.petab_extension import read_rows
from il15_sim.exchange.petab_measured import Measurements
from il15_sim.exchange.petab_parameters import Declared, fixed_values, read_parameters
from il15_sim.exchange.petab_sbml import SbmlText
from il15_sim.exchange.petab_tables import Tables
from il15_sim.fit.problem import Problem
from il15_sim.fit.rows import Rows
from il15_sim.fit.treatments import Arm
from il15_sim.fit.unknowns import Unknown, time_shift
from il15_sim.model.sbml import set_sbml_quantities
from il15_sim.simulation.subject import Subject, subject_of


def read_petab(path: str | Path, *, time_unit: str | None = None) -> Problem:
    """Read a PEtab problem of version 1 or 2.

    Formulas of observables become quantities of the model. Errors may be a number, a parameter or
    a multiple of one, on a linear or a log scale; such a parameter is a size of errors, estimated
    from the residuals without bounds.

    Parameters
    ----------
    path : path
        The YAML file.
    time_unit : str, optional
        The unit of its times, where the SBML does not say: `"s"`, `"min"`, `"h"`, `"d"`, `"wk"`.

    Returns
    -------
    Problem

    Raises
    ------
    InputError
        In one line with file and row, for what cannot be read and for what is not supported:
        several models, mapping tables, other extensions, time inf beside others, conditions that
        are no sums, Laplace errors, noise formulas of several parameters.

    Examples
    --------
    >>> import tempfile
    >>> from il15_sim.exchange import read_petab, write_petab
    >>> from il15_sim.files.resources import experiments_dir
    >>> from il15_sim.fit import read_fit
    >>> shipped = read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     problem = read_petab(write_petab(shipped, Path(place) / "petab").path)
    >>> len(problem.unknowns), problem.factors
    (8, 'random')
    """
    tables = Tables.read(path)
    declared = read_parameters(tables.parameters, tables.version)
    sbml = SbmlText(tables.sbml, str(tables.path))
    fixed = fixed_values(declared)
    known = {name: value for name, value in fixed.items() if not sbml.has(name)}
    told = tables.extension.get("factors") or {}
    factors = {id_: name for name, id_ in (told.get("ids") or {}).items()}
    sizes = {id_: name for name, id_ in (tables.extension.get("sizes") or {}).items()}
    name = tables.path.stem if tables.path.stem != "problem" else tables.path.resolve().parent.name
    unit = _unit(tables, name, time_unit)
    experiments = Experiments(tables, sbml, declared, known)
    groups: Mapping[str, str] = tables.extension.get("groups") or {}
    arms = {
        arm: replace(a, group=groups[arm] if groups.get(arm, arm) != arm else "")
        for arm, a in experiments.arms(unit).items()
    }
    measurements = Measurements(experiments, factors, sizes)
    rows = measurements.rows(unit, arms)
    unknowns = _unknowns(declared, experiments, {*factors, *measurements.sizes}, groups)
    kernel = _compiled(experiments, name, time_unit)
    subject = subject_of(kernel)
    estimated = {u.parameter for u in unknowns}
    own = sizes_of(subject, sbml, arms.values(), estimated, str(tables.path))
    arms = {arm: replace(a, changes=as_amounts(a.changes, own)) for arm, a in arms.items()}
    if extra := tables.extension.get("rows"):
        place = tables.path.parent / str(extra)
        rows += read_rows(place, subject.quantities, arms)
    for shift in tables.extension.get("time_shifts") or ():
        ends = (float(shift[key]) for key in ("lower", "start", "upper"))
        unknowns.append(time_shift(shift["experiment"], *ends))
    used = {o.arm for row in rows for o in row.reads.outputs}
    _check(unknowns, arms, subject, tables)
    kind: Literal["random", "free"] = "random" if told.get("kind") == "random" else "free"
    return Problem(
        name,
        subject,
        {arm: given for arm, given in arms.items() if arm in used},
        Rows(tuple(rows), str(tables.path)),
        tuple(unknowns),
        title=f"PEtab problem {name}",
        factors=kind,
        omega=float(told.get("omega", 0.35)),
        inputs={**tables.texts, "time unit": str(unit)},
    )


def _unit(tables: Tables, name: str, asked: str | None) -> TimeUnit:
    import libsbml

    own = time_unit_of(libsbml.readSBMLFromString(tables.sbml).getModel())
    found = chosen_unit(own, asked, name)
    if found is None:
        raise InputError(
            f"model '{name}' has no unit of time",
            where=tables.path,
            why="its SBML does not say in what it counts",
            fix='name it, as in read_petab(path, time_unit="min")',
        )
    return found


def _unknowns(
    declared: Mapping[str, Declared],
    experiments: Experiments,
    others: set[str],
    groups: Mapping[str, str],
) -> list[Unknown]:
    found = []
    ids = experiments.tables.extension.get("estimates") or {}
    for d in declared.values():
        if not d.estimated or d.id in others:
            continue
        if d.id in experiments.owned:
            target, arms = experiments.owned[d.id]
            own = tuple(dict.fromkeys(groups.get(arm, arm) for arm in arms))
            name, told = str(ids.get(d.id, d.id)), (d.start, d.lower, d.upper, "", d.prior)
            target = target if target != name else ""
            found.append(Unknown(name, *told, target=target, groups=own))
            continue
        name = experiments.renamed.get(d.id, d.id)
        if not experiments.sbml.has(name):
            what = f"'{d.id}' is estimated"
            raise InputError(what, where=d.where, why="neither model nor formulas have it")
        found.append(Unknown(name, d.start, d.lower, d.upper, "", d.prior))
    return found


def _compiled(experiments: Experiments, name: str, time_unit: str | None) -> Kernel:
    sbml, told = experiments.sbml, {}
    for d in experiments.declared.values():
        target = experiments.renamed.get(d.id, d.id)
        if sbml.has(target) and not sbml.varies(target):
            told[target] = d.start
    text = set_sbml_quantities(sbml.text, told)
    try:
        return Kernel(text, name=name, time_unit=time_unit, rests=experiments.rests)
    except InputError as error:
        raise error.at(experiments.tables.path) from None


def _check(
    unknowns: Sequence[Unknown], arms: Mapping[str, Arm], subject: Subject, tables: Tables
) -> None:
    for u in unknowns:
        if not u.shifted_arm and u.parameter not in subject.constants:
            raise unknown("parameter", u.parameter, subject.constants, tables.path)
        if u.shifted_arm and u.shifted_arm not in arms:
            raise unknown("experiment", u.shifted_arm, arms, tables.path)
    for name, arm in arms.items():
        where = f"{tables.path}: experiment '{name}'"
        for target in arm.values:
            if target not in subject.constants:
                raise unknown("parameter", target, subject.constants, where)
        for change in arm.changes:
            if change.target not in {*subject.states, *subject.constants}:
                what = f"'{change.target}' cannot be changed"
                raise InputError(what, where=where, why="it is no state and no parameter")
