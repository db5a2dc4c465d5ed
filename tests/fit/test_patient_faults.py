"""Every fault of patients and of what is asked of them: one line with place and way out."""

import re

import numpy as np
import pytest

from il15_sim import Change, InputError
from il15_sim.exchange.petab_write import write_petab
from il15_sim.files.resources import experiments_dir
from il15_sim.fit import Patients, fit_table, read_fit
from il15_sim.fit.simulator import Failed
from il15_sim.simulation.subject import subject_of
from tests.made import own_tables
from tests.made.patients import CV, LYMPHOPENIA, MADE_UP, decay, explosion, predictor, told


def test_a_patient_who_fails_fails_the_point_and_is_told_by_number():
    # y = 1 / (1 - rate t) ends at 1 / rate: of these patients one is fast enough before 2 h.
    arms = [Patients(8, vary={"rate": CV})]
    factors = Patients(8, vary={"rate": CV}).of(subject_of(explosion()), {}, "").factors["rate"]
    rate = 0.5 / np.sort(factors)[-2:].mean()
    one = predictor(explosion(), told(2.0, {"mean": None}), arms)
    found, why = one.predict(np.array([[0.01], [rate]]))
    assert found[0] == pytest.approx((1 / (1 - 0.02 * factors)).mean(), rel=1e-5)
    assert np.isnan(found[1]).all()
    assert why[0] == ""
    assert why[1].endswith(f"(patient {np.argmax(factors) + 1})")
    with pytest.raises(Failed, match=rf"\(patient {np.argmax(factors) + 1}\)"):
        one.slopes(np.array([rate]))


def test_what_has_no_statistic_is_told_by_row_and_patient():
    arms = [Patients(8, vary={"rate": CV})]
    rows = told(2.0, {"geometric mean": None}, quantity="change", start=0.0)
    why = predictor(decay(), rows, arms).predict(np.array([[0.4]]))[1][0]
    assert why.startswith("change of 'y' is -0.")
    assert why.endswith("which has no logarithm (data: row 0, patient 1)")
    rows = told(0.0, {"median": None})
    why = predictor(decay(), rows, arms).predict(np.array([[0.4]]))[1][0]
    assert why == "value of 'y' is 1 in all patients (data: row 0)"
    with pytest.raises(InputError, match="all 1 searches failed; the first: value of 'y' is 1 in"):
        fit_table(decay(), rows, "rate", arms=arms, bounds={"rate": (0.01, 10.0)}, starts=1)


#: Columns of the table, what the arm is given, and what is told of it.
FAULTS = {
    "no statistic": ({}, [Patients(5, vary={"rate": 50})],
        "data: row 0: no statistic; arm '' has 5 patients; say in a column 'statistic'"),
    "no patients": ({"statistic": "mean"}, None,
        "data: row 0: statistic 'mean'; arm '' is one patient; give it patients, or leave"),
    "unknown statistic": ({"statistic": "medain"}, [Patients(5, vary={"rate": 50})],
        "data: row 0: unknown statistic 'medain'; did you mean 'median'?"),
    "no threshold": ({"statistic": "share below"}, [Patients(5, vary={"rate": 50})],
        "data: row 0: no threshold of the share below; give the level in a column 'threshold'"),
    "a threshold": ({"statistic": "mean", "threshold": 1}, [Patients(5, vary={"rate": 50})],
        "data: row 0: a threshold; it is the level of a share below or above; leave it out"),
    "no level": ({"statistic": "share below", "threshold": 0}, [Patients(5, vary={"rate": 50})],
        "data: row 0: threshold 0 of a share; 'value' is positive"),
    "one patient": ({"statistic": "mean"}, [Patients(1, vary={"rate": 50})],
        "arms: n of patients 1; 2 to 100000"),
    "half a patient": ({"statistic": "mean"}, [Patients(2.5, vary={"rate": 50})],
        "arms: n of patients 2.5 is no whole number"),
    "seed": ({"statistic": "mean"}, [Patients(5, -1, vary={"rate": 50})],
        "arms: seed of patients -1; from 0 on"),
    "nothing varies": ({"statistic": "mean"}, [Patients(5)],
        "arms: nothing varies between patients; no parameter of 'decay' has a variability in"),
    "no variability": ({"statistic": "mean"}, [Patients(5, vary="rate")],
        "arms: 'rate' varies between patients; the table gives it no variability; state it: vary"),
    "unknown parameter": ({"statistic": "mean"}, [Patients(5, vary={"rat": 50})],
        "arms: unknown parameter 'rat'; did you mean 'rate'?"),
    "twice": ({"statistic": "mean"}, [Patients(5, vary=["rate", "rate"])],
        "arms: two parameters are called 'rate'; name each once"),
    "no CV": ({"statistic": "mean"}, [Patients(5, vary={"rate": 0})],
        "arms: CV of 'rate' is 0; it is positive, in percent"),
    "no log-normal number": ({"statistic": "mean"}, [{"more": 0.0}, Patients(5, vary={"more": 9})],
        "arms: 'more' is 0 and varies between patients; a log-normal number is positive; leave"),
    "set in the run": (
        {"statistic": "mean"}, [Change(1, "more", 2, sets=True), Patients(5, vary={"more": 9})],
        "arms: 'more' varies between patients and is set in the run; leave it out of vary"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_place(fault):
    columns, arm, why = FAULTS[fault]
    table = own_tables.table([2.0], [0.5], error=0.1, **columns)
    with pytest.raises(InputError, match=re.escape(why)):
        fit_table(decay(), table, "rate", arms=arm, bounds={"rate": (0.01, 10.0)}, starts=1)


def test_what_varies_is_not_searched_below_zero():
    table = own_tables.table([2.0], [0.5], error=0.1, statistic="mean")
    with pytest.raises(InputError, match="estimate 'rate': 'rate' varies between the patients of"):
        fit_table(
            decay(), table, "rate", arms=[Patients(5, vary={"rate": 50})],
            bounds={"rate": (-1.0, 10.0)}, starts=1,
        )  # fmt: skip


def test_other_patients_have_no_ratio():
    arms = {name: [Patients(5, seed, vary={"rate": 50})] for seed, name in enumerate("AB")}
    rows = told(2.0, {"mean": None}, group="A", quantity="ratio", against="B")
    with pytest.raises(InputError, match="data: row 0: arms 'A' and 'B' have other patients; rat"):
        fit_table(decay(), rows, "rate", arms=arms, bounds={"rate": (0.01, 10.0)}, starts=1)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("n = 16", "m = 16", "fit.toml:8: arms.tmz: patients are told without n; write e.g. pati"),
        ("seed = 1", "sead = 1", "fit.toml:8: arms.tmz: unknown key 'sead'; did you mean 'seed'?"),
        (
            "lymphocyte_size",
            "lymphocyte_siz",
            "arm 'tmz': unknown parameter 'lymphocyte_siz'; did you",
        ),
    ],
)
def test_a_fault_of_a_file_is_told_by_its_line(old, new, why, tmp_path):
    (tmp_path / "fit.toml").write_text(LYMPHOPENIA.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "lymphopenia.csv").write_text(MADE_UP, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(why)):
        read_fit(tmp_path / "fit.toml")


def test_petab_has_no_patients(tmp_path):
    problem = read_fit(experiments_dir() / "fits" / "romero2014_template.toml")
    with pytest.raises(InputError, match="arm 'sorafenib_tmz' has 63 patients; PEtab has one of"):
        write_petab(problem, tmp_path)
