"""`fit_table` finds the parameters that made a table: of plasma levels, and of cells in a dish."""

import json

import numpy as np
import pandas as pd
import pytest

from il15_sim import Change, InputError, Model, Regimen, simulate
from il15_sim.fit import fit_table
from il15_sim.fit.estimates import read_unknowns
from il15_sim.fit.predictor import Predictor
from il15_sim.fit.rows import Rows
from il15_sim.fit.tables.cells import Table
from il15_sim.fit.tables.groups import groups_of
from il15_sim.fit.tables.readings import Reader
from il15_sim.fit.treatments import read_arms
from il15_sim.simulation.subject import subject_of
from tests.made import own_tables

LEVEL, SIGNAL = "sorafenib_total_mg_per_L", "pstat5_cd4"
PLASMA = {"sorafenib_clearance": 3.0, "sorafenib_volume": 150.0}
ARMS = {
    "single": Regimen.parse("sorafenib 400 mg at 0 h"),
    "twice": Regimen.parse("sorafenib 200 mg bid x 2 d"),
}
CELL = {"pstat5_half_signal": 8.0, "desensitisation_max": 1.5, "pstat5_turnover": 6.0}
LIGAND = {"low": 30.0, "middle": 300.0, "high": 3000.0}


@pytest.fixture(scope="module")
def plasma():
    """Levels by the reference engine, of two arms."""
    model = Model.load("sorafenib_pk")
    runs = simulate(
        model.with_values(PLASMA), ARMS, times_h=[2, 6, 12, 24, 36, 48], sample="pre",
        observables=[LEVEL], engine="reference", rtol=1e-8,
    )  # fmt: skip
    table = runs.to_frame().rename(columns={"run": "group"})
    return model, table[["time_h", "observable", "value", "unit", "group"]]


@pytest.fixture(scope="module")
def dish():
    """pSTAT5 by the reference engine, from the untreated state of these very cells."""
    model, rows = Model.load("cd4_signalling"), []
    times = np.array([0.1, 0.25, 0.5, 1.0, 2.0, 4.0])
    for group, dose in LIGAND.items():
        runs = simulate(
            model.with_values(CELL), times_h=times, observables=[SIGNAL], engine="reference",
            changes=Change(0, "il15_soluble", dose, sets=True), rtol=1e-8,
        )  # fmt: skip
        rows += [
            (t * 60, SIGNAL, v, group) for t, v in zip(times, runs.get(0, SIGNAL), strict=True)
        ]
    table = pd.DataFrame(rows, columns=["time_min", "observable", "value", "group"])
    return model, table, {group: {"il15_soluble": dose} for group, dose in LIGAND.items()}


def noisy(table, size=0.1, seed=1):
    noise = np.random.default_rng(seed).normal(size=len(table))
    return table.assign(value=table["value"] * np.exp(size * noise))


def test_plasma_without_noise_gives_the_truth(plasma):
    model, table = plasma
    # The priors of the table would draw the estimates away from the truth.
    result = fit_table(
        model,
        table.assign(error=0.1 * table["value"]),
        [*PLASMA],
        arms=ARMS,
        priors=dict.fromkeys(PLASMA),
        starts=4,
    )
    assert result.values == pytest.approx(PLASMA, rel=1e-4)
    assert result.best.objective < 1e-6
    assert (result.starts["status"] == "converged").all()
    assert result.model.values["sorafenib_volume"] == result.values["sorafenib_volume"]


def test_noisy_plasma_gives_intervals_around_the_truth(plasma):
    model, table = plasma
    result = fit_table(model, noisy(table), [*PLASMA], arms=ARMS, starts=2)
    frame = result.frame
    right = frame["parameter"].map(PLASMA)
    assert (frame["lower95"] < right).all()
    assert (right < frame["upper95"]).all()
    assert (frame["verdict"] == "identified").all()
    assert result.residuals["spread"].iloc[0] == pytest.approx(0.1, rel=0.5)
    # Nearly a parabola here: both kinds of intervals agree.
    profile = result.profile("sorafenib_volume")
    row = frame.set_index("parameter").loc["sorafenib_volume"]
    assert profile.lower95 == pytest.approx(row["lower95"], rel=0.03)
    assert profile.upper95 == pytest.approx(row["upper95"], rel=0.03)


def test_a_dish_without_noise_gives_the_truth(dish):
    model, table, arms = dish
    result = fit_table(model, table.assign(error=0.05), [*CELL], arms=arms, starts=2)
    assert result.values == pytest.approx(CELL, rel=1e-3)
    curves = result.curves()
    assert set(curves["arm"]) == set(LIGAND)
    assert curves["time_h"].max() == 4.0
    assert (curves[curves["time_h"] == 0]["predicted"].abs() < 1e-9).all()


