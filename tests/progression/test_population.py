"""Tumours computed from what acts on them against the model's own, and what a fit writes."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim import Model
from il15_sim.check import sync_models
from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir, models_dir
from il15_sim.model.parameters import ParameterTable
from il15_sim.model.variant import Variant
from il15_sim.progression import read_trials
from il15_sim.progression.drivers import Drivers, Population, before_fit, population, simulated
from il15_sim.progression.search import ProgressionFit, fit_progression
from il15_sim.progression.tumours import Effects, log_volumes
from il15_sim.progression.written import NAME, read_unmoved, write_fit

FITTED = ("tumour_growth", "sorafenib_growth_ic50", "temozolomide_tumour_kill")


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.fixture(scope="module")
def trials():
    """Two arms of few patients: one with both drugs, one without any."""
    found = read_trials(experiments_dir() / "data" / "progression")
    arms = {n: found.arms[n] for n in ("untreated", "amaravadi2009_b")}
    readings = tuple(r for r in found.readings if r.arm in arms)
    return replace(found, arms=arms, readings=readings, patients=16, starts=1)


@pytest.fixture(scope="module")
def patients(model, trials):
    return population(model, trials)


def expected(model, trials):
    """Values and spreads as they were expected before the fit."""
    values = {e.id: e.value.median for e in trials.estimates}
    spreads = {e.id: e.spread.median for e in trials.estimates}
    return Effects(values, spreads, model.values["sorafenib_growth_inhibition_max"], 0.0)


def test_what_acts_on_a_tumour_gives_the_volume_that_the_model_simulates(model, trials, patients):
    regimens = {name: arm.regimen for name, arm in trials.arms.items()}
    runs = simulated(before_fit(model, trials)[0], regimens, patients.table, patients.days)
    for name, (levels, _) in runs.items():
        log = log_volumes(patients.drivers[name], expected(model, trials), patients.z)
        # Weekly means of the free level stand for its course within the day.
        assert log == pytest.approx(np.log(levels[..., 0]), abs=0.03), name


def test_other_growth_is_that_of_a_simulation_with_it(model, trials, patients):
    effects = expected(model, trials)
    more = {**effects.values, "tumour_growth": 1.5 * effects.values["tumour_growth"]}
    table = patients.table.assign(tumour_growth=1.5 * patients.table["tumour_growth"])
    regimens = {name: arm.regimen for name, arm in trials.arms.items()}
    runs = simulated(before_fit(model, trials)[0], regimens, table, patients.days)
    for name, (levels, _) in runs.items():
        log = log_volumes(patients.drivers[name], replace(effects, values=more), patients.z)
        # Killing follows the subset, which a larger tumour changes a little.
        apart = np.abs(log - np.log(levels[..., 0]))
        # Half of a percent of a diameter in the usual patient and at the first visits.
        assert np.median(apart) < 0.015, name
        assert apart[:, 0].max() < 0.05, name


def test_patients_of_a_fit_do_not_depend_on_the_fit_before(model, trials, tmp_path):
    few = replace(trials, arms={"untreated": trials.arms["untreated"]}, patients=4)
    folder = tmp_path / "models"
    shutil.copytree(models_dir(), folder)
    write_fit(made_fit(trials), folder)
    sync_models(folder)
    other = Model.load(models_dir=folder)
    assert other.values["tumour_growth"] == 7e-4 != model.values["tumour_growth"]
    first, second = (population(m, few) for m in (model, other))
    pd.testing.assert_frame_equal(first.table, second.table)
    for name in FITTED:
        assert first.z[name] == pytest.approx(second.z[name])
    ours, theirs = (p.drivers["untreated"].killing_h for p in (first, second))
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_a_fit_finds_back_growth_that_made_its_readings(model, trials):
    # Shares of few patients are steps; these have nothing simulated behind them.
    rng, days = np.random.default_rng(5), np.array([56.0, 112, 168, 224])
    z = {name: rng.standard_normal(600) for name in FITTED}
    per_day = np.outer(np.exp(0.3 * rng.standard_normal(600)), days)
    none = Drivers(days, np.zeros((600, 32)), 0 * per_day, 4.0 * per_day)
    both = Drivers(days, np.full((600, 32), 18.0), 5.0 * per_day, 4.0 * per_day)
    drivers = {"untreated": none, "amaravadi2009_b": both}
    patients = Population(pd.DataFrame(), z, drivers, days)
    from il15_sim.progression.tumours import shares

    truth = Effects(
        {"tumour_growth": 1.1e-3, "sorafenib_growth_ic50": 26.0, "temozolomide_tumour_kill": 4e-4},
        {"tumour_growth": 0.5, "sorafenib_growth_ic50": 0.8, "temozolomide_tumour_kill": 0.7},
        model.values["sorafenib_growth_inhibition_max"],
        0.03,
    )
    first = next(r for r in trials.readings if r.id == "placebo_median")
    asked = tuple(replace(first, id=f"day {d}", day=float(d)) for d in (60, 120, 180, 240))
    asked += tuple(r for r in trials.readings if r.arm == "amaravadi2009_b")
    made = shares(asked, trials.arms, patients, truth, trials.visit_spread_d)
    readings = tuple(replace(r, share=float(s), n=1e4) for r, s in zip(asked, made, strict=True))
    told = replace(trials, readings=readings, most_patients=1e4)
    fit = fit_progression(model, told, patients=patients)
    assert fit.deviance < 2.0
    assert fit.effects.values["tumour_growth"] == pytest.approx(1.1e-3, rel=0.05)
    assert fit.effects.spreads["tumour_growth"] == pytest.approx(0.5, rel=0.1)


def made_fit(trials):
    rows = [
        {"unknown": name, "value": value, "lower95": value / 2, "upper95": 2 * value}
        for name, value in zip(FITTED, (7e-4, 20.0, 3e-4), strict=True)
    ]
    rows += [
        {
            "unknown": f"{name}: log SD between patients",
            "value": 0.5,
            "lower95": 0.4,
            "upper95": 0.6,
            "cv_percent": 53.3,
        }
        for name in FITTED
    ]
    rows.append({"unknown": "share read as responders", "value": 0.04, "lower95": 0, "upper95": 1})
    effects = Effects({}, {}, 0.7, 0.04)
    return ProgressionFit(trials, effects, 1.0, 2.0, pd.DataFrame(rows), np.array([]), None)


def test_values_are_written_into_the_variant_and_spreads_into_the_table(trials, tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(models_dir(), folder)
    before = ParameterTable.read(folder / "parameters.tsv")
    path = write_fit(made_fit(trials), folder)
    variant = Variant.read(path)
    assert variant.values() == {
        "tumour_growth": 7e-4,
        "tumour_growth_typical": 7e-4,
        "sorafenib_growth_ic50": 20.0,
        "temozolomide_tumour_kill": 3e-4,
    }
    table = ParameterTable.read(folder / "parameters.tsv")
    assert {table[name].iiv_cv_percent for name in FITTED} == {53.0}
    others = [p.id for p in before.parameters if p.id not in FITTED]
    assert all(replace(table[i], row=0) == replace(before[i], row=0) for i in others)
    assert read_unmoved(folder) == 0.04
    path.write_text(path.read_text("utf-8").replace("# share of", "# shares of"), "utf-8")
    with pytest.raises(InputError, match=f"{NAME}_fit.tsv: there is no line '# share of patients"):
        read_unmoved(folder)


def test_the_packaged_spreads_are_those_that_the_fit_found():
    table = ParameterTable.read(models_dir() / "parameters.tsv")
    for override in Variant.read(models_dir() / "variants" / f"{NAME}_fit.tsv").overrides:
        if override.id in FITTED:
            told = float(override.note.split("that is a CV of ")[1].split(" %")[0])
            assert table[override.id].iiv_cv_percent == told
