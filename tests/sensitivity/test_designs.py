"""Designs: how many rows, in which order, from which seed; and what is refused."""

import warnings

import numpy as np
import pandas as pd
import pytest

from il15_sim import InputError
from il15_sim.sensitivity import Factor, analyse, design
from tests.sensitivity.known_functions import ANGLES, ishigami, linear, unit_factors

FAST = {"sample": "fast_sampler", "analyze": "fast"}
METHODS = [
    ("sobol", 16, {}),
    ("sobol", 16, {"second_order": True}),
    ("morris", 10, {}),
    ("morris", 10, {"optimal": 4}),
    ("salib", 100, FAST),
    ("salib", 120, {"sample": "latin", "analyze": "delta"}),
]


@pytest.mark.parametrize(
    ("method", "n", "options", "rows"),
    [
        ("sobol", 16, {}, 16 * 6),
        ("sobol", 16, {"second_order": True}, 16 * 10),
        ("morris", 10, {}, 10 * 5),
        ("morris", 10, {"optimal": 4}, 4 * 5),
        ("salib", 100, FAST, 400),
    ],
)
def test_how_many_rows_there_are(method, n, options, rows):
    made = design(unit_factors(4), method, n, **options)
    assert made.sample.shape == (rows, 4)
    assert made.sample.index.equals(pd.RangeIndex(rows))
    assert repr(made).startswith(f"{method} design: {rows} rows of 4 factors")


@pytest.mark.parametrize("options", [{}, {"second_order": True}])
def test_blocks_of_saltelli_are_laid_out_as_he_says(options):
    """A; A with each factor of B; B with each factor of A; B."""
    made = design(unit_factors(3), "sobol", 8, **options)
    for block in made.unit.reshape(8, made.block, 3):
        a, b = block[0], block[-1]
        for j in range(3):
            assert block[1 + j].tolist() == [*a[:j], b[j], *a[j + 1 :]]
            if options:
                assert block[4 + j].tolist() == [*b[:j], a[j], *b[j + 1 :]]


