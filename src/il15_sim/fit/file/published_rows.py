"""Published measurements as rows of a fit: every one log-normal, with a factor per cohort."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from il15_sim.data import Experiment, MeasuredQuantity, Measurement, Study
from il15_sim.errors import InputError
from il15_sim.fit.file.noise import NoiseModel, row_log_sd
from il15_sim.fit.quantities import QUANTITIES, Asked
from il15_sim.fit.rows import Row
from il15_sim.fit.treatments import Arm
from il15_sim.model import Model
from il15_sim.regimen import Regimen


def arms_of(studies: Iterable[Study], model: Model) -> dict[str, Arm]:
    """The arms of studies by id.

    Raises
    ------
    InputError
        For an id that two studies share, a regimen that does not read, an unknown parameter.
    """
    found: dict[str, Arm] = {}
    for study in studies:
        for experiment in study.experiments.values():
            if experiment.id in found:
                raise InputError(f"two studies share the experiment '{experiment.id}'")
            found[experiment.id] = _arm(experiment, model)
    return found


def _arm(experiment: Experiment, model: Model) -> Arm:
    where = f"{experiment.study}: {experiment.id}"
    try:
        regimen = Regimen.parse(experiment.regimen)
    except InputError as error:
        raise error.at(where) from None
    return Arm(regimen, model.check_values(experiment.overrides, where), (), experiment.study)


def rows_of(
    studies: Iterable[Study],
    quantities: Mapping[str, MeasuredQuantity],
    model: Model,
    noise: NoiseModel,
    cohorts: bool,
) -> tuple[Row, ...]:
    """The rows of studies; with `cohorts`, those in which an exposure factor shows have one."""
    chosen = tuple(studies)
    for m in [quantities[k] for k in {m.observable: "" for s in chosen for m in s.measurements}]:
        if m.source not in model.observables:
            told = f"model '{model.name}' has no observable '{m.source}'"
            raise InputError(told, where=f"observables.tsv: {m.id}")
    return tuple(
        _row(m, quantities[m.observable], noise, cohorts)
        for study in chosen
        for m in study.measurements
    )


def _row(m: Measurement, measured: MeasuredQuantity, noise: NoiseModel, cohorts: bool) -> Row:
    quantity = QUANTITIES[measured.quantity]
    other = None
    if m.reference is not None:
        other = (m.reference.experiment, m.reference.start_h, m.reference.end_h)
    asked = Asked(measured.source, m.experiment, m.time_h, m.time_start_h or 0.0, other)
    is_area = measured.quantity in ("area", "area_ratio")
    used = m.used == "fit"
    return Row(
        where=m.where,
        observable=m.observable,
        reads=quantity.reads(asked, m.factor),
        measured=m.value,
        unit=m.unit,
        kind="log-normal",
        known={"log_sd": row_log_sd(m, noise, is_area)},
        factor=m.experiment if cohorts and used and quantity.factor_shows else "",
        weight=m.weight,
        used=used,
        study=m.study,
        dataset=m.dataset,
        statistic=m.statistic,
        n=m.n or 1,
    )