def test_a_dish_in_relative_units_gives_the_truth(dish):
    model, table, arms = dish
    bright = table.assign(value=1234.0 * table["value"], unit="MFI")
    result = fit_table(
        model, bright.assign(error=0.05 * bright["value"]), [*CELL], arms=arms,
        scale="observable", starts=1,
    )  # fmt: skip
    assert result.values == pytest.approx(CELL, rel=1e-2)
    assert result.residuals["factor"].to_numpy() == pytest.approx(1234.0, rel=1e-2)


def test_parameters_of_a_group_hold_from_before_the_start(dish):
    # More receptors in one group: its untreated state has them at 0 h already.
    model = dish[0]
    given = {"receptor_B_number": 600.0}
    data = pd.DataFrame({"time_h": [1e-6], "observable": ["receptor_B"], "value": [600.0]})
    subject = subject_of(model)
    rows = Rows(Reader(subject, "normal").rows(Table.of(data)), "data")
    arms = read_arms([given, {"il15_soluble": 100.0}], subject, groups_of(rows.rows), "data")
    assert arms[""].values == given
    assert arms[""].changes == (Change(0.0, "il15_soluble", 100.0, sets=True),)
    unknowns = read_unknowns("pstat5_turnover", {}, subject, arms)
    found = Predictor(subject, rows, arms, unknowns).predict(np.array([[4.0]]))[0][0]
    assert found == pytest.approx([600.0], rel=1e-4)


def test_slopes_are_those_of_a_small_difference(dish):
    model, table, arms_ = dish
    subject = subject_of(model)
    rows = Rows(Reader(subject).rows(Table.of(table)), "data")
    arms = read_arms(arms_, subject, groups_of(rows.rows), "data")
    predictor = Predictor(subject, rows, arms, read_unknowns([*CELL], {}, subject, arms))
    at = np.array([*CELL.values()])
    slopes = predictor.slopes(at)[1]
    for j, x in enumerate(at):
        step = np.zeros(3)
        step[j] = 1e-2 * x
        ends = [predictor.predict((at + sign * step)[None])[0][0] for sign in (1, -1)]
        right = (ends[0] - ends[1]) / (2 * step[j])
        assert slopes[:, j] == pytest.approx(right, abs=2e-3 * np.abs(right).max())


def test_a_fit_is_saved_as_plain_json(plasma, tmp_path):
    model, table = plasma
    result = fit_table(model, noisy(table), "sorafenib_clearance", arms=ARMS, starts=1)
    told = json.loads(result.save(tmp_path / "out" / "fit.json").read_text(encoding="utf-8"))
    assert told["model"] == "sorafenib_pk"
    assert told["estimates"][0]["value"] == result.values["sorafenib_clearance"]
    assert told["arms"]["single"]["regimen"] == str(ARMS["single"])
    assert told["arms"]["single"]["changes"] == []
    assert len(told["residuals"]) == len(table)
    assert told["log_likelihood"] == result.log_likelihood


def test_a_fit_tells_what_it_found(plasma):
    model, table = plasma
    result = fit_table(model, noisy(table), [*PLASMA], arms=ARMS, starts=2)
    # A notebook shows the same.
    assert repr(result) == str(result)
    lines = str(result).splitlines()
    assert lines[0].startswith("sorafenib_pk fitted to data: 12 readings, 2 parameters; 2 of 2 ")
    assert "sorafenib_clearance  " in lines[1]
    assert " L/h  (95 %: " in lines[1]
    assert lines[-1].startswith(f"  errors of {LEVEL}: log SD 0.")
    profile = result.profile("sorafenib_volume")
    told = f"sorafenib_volume = {result.values['sorafenib_volume']:.4g} L, 95 % interval "
    assert repr(profile) == f"{told}{profile.lower95:.4g} to {profile.upper95:.4g}"


def test_compiled_sbml_has_values_and_no_model():
    result = fit_table(
        own_tables.decay(), own_tables.table([1.0, 2.0, 3.0], [0.7, 0.4, 0.3]), "rate",
        bounds={"rate": (0.1, 10.0)}, starts=1,
    )  # fmt: skip
    assert result.values["rate"] == pytest.approx(0.42, abs=0.05)
    with pytest.raises(InputError, match=r"a compiled SBML model takes no values; use result.va"):
        _ = result.model