@pytest.mark.parametrize(("method", "n", "options"), METHODS)
def test_a_seed_gives_the_same_rows_and_intervals_and_another_others(method, n, options):
    # Twice the seed 0, which SALib takes for none.
    one, same, other = (
        analyse(design(ANGLES, method, n, seed=seed, **options), ishigami) for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(one.frame, same.frame, check_exact=True)
    # The points of FAST are fixed but for their phases, and bootstraps differ by the seed.
    assert one.options["design"] == same.options["design"] != other.options["design"]
    assert not one.frame["value"].equals(other.frame["value"])


@pytest.mark.parametrize(("method", "n", "options"), METHODS)
def test_nothing_of_the_process_is_touched(method, n, options):
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    shown, filters = warnings.formatwarning, list(warnings.filters)
    first = analyse(design(ANGLES, method, n, **options), ishigami).frame
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert warnings.formatwarning is shown
    assert list(warnings.filters) == filters
    np.random.seed(8)  # noqa: NPY002
    second = analyse(design(ANGLES, method, n, **options), ishigami).frame
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_points_of_sobol_nest():
    small, large = (design(ANGLES, "sobol", n, seed=3) for n in (8, 32))
    assert np.array_equal(large.unit[: len(small)], small.unit)


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_spare_blocks_are_new_and_the_same_however_they_are_asked_for(method):
    made = design(unit_factors(4), method, 16, seed=5)
    spare = made.spare(0, 30)
    assert spare.shape == (30 * made.block, 4)
    assert np.array_equal(made.spare(7, 2), spare[7 * made.block : 9 * made.block])
    if method == "sobol":
        longer = design(unit_factors(4), method, 64, seed=5)
        assert np.array_equal(spare, longer.unit[len(made) : len(made) + len(spare)])
    else:
        assert not np.array_equal(spare[: made.block], made.unit[: made.block])


def test_rows_are_in_units_of_the_factors():
    made = design([Factor("a", 10, 30), Factor("b", 0.01, 100, "log-uniform")], "sobol", 64)
    table = made.sample
    assert table["a"].between(10, 30).all()
    assert table["a"].mean() == pytest.approx(20, abs=0.2)
    assert np.log10(table["b"]).mean() == pytest.approx(0, abs=0.1)


def test_the_hash_knows_factors_rows_and_method():
    made = design(ANGLES, "sobol", 16)
    wider = [Factor("x1", -4, 4), *ANGLES[1:]]
    assert made.hash == design(ANGLES, "sobol", 16).hash
    others = [
        design(wider, "sobol", 16),
        design(ANGLES, "sobol", 16, seed=1),
        design(ANGLES, "sobol", 32),
        design(ANGLES[::-1], "sobol", 16),
    ]
    assert len({made.hash, *(other.hash for other in others)}) == 5


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"n": 1000}, r"n 1000; the points of Sobol .* powers of two; give 512 or 1024"),
        ({"n": 1}, "n 1; it is a whole number from 2 on"),
        ({"n": 64.0}, "n 64.0; it is a whole number"),
        ({"n": True}, "n True"),
        ({"seed": -1}, "seed -1; it is a whole number from 0 on"),
        ({"seed": None}, "seed None"),
        ({"seed": True}, "seed True"),
        ({"method": "sobl"}, "unknown method 'sobl'; did you mean 'sobol'"),
        ({"second_ordr": True}, "option of 'sobol' 'second_ordr'; did you mean 'second_order'"),
        ({"second_order": "no"}, "second_order 'no'; give True or False"),
        ({"factors": ()}, "0 factors"),
        ({"factors": [ANGLES[0], ANGLES[0]]}, "2 factors, 1 names"),
        ({"method": "morris", "levels": 5}, "levels 5; it is an even number"),
        ({"method": "morris", "n": 10, "optimal": 10}, "optimal 10; it lies between 2 and n - 1"),
        ({"method": "salib"}, "method 'salib' without sample; name it"),
        ({"method": "salib", "sample": "latin"}, "method 'salib' without analyze"),
        (
            {"method": "salib", "sample": "latn", "analyze": "delta"},
            "unknown SALib sample method 'latn'; did you mean 'latin'",
        ),
        (
            {"method": "salib", "sample": "latin", "analyze": "delt"},
            "unknown SALib analyze method 'delt'; did you mean 'delta'",
        ),
        (
            {"method": "salib", "n": 20, **FAST},
            "SALib.sample.fast_sampler refuses: .*",
        ),
        (
            {"method": "salib", "n": 100, **FAST, "sample_options": {"MM": 3}},
            "unknown option of SALib.sample.fast_sampler 'MM'; did you mean 'M'",
        ),
    ],
)
def test_bad_designs_are_told(asked, told):
    with pytest.raises(InputError, match=told):
        design(**{"factors": ANGLES, **asked})


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_a_sample_of_dependent_factors_is_refused(method):
    posterior = pd.DataFrame({"x1": [1.0, 2.0], "x2": [2.0, 4.0]})
    with pytest.raises(InputError, match=r"independent factors.*by `given_data`"):
        design(posterior, method, 16)


@pytest.mark.parametrize(
    ("y", "told"),
    [
        (np.zeros(63), r"'y' have shape \(63,\); the design has 64 rows"),
        (np.zeros((64, 2)), r"'y' have shape \(64, 2\)"),
        (pd.Series(np.zeros(64), np.arange(64)[::-1]), "index is not 0 to 63 in order"),
        (pd.DataFrame({"a": np.zeros(64)}, np.arange(1, 65)), "index is not 0 to 63 in order"),
        ({"a": ["x"] * 64}, "results 'a' are no numbers"),
        ({}, "no results to analyse"),
    ],
)
def test_results_of_another_design_are_told(y, told):
    with pytest.raises(InputError, match=told):
        analyse(design(unit_factors(2), "sobol", 16), y)


def test_rows_that_were_sorted_are_refused():
    made = design(unit_factors(4), "sobol", 16)
    y = made.sample.assign(y=linear(made.sample)).sort_values("y")["y"]
    with pytest.raises(InputError, match="each result belongs to the row of the design"):
        analyse(made, y)


def test_bootstraps_are_counted():
    with pytest.raises(InputError, match="resamples 1; it is a whole number from 2 on"):
        analyse(design(ANGLES, "sobol", 16), ishigami, resamples=1)
