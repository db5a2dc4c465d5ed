"""Warnings for doses and parameter values far from usual ones: which are told, how, how often."""

from __future__ import annotations

import tomllib
import warnings
from dataclasses import replace

import pytest

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.files.resources import experiments_dir
from il15_sim.model.drugs import DRUG_COLUMNS, drug_targets
from il15_sim.regimen.table import dose_table
from il15_sim.simulation.dose_events import dose_events

PATIENT, PK = Model.load("patient"), Model.load("sorafenib_pk")


@pytest.fixture(autouse=True)
def _nothing_told_yet(monkeypatch):
    monkeypatch.setattr("il15_sim.model.unusual._told", set())


def one_by_one(model, *texts):
    for text in texts:
        in_columns(model, text)


def in_columns(model, *texts):
    dose_events(model, dose_table([Regimen.parse(text) for text in texts]))


def told(action, *arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action(*arguments)
    assert all(w.category is UserWarning for w in caught)
    return [str(w.message) for w in caught]


NEXAVAR = (
    "100 to 800 mg: Nexavar label (400 mg twice a day); Strumberg 2005, "
    "doi:10.1200/JCO.2005.06.124 (100 to 800 mg)"
)
TEMODAR = "50 to 250 mg/m2: Temodar label (75 to 200 mg/m2, lowered in steps of 50)"
CONLON = "0.125 to 4 ug/kg: Conlon 2019, Clin Cancer Res 25:4945 (0.125 to 4 ug/kg a day)"


@pytest.mark.parametrize("bind", [one_by_one, in_columns])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "sorafenib 400000 mg q12h x 2 d",
            f"a dose of 400000 mg sorafenib oral is far above the usual {NEXAVAR}",
        ),
        (
            "sorafenib 400 g q12h x 2 d",
            f"a dose of 400000 mg sorafenib oral is far above the usual {NEXAVAR}",
        ),
        (
            "sorafenib 400 ug q12h x 2 d",
            f"a dose of 400 ug (0.4 mg) sorafenib oral is far below the usual {NEXAVAR}",
        ),
        (
            "sorafenib 400 mg q12h x 2 d; then 4 mg q12h x 2 d",
            f"a dose of 4 mg sorafenib oral is far below the usual {NEXAVAR}",
        ),
        # A body surface of 1.9 m2.
        (
            "temozolomide 3800 mg daily x 5 d",
            f"a dose of 3800 mg (2e+03 mg/m2) temozolomide oral is far above the usual {TEMODAR}",
        ),
        # 200 ug/kg in ten days are 20 ug/kg a day.
        (
            "il15 200 ug/kg iv over 240 h at 0 h",
            f"a dose of 20 ug/kg il15 infusion is far above the usual {CONLON}",
        ),
    ],
)
def test_a_dose_far_from_usual_ones_is_told_with_the_range_and_its_source(bind, text, line):
    assert told(bind, PATIENT, text) == [line]


@pytest.mark.parametrize("bind", [one_by_one, in_columns])
def test_usual_doses_are_not_told(bind):
    texts = [
        "sorafenib 400 mg q12h x 2 d; then 200 mg q12h x 2 d",
        "sorafenib 1000 mg q12h x 2 d",
        "sorafenib 50 mg q12h x 2 d",
        "temozolomide 200 mg/m2 d1-5/28 x 28 d",
        "temozolomide 380 mg d1-5/28 x 28 d",
        "il15 20 ug/kg iv over 240 h at 0 h",
        "il15 10 ug/kg sc weekly x 28 d",
        # No clinical route: no dose is usual.
        "sorafenib 1e6 mg iv over 2 h at 0 h",
    ]
    assert told(bind, PATIENT, *texts) == []


def test_shipped_scenarios_give_no_warning():
    texts = []
    for file in sorted(experiments_dir().rglob("*.toml")):
        arms = tomllib.loads(file.read_text(encoding="utf-8")).get("arms", [])
        # Those of a fit stand under their names.
        for arm in arms.values() if isinstance(arms, dict) else arms:
            given = arm.get("regimen", "none")
            texts += [given] if isinstance(given, str) else given
    assert len(texts) > 10
    assert told(one_by_one, PATIENT, *texts) == []


