"""Tables of a results folder: what they tell of levels that are no numbers any more."""

import csv
import io

import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.jobs.run_tables import endpoints_csv, trajectories_csv
from tests.made.runs import COMBINED, made_runs


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def pick(rows, run, endpoint, observable):
    (row,) = [
        r for r in rows if (r["run"], r["endpoint"], r["observable"]) == (run, endpoint, observable)
    ]
    return row


def test_the_floor_is_a_millionth_of_the_largest_value_in_any_run():
    runs = made_runs([COMBINED, "sorafenib 100 mg q12h x 56 d"], ["a", "b"], days=57)
    rows = rows_of(endpoints_csv(runs))
    total = "sorafenib_total_mg_per_L"
    peak = runs[total].values.max()
    for run in ("a", "b"):
        # One digit is what a table shows; an area over 12 h has twelve hours of the floor.
        assert pick(rows, run, "Cmax", total)["floor"] == f"{1e-6 * peak:.1g}"
        assert pick(rows, run, "AUC0-12", total)["floor"] == f"{12e-6 * peak:.1g}"


def test_exposure_is_told_of_drugs_that_a_run_is_given():
    runs = made_runs([COMBINED, "none"], ["a", "b"], days=57)
    rows = rows_of(endpoints_csv(runs))
    told = {(r["run"], r["observable"]) for r in rows if r["endpoint"] == "trough"}
    assert told == {("a", "sorafenib_total_mg_per_L"), ("a", "temozolomide_mg_per_L")}
    levels = {r["observable"] for r in rows if r["endpoint"] == "level"}
    assert "cd4_per_uL" in levels
    # The dose that patients go on taking is no level of a drug.
    of_drugs = {n for n in levels if n.startswith(("sorafenib", "temozolomide"))}
    assert of_drugs == {"sorafenib_dose_taken"}


def test_a_drug_that_is_gone_lies_below_its_floor():
    regimen = Regimen.parse("temozolomide 150 mg/m2 q24h d1-5/28 x 28 d")
    level = "temozolomide_mg_per_L"
    runs = simulate(Model.load(), regimen, until_days=29, observables=[level], names=["a"])
    row = pick(rows_of(endpoints_csv(runs)), "a", "trough", level)
    assert abs(float(row["value"])) < float(row["floor"])
    peak = pick(rows_of(endpoints_csv(runs)), "a", "Cmax", level)
    assert abs(float(peak["value"])) < float(peak["floor"])


def test_a_fold_of_nothing_is_left_out():
    runs = made_runs(["none", "none"], ["has it", "lacks it"], days=30)
    gone = runs.data["mica_tumour"].copy()
    gone[1] = 1e-30
    lacking = type(runs)(runs.data.assign(mica_tumour=gone), runs.recipe)
    runs.recipe.runs = lacking
    rows = rows_of(endpoints_csv(lacking))
    folds = [r["run"] for r in rows if r["endpoint"] == "fold" and r["observable"] == "mica_tumour"]
    assert folds == ["has it"]
    level = pick(rows, "lacks it", "level", "mica_tumour")
    assert float(level["value"]) < float(level["floor"])


def test_a_failed_run_has_its_reason_and_no_numbers():
    rows = rows_of(endpoints_csv(made_runs(["none"] * 2, ["x", "y"], 2, status=["lost", "ok"])))
    assert [(r["endpoint"], r["unit"]) for r in rows if r["run"] == "x"] == [("failed", "lost")]


def test_curves_of_runs_named_by_numbers_stand_under_their_own_name():
    texts = [f"sorafenib {mg} mg q12h x 1 d" for mg in (100, 200)]
    runs = made_runs(texts, [1, 0], days=1)
    rows = rows_of(trajectories_csv(runs))
    total = [r for r in rows if r["observable"] == "sorafenib_total_mg_per_L"]
    peaks = {n: max(float(r["value"]) for r in total if r["run"] == n) for n in ("0", "1")}
    assert peaks["0"] == pytest.approx(2 * peaks["1"])
