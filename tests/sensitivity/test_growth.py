"""Convergence of indices, from parts of one design."""

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError
from il15_sim.sensitivity import analyse, convergence, design, given_data, recommended_n
from tests.sensitivity.known_functions import (
    ANGLES,
    ISHIGAMI,
    ishigami,
    linear,
    unit_factors,
    values,
)


@pytest.fixture(scope="module")
def found():
    return analyse(design(ANGLES, "sobol", 1024, second_order=True), ishigami)


def part(grown, name):
    return grown[grown["part"] == name].drop(columns=["part", "n"]).reset_index(drop=True)


def test_a_part_is_what_the_smaller_design_would_have_given(found):
    grown = convergence(found)
    for name, n in (("1/8", 128), ("1/4", 256), ("1/2", 512), ("all", 1024)):
        small = analyse(design(ANGLES, "sobol", n, second_order=True), ishigami)
        pd.testing.assert_frame_equal(part(grown, name), small.frame, check_exact=True)
        assert grown.loc[grown["part"] == name, "n"].unique().tolist() == [n]


def test_indices_converge_to_the_truth_and_halves_agree(found):
    grown = convergence(found)
    first, second = part(grown, "1/2"), part(grown, "second half")
    assert not first["value"].equals(second["value"])
    for half in (first, second):
        total = half[half["index"] == "ST"]
        # Three standard errors: an interval is four of them wide.
        far = np.abs(total["value"] - ISHIGAMI["ST"]) / (total["high"] - total["low"])
        assert far.max() < 0.75
    widths = [(part(grown, p)["high"] - part(grown, p)["low"]).mean() for p in ("1/8", "1/2")]
    # Four times the points halve the intervals.
    assert widths[1] / widths[0] == pytest.approx(0.5, abs=0.15)


def test_a_design_and_results_will_do():
    made = design(unit_factors(4), "morris", 40)
    y = linear(made.sample)
    grown = convergence((made, y))
    assert grown["n"].unique().tolist() == [5, 10, 20, 40]
    assert values(part(grown, "1/8"), "mu_star") == pytest.approx([3.0, 2.0, 1.0, 0.0])
    pd.testing.assert_frame_equal(convergence(analyse(made, y)), grown, check_exact=True)


def test_blocks_that_failed_are_left_out_of_every_part():
    made = design(unit_factors(4), "sobol", 64)
    y = linear(made.sample)
    y[3 * made.block] = np.nan
    grown = convergence(analyse(made, y, failures="drop"))
    kept = np.delete(np.arange(8), 3)
    alone = analyse(made.part(kept), linear).frame
    pd.testing.assert_frame_equal(part(grown, "1/8"), alone, check_exact=True)


def test_small_designs_have_fewer_parts():
    made = design(unit_factors(2), "sobol", 4)
    grown = convergence(analyse(made, lambda t: t["x0"]))
    assert grown["part"].unique().tolist() == ["1/2", "all", "second half"]


def test_the_recommended_n_is_enough_and_no_more(found):
    grown = convergence(found)
    whole = grown[(grown["part"] == "all") & grown["index"].isin(["S1", "ST"])]
    widest = (whole["high"] - whole["low"]).max()
    assert recommended_n(grown, width=1.001 * widest) == 1024
    assert recommended_n(grown, width=0.999 * widest) == 2048
    assert recommended_n(grown, width=widest / 3.9) == 16384
    n = recommended_n(grown, width=0.1)
    assert n > 1024
    larger = analyse(design(ANGLES, "sobol", n), ishigami).frame
    assert (larger["high"] - larger["low"]).max() < 0.11


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: convergence(given_data(pd.DataFrame({"a": np.arange(200.0)}), np.ones(200))),
            "'delta' indices have no design; nothing can grow",
        ),
        (
            lambda: convergence(
                analyse(
                    design(ANGLES, "salib", 100, sample="fast_sampler", analyze="fast"), ishigami
                )
            ),
            "convergence of method 'salib'; only Sobol and Morris have blocks",
        ),
        (
            lambda: convergence((design(ANGLES, "sobol", 8), np.zeros(39))),
            "the design has 40 rows",
        ),
        (
            lambda: recommended_n(convergence(analyse(design(ANGLES, "morris", 8), ishigami))),
            "no S1 and ST; n is recommended for the method of Sobol",
        ),
        (
            lambda: convergence(np.ones(40)),
            "ndarray has no design; give what `sensitivity` returned, or a design and its results",
        ),
        (
            lambda: recommended_n(analyse(design(ANGLES, "sobol", 8), ishigami)),
            r"Indices of no growing sample; give convergence\(...\)",
        ),
        (
            lambda: recommended_n(convergence((design(ANGLES, "sobol", 8), np.ones(40)))),
            "no interval; no output varies",
        ),
        (
            lambda: recommended_n(
                convergence(analyse(design(ANGLES, "sobol", 8), ishigami)), width=0
            ),
            "width 0; it is positive",
        ),
    ],
)
def test_bad_questions_are_told(make, told):
    with pytest.raises(InputError, match=told):
        make()
