"""Outputs that are compared or taken as logarithms, each as it is asked for."""

import re

import numpy as np
import pytest

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.endpoints import cmax, trough
from il15_sim.sensitivity import Factor, analyse, design, factors, sensitivity
from tests.sensitivity.known_functions import CORNER_MODEL, model_of
from tests.sensitivity.test_simulated_indices import ASKED, CORNER, END

TOTAL = "sorafenib_total_mg_per_L"
ENDS = [cmax(TOTAL).named("top"), trough(TOTAL, day=3).named("low")]
TWICE = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=3)
ONCE = Regimen.oral("sorafenib", dose_mg=400, every_h=24, days=3)


@pytest.fixture(scope="module")
def pk():
    return Model.load("sorafenib_pk")


@pytest.fixture(scope="module")
def made(pk):
    return design(factors(pk, ["sorafenib_volume", "sorafenib_clearance"]), "sobol", 16)


@pytest.fixture(scope="module")
def right(pk, made):
    """Both endpoints of all rows under both regimens."""
    asked = {"endpoints": ENDS, "until_days": 3}
    return [simulate(pk, regimen, made.sample, **asked) for regimen in (TWICE, ONCE)]


def test_a_mapping_compares_what_it_names_in_the_place_of_its_own_value(pk, made, right):
    found = sensitivity(
        pk, TWICE, made, endpoints=ENDS, against=ONCE, contrast={"low": "difference"}
    )
    assert found.outputs == ("top", "low_difference")
    difference = right[0]["low"].values - right[1]["low"].values
    both = analyse(made, {"top": right[0]["top"].values, "low_difference": difference})
    assert found.frame["value"].tolist() == both.frame["value"].tolist()


def test_no_exposure_without_a_dose_is_no_failure_where_it_is_not_compared(pk, made):
    found = sensitivity(
        pk, TWICE, made, endpoints=ENDS, against=Regimen.none(), contrast={"low": "difference"}
    )
    assert found.failures.empty


def test_logarithms_are_analysed_in_the_place_of_values(pk, made, right):
    found = sensitivity(pk, TWICE, made, endpoints=ENDS, logarithms=["top"], until_days=3)
    assert found.outputs == ("top_log", "low")
    both = analyse(made, {"top": np.log(right[0]["top"].values), "low": right[0]["low"].values})
    assert found.frame["value"].tolist() == both.frame["value"].tolist()
    assert found.options["logarithms"] == ["top"]
    one = sensitivity(pk, TWICE, made, endpoints=ENDS, logarithms="top", until_days=3)
    assert one.to_json() == found.to_json()


def test_a_logarithm_of_nothing_is_a_failure(pk, made):
    with pytest.raises(InputError, match="64 of 64 rows have no 'top_log'; they lie everywhere"):
        sensitivity(pk, None, made, endpoints=ENDS[0], logarithms=["top"], until_days=1)


def test_a_logarithm_within_the_error_of_simulations_is_warned_of(pk):
    near = Factor("sorafenib_volume", 100.0, 100.001)
    with pytest.warns(UserWarning, match="'top_log' varies by .* its indices are noise"):
        sensitivity(pk, TWICE, [near], endpoints=ENDS[0], logarithms=["top"], n=8)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"logarithms": ["tip"]}, "logarithms: unknown output 'tip'; did you mean 'top'"),
        (
            {"contrast": {"tip": "difference"}, "against": ONCE},
            "contrast: unknown output 'tip'; did you mean 'top'",
        ),
        ({"contrast": {"top": "ratio"}}, "unknown contrast 'ratio'; did you mean 'log_ratio'"),
        (
            {"contrast": {"top": "difference"}},
            r"contrast \{'top': 'difference'\}; there is no other regimen; give against=",
        ),
        (
            {"against": Regimen.none()},
            "log ratio of 'top'; it is zero in every run under the other regimen; compare it by",
        ),
        (
            {"second_order": True},
            "argument 'second_order'; options of a method belong to its design; "
            r'give factors=design\(factors, "sobol", n, second_order=...\)',
        ),
    ],
)
def test_bad_comparisons_are_told(pk, made, asked, told):
    with pytest.raises(InputError, match=told):
        sensitivity(pk, TWICE, made, endpoints=ENDS, **asked)


def test_reasons_of_failed_runs_are_told():
    kernel = model_of(CORNER_MODEL)
    found = sensitivity(kernel, factors=CORNER, endpoints=END, n=64, failures="drop", **ASKED)
    runs = simulate(kernel, None, design(CORNER, "sobol", 64).sample, endpoints=END, **ASKED)
    (status,) = set(runs.status) - {"ok"}
    assert found.failures["reasons"].tolist() == [f"{status} ({len(runs.failures)} runs)"]
    with pytest.raises(InputError, match=f"most often: {re.escape(status)}; narrow the bounds"):
        sensitivity(kernel, factors=CORNER, endpoints=END, n=64, **ASKED)


def test_what_changes_no_number_is_not_told(pk, made):
    one, two = (
        sensitivity(pk, TWICE, made, endpoints=ENDS, threads=threads, progress=False)
        for threads in (1, 2)
    )
    assert one.to_json() == two.to_json()