def test_a_dose_is_told_once_and_again_when_ten_times_further_out():
    texts = ["sorafenib 4000 mg q12h x 1 d", "sorafenib 5000 mg q12h x 1 d"]
    assert len(told(one_by_one, PATIENT, *texts)) == 1
    assert told(in_columns, PATIENT, *texts) == []
    assert len(told(one_by_one, PATIENT, "sorafenib 50000 mg q12h x 1 d")) == 1


def test_many_rows_with_doses_of_their_own_give_one_line_for_each_side():
    doses = [0.01 * 1.5**i for i in range(40)]
    runs = [Regimen.from_doses("sorafenib", times_h=[0], dose_mg=dose) for dose in doses]
    asked = {"until_days": 1, "observables": "sorafenib_total_mg_per_L", "progress": False}
    lines = told(lambda: simulate(PK, runs, **asked))
    assert [line.split(" the usual")[0] for line in lines] == [
        "a dose of 0.01 mg sorafenib oral is far below",
        f"a dose of {doses[-1]:g} mg sorafenib oral is far above",
    ]


def test_a_dose_that_cannot_be_converted_is_not_told():
    tmz = Model.load("temozolomide")
    bare = {k: v for k, v in tmz.values.items() if k != "body_surface_area"}
    assert told(one_by_one, replace(tmz, values=bare), "temozolomide 1e6 mg at 0 h") == []


# Parameter values.


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"sorafenib_fraction_unbound": 5},
            "value 5 of 'sorafenib_fraction_unbound' is outside the table's bounds ",
        ),
        (
            {"sorafenib_volume": 1e300},
            "value 1e+300 of 'sorafenib_volume' is outside the table's bounds 30 to 420 L",
        ),
        (
            {"sorafenib_volume": 1},
            "value 1 of 'sorafenib_volume' is outside the table's bounds 30 to 420 L",
        ),
    ],
)
def test_a_value_outside_the_bounds_is_told_with_them(values, line):
    (said,) = told(PATIENT.with_values, values)
    assert said.startswith(line)


def test_the_place_of_a_value_is_told():
    (said,) = told(PATIENT.with_values, {"sorafenib_volume": 500}, "a.toml: arm x")
    assert said.startswith("a.toml: arm x: value 500 of 'sorafenib_volume' is outside")


def test_the_warning_points_at_the_line_that_gave_the_value():
    with pytest.warns(UserWarning, match="sorafenib_volume") as caught:
        PATIENT.with_values({"sorafenib_volume": 500})
    assert caught[0].filename == __file__


def test_a_value_is_told_once_and_again_when_ten_times_further_out():
    for volume, lines in [(500, 1), (600, 0), (5000, 1), (5001, 0), (10, 1), (11, 0)]:
        assert len(told(PATIENT.with_values, {"sorafenib_volume": volume})) == lines


def test_values_at_the_bounds_a_knock_out_and_variants_are_not_told():
    row = PATIENT.parameters["sorafenib_volume"]
    for value in (row.lower, row.upper, 0, row.upper * (1 + 1e-12)):
        assert told(PATIENT.with_values, {"sorafenib_volume": value}) == []
    for name in ("n803",):
        assert told(PATIENT.with_variant, name) == []


# The table.

CELLS = ("sorafenib", "sorafenib", "oral", "gut", "mg", "100", "800", "mg", "label", "")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"usual_low": "900"}, "is '900' to '800' from 'label'; it must be two positive numbers"),
        ({"usual_low": "x"}, "is 'x' to '800' from 'label'; it must be two positive numbers, the"),
        ({"usual_high": ""}, "is '100' to '' from 'label'; it must be two positive numbers"),
        ({"usual_low": "0"}, "is '0' to '800' from 'label'; it must be two positive numbers"),
        ({"usual_high": "inf"}, "is '100' to 'inf' from 'label'; it must be two positive numbers"),
        ({"usual_source": ""}, "is '100' to '800' from ''; it must be two positive numbers, the"),
        ({"usual_unit": "g"}, "unknown unit 'g'; units are mg, mg/m2"),
    ],
)
def test_faults_of_the_table_are_told_with_their_line(tmp_path, change, line):
    row = dict(zip(DRUG_COLUMNS, CELLS, strict=True)) | change
    with pytest.raises(InputError) as error:
        drug_targets([(2, row)], tmp_path / "drugs.tsv")
    assert f"drugs.tsv: line 2: {line}" in str(error.value).replace(
        "usual dose of sorafenib oral ", ""
    )
