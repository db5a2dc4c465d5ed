"""Rows without a result: refused, left out or replaced, never in an index."""

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError
from il15_sim.sensitivity import analyse, design
from tests.sensitivity.known_functions import (
    COEFFICIENTS,
    linear,
    linear_shares,
    unit_factors,
    values,
)

FACTORS = unit_factors(4)


def failing(table):
    """The linear function; nothing where x0 and x1 are both above 0.9."""
    corner = (table["x0"] > 0.9) & (table["x1"] > 0.9)
    return np.where(corner, np.nan, linear(table))


def test_the_default_refuses_and_says_where():
    made = design(FACTORS, "sobol", 256)
    bad = int(np.isnan(failing(made.sample)).sum())
    assert bad > 0
    told = rf"{bad} of 1536 rows have no 'y'; they lie mostly at x[01] 0.9\d* to 0.9\d* \(0.9\d\)"
    with pytest.raises(InputError, match=told) as caught:
        analyse(made, failing)
    assert "x0 0.9" in str(caught.value)
    assert "x1 0.9" in str(caught.value)
    assert "x2" not in str(caught.value)
    assert 'failures="drop" or "resample"' in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_any_value_that_is_no_number_is_a_failure(value, method):
    made = design(FACTORS, method, 16)
    y = linear(made.sample)
    y[5] = value
    with pytest.raises(InputError, match=f"1 of {len(y)} rows have no 'y'"):
        analyse(made, y)
    frame = analyse(made, y, failures="drop").frame
    assert np.isfinite(frame.loc[frame["index"] != "mu", "value"]).all()


def test_failures_all_over_are_told_so():
    made = design(FACTORS, "sobol", 64)
    y = np.where(np.arange(len(made)) % 7 == 3, np.nan, linear(made.sample))
    with pytest.raises(InputError, match="they lie all over the bounds"):
        analyse(made, y)
    with pytest.raises(InputError, match="they lie everywhere"):
        analyse(made, np.full(len(made), np.nan))


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_dropping_leaves_out_whole_blocks_and_says_so(method):
    made = design(FACTORS, method, 64)
    y = linear(made.sample)
    lost = {1, 5, 40}
    rows = [1 * made.block, 1 * made.block + 2, 5 * made.block + 1, 40 * made.block + 3]
    y[rows] = np.nan
    found = analyse(made, y, failures="drop")
    kept = np.array([b for b in range(64) if b not in lost])
    alone = analyse(made.part(kept), linear)
    pd.testing.assert_frame_equal(found.frame, alone.frame, check_exact=True)
    (told,) = found.failures.to_dict("records")
    assert (told["failed"], told["left_out"], told["replaced"], told["used"]) == (4, 3, 0, 61)
    assert np.isnan(told["time_h"])
    assert "failed rows: up to 4" in repr(found)


def test_each_output_loses_its_own_blocks_only():
    made = design(FACTORS, "sobol", 64)
    found = analyse(
        made, {"whole": linear(made.sample), "cut": failing(made.sample)}, failures="drop"
    )
    assert found.failures["output"].tolist() == ["cut"]
    whole = found.frame[found.frame["output"] == "whole"]
    assert whole["value"].tolist() == analyse(made, linear).frame["value"].tolist()


@pytest.mark.parametrize("failures", ["drop", "resample"])
def test_indices_are_those_of_the_space_without_the_corner(failures):
    found = analyse(design(FACTORS, "sobol", 4096), failing, failures=failures)
    # The corner is a hundredth of the space: shares move by little, and stay finite.
    for index in ("S1", "ST"):
        assert values(found.frame, index) == pytest.approx(linear_shares(), abs=0.04)
    effects = analyse(design(FACTORS, "morris", 100), failing, failures=failures).frame
    # On a trajectory that avoids the corner the slopes are those of the function.
    assert values(effects, "mu_star") == pytest.approx(np.abs(COEFFICIENTS), abs=1e-12)


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_resampling_replaces_blocks_by_fresh_ones_of_the_same_stream(method):
    made = design(FACTORS, method, 64, seed=2)
    asked = []

    def counting(table):
        asked.append(table)
        return failing(table)

    found = analyse(made, counting, failures="resample")
    used, outputs = found.evidence
    (told,) = found.failures.to_dict("records")
    assert told["used"] == used.n == 64
    assert told["left_out"] == 0
    fresh = sum(len(table) for table in asked[1:])
    assert told["replaced"] * made.block == fresh > 0
    assert np.isfinite(outputs["y", None]).all()
    assert np.array_equal(outputs["y", None], linear(used.sample))
    changed = (used.unit != made.unit).any(axis=1).reshape(64, -1)
    assert not changed[np.isfinite(failing(made.sample)).reshape(64, -1).all(axis=1)].any()
    spare = made.spare(0, told["replaced"])
    new = used.unit[changed.any(axis=1).repeat(made.block)]
    assert {tuple(row) for row in new} <= {tuple(row) for row in spare}
    again = analyse(made, failing, failures="resample")
    pd.testing.assert_frame_equal(found.frame, again.frame, check_exact=True)


@pytest.mark.parametrize(
    ("above", "rounds", "told"),
    [
        (0.2, 16, r"[1-5]?\d of 64 blocks fail after 16 rounds of fresh ones; .* lie mostly at x0"),
        (-1.0, 0, r"64 of 64 blocks fail after 0 rounds of fresh ones; .* lie everywhere; narrow"),
    ],
)
def test_resampling_gives_up_after_some_rounds(above, rounds, told):
    calls = []

    def hopeless(table):
        calls.append(len(table))
        return np.where(table["x0"] > above, np.nan, 1.0 + table["x0"])

    with pytest.raises(InputError, match=told):
        analyse(design(FACTORS, "sobol", 64), hopeless, failures="resample")
    assert len(calls) == rounds + 1


@pytest.mark.parametrize(
    ("method", "asked", "failures", "told"),
    [
        ("sobol", {}, "skip", "unknown choice for failures 'skip'"),
        ("salib", {"sample": "fast_sampler", "analyze": "fast"}, "resample", "can be replaced"),
        (
            "salib",
            {"sample": "fast_sampler", "analyze": "fast"},
            "drop",
            "the method needs every row; narrow the bounds",
        ),
    ],
)
def test_what_cannot_be_done_is_told(method, asked, failures, told):
    with pytest.raises(InputError, match=told):
        analyse(design(FACTORS, method, 128, **asked), failing, failures=failures)


def test_finished_results_cannot_be_resampled():
    made = design(FACTORS, "sobol", 16)
    with pytest.raises(InputError, match="fresh rows have to be computed; give a function"):
        analyse(made, failing(made.sample), failures="resample")


def test_less_than_two_whole_blocks_are_no_sample():
    made = design(FACTORS, "sobol", 16)
    y = np.where(np.arange(len(made)) < made.block, linear(made.sample), np.nan)
    with pytest.raises(
        InputError, match=r"1 of 16 blocks of 'y' are whole; 90 rows failed, mostly at"
    ):
        analyse(made, y, failures="drop")


def test_methods_for_any_sample_leave_rows_out():
    made = design(FACTORS, "salib", 2000, sample="latin", analyze="rbd_fast")
    found = analyse(made, failing, failures="drop")
    bad = int(np.isnan(failing(made.sample)).sum())
    assert found.failures["left_out"].tolist() == [bad]
    assert values(found.frame, "S1") == pytest.approx(linear_shares(), abs=0.07)
