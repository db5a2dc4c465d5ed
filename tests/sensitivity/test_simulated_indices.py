"""The whole way, through `simulate`: models that hold functions whose indices are known."""

import warnings

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError, Model, Regimen, simulate
from il15_sim.endpoints import cmax, fold, value_at
from il15_sim.sensitivity import Factor, analyse, design, factors, sensitivity
from il15_sim.sensitivity.study import check_order
from tests.sensitivity.known_functions import (
    ANGLES,
    CORNER_MODEL,
    ISHIGAMI,
    ISHIGAMI_MODEL,
    ishigami,
    linear,
    model_of,
    unit_factors,
    values,
)

ASKED = {"start": "model", "until_days": 0.5, "rtol": 1e-8, "progress": False}
END = value_at("y", hour=12).named("end")
CORNER = tuple(Factor(name, 0.0, 1.0) for name in "abc")


@pytest.fixture(scope="module")
def kernel():
    return model_of(ISHIGAMI_MODEL)


@pytest.fixture(scope="module")
def cornered():
    return model_of(CORNER_MODEL)


@pytest.fixture(scope="module")
def pk():
    return Model.load("sorafenib_pk")


def sorafenib(dose_mg=400):
    return Regimen.oral("sorafenib", dose_mg=dose_mg, every_h=12, days=3)


def test_indices_of_a_model_are_those_of_its_function(kernel):
    made = design(ANGLES, "sobol", 1024, second_order=True)
    found = sensitivity(kernel, factors=made, endpoints=END, **ASKED)
    right = analyse(made, ishigami)
    assert found.frame["value"].to_numpy() == pytest.approx(right.frame["value"], abs=1e-5)
    assert values(found.frame, "ST") == pytest.approx(ISHIGAMI["ST"], abs=0.03)
    assert found.outputs == ("end",)


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_folders_shards_and_threads_change_no_bit(kernel, method, tmp_path):
    asked = {"factors": ANGLES, "endpoints": END, "method": method, "n": 16, **ASKED}
    one = sensitivity(kernel, threads=1, **asked)
    stored = sensitivity(kernel, threads=2, folder=tmp_path, rows_per_shard=8, **asked)
    again = sensitivity(kernel, threads=2, folder=tmp_path, rows_per_shard=8, **asked)
    for other in (stored, again):
        pd.testing.assert_frame_equal(one.frame, other.frame, check_exact=True)
        assert one.options["design"] == other.options["design"]
    assert len(list(tmp_path.iterdir())) == 1


def test_every_hour_of_a_time_course_is_an_output(kernel):
    found = sensitivity(
        kernel, factors=ANGLES, observables="y", times_h=[0.0, 0.5, 12.0], n=64, **ASKED
    )
    assert found.frame["time_h"].unique().tolist() == [0.0, 0.5, 12.0]
    at = {hour: rows for hour, rows in found.frame.groupby("time_h")}
    assert at[0.0]["value"].isna().all()
    # y is always a share of where it goes: the same indices at any hour.
    assert at[0.5]["value"].to_numpy() == pytest.approx(at[12.0]["value"], abs=1e-5)
    end = sensitivity(kernel, factors=ANGLES, endpoints=END, n=64, **ASKED)
    assert at[12.0]["value"].to_numpy() == pytest.approx(end.frame["value"], abs=1e-9)
    with pytest.raises(InputError, match=r"time_h None of 'y'; choose one of: 0, 0\.5, 12"):
        found.ranking("y")
    top = found.ranking("y", time_h=12.0)["factor"].tolist()
    assert top == end.ranking()["factor"].tolist()


def test_runs_that_blow_up_are_refused_and_told_where(cornered):
    with pytest.raises(
        InputError, match=r"of 640 rows have no 'end'; they lie mostly at [ab] 0\.8"
    ):
        sensitivity(cornered, factors=CORNER, endpoints=END, n=128, **ASKED)


@pytest.mark.parametrize("method", ["sobol", "morris"])
@pytest.mark.parametrize("failures", ["drop", "resample"])
def test_runs_that_blow_up_enter_no_index(cornered, method, failures, tmp_path):
    found = sensitivity(
        cornered, factors=CORNER, endpoints=END, n=64, method=method, failures=failures,
        folder=tmp_path, **ASKED,
    )  # fmt: skip

    def function(table):
        a, b, c = (table[name] for name in "abc")
        return np.where((a > 0.8) & (b > 0.8), np.nan, 1 + 3 * a - 2 * b + c)

    right = analyse(design(CORNER, method, 64), function, failures=failures)
    assert found.frame["value"].to_numpy() == pytest.approx(right.frame["value"], abs=1e-5)
    told = ["failed", "left_out", "replaced", "used", "where"]
    pd.testing.assert_frame_equal(found.failures[told], right.failures[told])
    assert found.failures["failed"][0] > 0


def test_an_endpoint_that_does_not_exist_is_a_failure(kernel):
    # y starts at zero.
    with pytest.raises(InputError, match="80 of 80 rows have no 'fold_y"):
        sensitivity(kernel, factors=ANGLES, endpoints=fold("y", hour=12), n=16, **ASKED)


@pytest.mark.parametrize("contrast", ["log_ratio", "difference"])
def test_outputs_are_compared_with_the_same_patient_under_the_other_regimen(pk, contrast):
    named = factors(pk, ["sorafenib_volume", "sorafenib_clearance", "sorafenib_gut_limit"])
    top = cmax("sorafenib_total_mg_per_L").named("top")
    both = sensitivity(
        pk, sorafenib(400), named, endpoints=top, n=16, against=sorafenib(200), contrast=contrast
    )
    assert both.outputs == ("top", f"top_{contrast}")
    made = design(named, "sobol", 16)
    high, low = (
        simulate(pk, sorafenib(mg), made.sample, endpoints=top)["top"].values for mg in (400, 200)
    )
    y = np.log(high / low) if contrast == "log_ratio" else high - low
    right = analyse(made, y)
    compared = both.frame[both.frame["output"] == f"top_{contrast}"]
    assert compared["value"].tolist() == right.frame["value"].tolist()
    alone = sensitivity(pk, sorafenib(400), named, endpoints=top, n=16)
    assert alone.frame["value"].tolist() == analyse(made, high).frame["value"].tolist()


