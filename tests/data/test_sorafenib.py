"""The shipped measurements: each view of the same patients once, regimens that parse, origins."""

import math

import pytest

from il15_sim.data import read_quantities, read_study, study_names
from il15_sim.files.resources import experiments_dir
from il15_sim.model import Model
from il15_sim.regimen import Regimen

DATA = experiments_dir() / "data"
STUDIES = {name: read_study(name) for name in study_names()}
ARMS = [arm for study in STUDIES.values() for arm in study.experiments.values()]


def rows(study, used=None, dataset=None):
    return [
        m
        for m in STUDIES[study].measurements
        if used in (None, m.used) and dataset in (None, m.dataset)
    ]


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_says_where_it_comes_from_and_what_is_wrong_with_it(name):
    study = STUDIES[name]
    assert study.title
    assert study.citation
    assert study.population
    assert study.credit
    assert study.defects
    if name != "label_sorafenib":
        assert study.doi.startswith("10.")
        assert {m.source_doi for m in study.measurements} == {study.doi}
    assert all(m.source_location and m.dataset and m.statistic for m in study.measurements)


@pytest.mark.parametrize("name", STUDIES)
def test_digitised_rows_credit_their_curators(name):
    digitised = [m for m in STUDIES[name].measurements if m.source_location.startswith("Fig")]
    assert not digitised or "sorafenib-model" in STUDIES[name].credit
    assert not digitised or "CC BY-SA 4.0" in STUDIES[name].credit


@pytest.mark.parametrize("arm", ARMS, ids=lambda a: a.id)
def test_a_regimen_parses_and_covers_the_measured_times(arm):
    doses = Regimen.parse(arm.regimen).doses()
    assert doses[0].time_h == 0.0
    ((drug, unit),) = {(d.drug, d.unit) for d in doses}
    assert unit == {"sorafenib": "mg", "il15": "ug/kg"}[drug]
    assert arm.id.startswith("label") or arm.id.split("_")[0] == arm.study
    name = {"sorafenib": "sorafenib_pk", "il15": "il15_agonist"}[drug]
    Model.load(name, variants=()).check_values(arm.overrides)


def test_an_id_of_an_arm_belongs_to_one_study():
    assert len({arm.id for arm in ARMS}) == len(ARMS)


def test_units_are_those_of_the_observables():
    units = {q.id: q.unit for q in read_quantities(DATA).values()}
    assert all(m.unit == units[m.observable] for s in STUDIES.values() for m in s.measurements)


@pytest.mark.parametrize(
    ("study", "fitted", "compared"),
    [
        ("awada2005", {"awada2005_fig2"}, {"awada2005_tab4"}),
        ("huang2017", {"huang2017_fig3"}, {"huang2017_abstract"}),
        ("hornecker2012", {"hornecker2012_fig3"}, set()),
        ("strumberg2005", {"strumberg2005_fig1", "strumberg2005_tab5"}, {"strumberg2005_fig2"}),
    ],
)
def test_each_view_of_the_same_patients_enters_once(study, fitted, compared):
    assert {m.dataset for m in rows(study, "fit")} == fitted
    assert compared <= {m.dataset for m in rows(study, "report")}


def test_strumberg_uses_the_figure_or_the_table_of_a_dose_but_not_both():
    used = {}
    for m in rows("strumberg2005", "fit"):
        used.setdefault(m.experiment, set()).add(m.dataset)
    figure, table = {"strumberg2005_fig1"}, {"strumberg2005_tab5"}
    assert used == {
        "strumberg2005_100mg": figure,
        "strumberg2005_200mg": table,
        "strumberg2005_400mg": figure,
        "strumberg2005_600mg": figure,
        "strumberg2005_800mg": table,
    }


def test_awadas_first_day_at_600_mg_is_weighted_down():
    low = [m for m in rows("awada2005") if m.weight < 1]
    assert {(m.experiment, m.time_h) for m in low} == {
        ("awada2005_600mg", t) for t in (2, 3, 4, 6, 12)
    }


def test_the_melanoma_cohort_enters_by_its_area_alone():
    (row,) = rows("flaherty2011", "fit")
    assert (row.value, row.time_start_h, row.time_h, row.n) == (38.1, 672, 684, 18)


@pytest.mark.parametrize(
    ("study", "dataset", "value"),
    [
        ("arrondeau2012", "arrondeau2012_abstract", 43.0 / 60.3),
        ("boudou2012", "boudou2012_abstract", 63 / 102),
        ("label_sorafenib", "label_neomycin", 1 - 0.54),
        ("label_sorafenib", "label_accumulation", math.sqrt(2.5 * 7)),
        ("label_sorafenib", "label_half_life", math.sqrt(25 * 48)),
    ],
)
def test_a_derived_value_follows_from_the_numbers_in_its_note(study, dataset, value):
    (row,) = rows(study, "fit", dataset)
    assert row.value == pytest.approx(value, abs=1e-3)
    assert row.note


def test_neomycin_is_recirculation_switched_off():
    arm = STUDIES["label_sorafenib"].experiments["label_400mg_single_neomycin"]
    assert dict(arm.overrides) == {"sorafenib_biliary_share": 0.0}


def test_tables_are_read_by_petab_too():
    pandas = pytest.importorskip("pandas")
    for name in STUDIES:
        frame = pandas.read_csv(DATA / name / "measurements.tsv", sep="\t")
        assert {"observableId", "experimentId", "time", "measurement"} <= set(frame.columns)
        assert len(frame) == len(STUDIES[name].measurements)