def test_a_ratio_of_nothing_is_told(pk):
    with pytest.raises(InputError, match="log ratio of 'top'; it is zero in every run"):
        sensitivity(
            pk, sorafenib(), factors(pk, ["sorafenib_volume", "sorafenib_clearance",
            "sorafenib_gut_limit"]), endpoints=cmax("sorafenib_total_mg_per_L").named("top"),
            n=8, against=Regimen.none(),
        )  # fmt: skip


def test_all_free_parameters_are_swept_by_default(pk):
    found = sensitivity(
        pk, sorafenib(), endpoints=cmax("sorafenib_total_mg_per_L"), method="morris", n=4
    )
    assert found.frame["factor"].unique().tolist() == [f.name for f in factors(pk)]
    assert found.options["regimen"] == str(sorafenib())
    assert found.options["model_hash"] == pk.hash


def test_both_regimens_are_followed_to_the_same_end(pk):
    """Without treatment a run has no end of its own, and a peak may come after the last dose."""
    named = factors(pk, ["sorafenib_volume", "sorafenib_absorption_rate"])
    top = cmax("sorafenib_total_mg_per_L").named("top")
    later = Regimen.parse("sorafenib 400 mg q12h x 1 d; then 800 mg q12h x 2 d")
    short = Regimen.parse("sorafenib 400 mg q12h x 1 d")
    found = sensitivity(pk, short, named, endpoints=top, n=8, against=later)
    table = design(named, "sobol", 8).sample
    high, low = (
        simulate(pk, r, table, endpoints=top, until_days=3)["top"].values for r in (later, short)
    )
    right = analyse(design(named, "sobol", 8), np.log(low / high)).frame["value"]
    compared = found.frame[found.frame["output"] == "top_log_ratio"]
    assert compared["value"].tolist() == right.tolist()


def test_an_output_within_the_error_of_simulations_is_warned_of(kernel):
    near = tuple(Factor(f.name, 1.0, 1.0 + 1e-6) for f in ANGLES)
    asked = {"factors": near, "endpoints": END, "n": 16, "start": "model", "until_days": 0.5}
    with pytest.warns(UserWarning, match=r"'end' varies by \de-07 of its size, .* its indices are"):
        sensitivity(kernel, **asked, rtol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sensitivity(kernel, **asked, rtol=1e-9)


def test_a_contrast_within_the_error_of_simulations_is_warned_of(pk):
    named = factors(pk, ["sorafenib_volume", "sorafenib_clearance"])
    top = cmax("sorafenib_total_mg_per_L").named("top")
    almost = sorafenib(400.0001)
    with pytest.warns(UserWarning, match="'top_log_ratio' varies") as told:
        sensitivity(pk, sorafenib(), named, endpoints=top, n=8, against=almost)
    assert len(told) == 1
    with pytest.warns(UserWarning, match="'top_difference' varies"):
        sensitivity(
            pk, sorafenib(), named, endpoints=top, n=8, against=almost, contrast="difference"
        )


def test_runs_in_another_order_are_refused(pk):
    table = design([Factor("sorafenib_volume", 100, 200)], "sobol", 2).sample
    runs = simulate(pk, None, table, until_days=1)
    check_order(runs, table)
    for other in (table.iloc[::-1].reset_index(drop=True), table.iloc[:-1]):
        with pytest.raises(InputError, match="they are not those of its rows, in their order"):
            check_order(runs, other)
    with pytest.raises(InputError, match="6 runs for a design of 6 rows"):
        check_order(runs.select(1, 0, 2, 3, 4, 5), table)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "nothing to analyse; give endpoints, or observables with their times_h"),
        ({"observables": "y"}, "nothing to analyse"),
        ({"endpoints": END, "observables": "y"}, "observables without times_h; say at which"),
        ({"endpoints": END, "cross": True}, "argument 'cross'; the design says who is simulated"),
        ({"endpoints": END, "names": ["a"]}, "argument 'names'"),
        ({"endpoints": END, "regimen": [Regimen.none()]}, "is not one regimen; give one, or two"),
        ({"times_h": [1.0], "sample": "both"}, "an hour would stand there twice"),
        ({"endpoints": END, "contrast": "ratio"}, "unknown contrast"),
        ({"endpoints": END, "factors": [Factor("x4", 0, 1)]}, "unknown parameter 'x4'"),
        ({"endpoints": END, "n": 100}, "n 100; .*; give 64 or 128"),
        ({"endpoints": END, "failures": "no"}, "unknown choice for failures 'no'"),
    ],
)
def test_bad_questions_are_told(kernel, asked, told):
    with pytest.raises(InputError, match=told):
        sensitivity(kernel, **{"factors": ANGLES, "n": 16, **ASKED, **asked})


def test_the_function_of_the_tests_is_that_of_the_model(cornered):
    table = design(unit_factors(4), "morris", 2).sample
    assert linear(table) == pytest.approx(table.to_numpy() @ [3.0, -2.0, 1.0, 0.0])
    runs = simulate(cornered, None, {"a": 0.3, "b": 0.9, "c": 0.1}, endpoints=END, **ASKED)
    assert runs["end"].values == pytest.approx([1 + 0.9 - 1.8 + 0.1], abs=1e-6)
