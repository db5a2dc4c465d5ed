"""Indices of functions whose indices are known."""

import numpy as np
import pytest
from scipy.stats import norm

from il15_sim import InputError
from il15_sim.sensitivity import Factor, analyse, design
from tests.sensitivity.known_functions import (
    ANGLES,
    ISHIGAMI,
    ishigami,
    linear,
    linear_shares,
    morris_1991,
    sobol_g,
    sobol_g_indices,
    unit_factors,
    value,
    values,
)


def test_sobol_finds_the_indices_of_ishigami():
    frame = analyse(design(ANGLES, "sobol", 4096, second_order=True), ishigami).frame
    assert values(frame, "S1") == pytest.approx(ISHIGAMI["S1"], abs=0.01)
    assert values(frame, "ST") == pytest.approx(ISHIGAMI["ST"], abs=0.01)
    for (one, other), right in ISHIGAMI["S2"].items():
        assert value(frame, one, "S2", other) == pytest.approx(right, abs=0.03)
    assert len(frame) == 9


def test_an_output_far_from_zero_has_the_same_indices():
    made = design(ANGLES, "sobol", 1024)
    plain = analyse(made, ishigami).frame["value"].to_numpy()
    far = analyse(made, lambda table: 1e6 + ishigami(table)).frame["value"].to_numpy()
    assert far == pytest.approx(plain, abs=1e-8)


def test_sobol_finds_the_indices_of_g():
    frame = analyse(design(unit_factors(5), "sobol", 8192), sobol_g).frame
    first, total = sobol_g_indices()
    assert values(frame, "S1") == pytest.approx(first, abs=0.01)
    assert values(frame, "ST") == pytest.approx(total, abs=0.01)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    held, asked = 0, 0
    for seed in range(40):
        frame = analyse(design(ANGLES, "sobol", 256, seed=seed), ishigami).frame
        for index in ("S1", "ST"):
            rows = frame[frame["index"] == index]
            held += ((rows["low"] <= ISHIGAMI[index]) & (rows["high"] >= ISHIGAMI[index])).sum()
            asked += len(rows)
    # Points of Sobol are more even than the bootstrap believes, so the intervals are wide.
    assert held >= 0.95 * asked


def test_shares_of_a_linear_function_are_those_of_its_variance():
    frame = analyse(design(unit_factors(4), "sobol", 2048), linear).frame
    for index in ("S1", "ST"):
        assert values(frame, index) == pytest.approx(linear_shares(), abs=0.005)


def test_indices_of_groups_are_sums():
    groups = unit_factors(4, ab=["x0", "x1"], rest=["x2", "x3"])
    frame = analyse(design(groups, "sobol", 2048), linear).frame
    assert frame["factor"].unique().tolist() == ["ab", "rest"]
    shares = linear_shares()
    for index in ("S1", "ST"):
        assert values(frame, index) == pytest.approx(
            [shares[:2].sum(), shares[2:].sum()], abs=0.005
        )


def test_a_logarithmic_factor_is_linear_in_its_logarithm():
    spread = [Factor("a", 1.0, 1e4, "log-uniform"), Factor("b", 0.0, 1.0)]
    frame = analyse(
        design(spread, "sobol", 2048), lambda t: np.log(t["a"]) / np.log(1e4) + 2 * t["b"]
    ).frame
    assert values(frame, "S1") == pytest.approx([0.2, 0.8], abs=0.005)


@pytest.mark.parametrize("options", [{}, {"optimal": 6}, {"levels": 8}])
def test_morris_reads_the_slopes_of_a_linear_function(options):
    frame = analyse(design(unit_factors(4), "morris", 20, **options), linear).frame
    assert values(frame, "mu_star") == pytest.approx([3.0, 2.0, 1.0, 0.0], abs=1e-12)
    assert values(frame, "mu") == pytest.approx([3.0, -2.0, 1.0, 0.0], abs=1e-12)
    assert values(frame, "sigma") == pytest.approx(np.zeros(4), abs=1e-12)


def test_elementary_effects_are_per_range_of_the_factor():
    wide = [Factor("a", 10.0, 30.0), Factor("b", 1.0, 100.0, "log-uniform")]
    frame = analyse(design(wide, "morris", 10), lambda t: t["a"] + np.log10(t["b"])).frame
    assert values(frame, "mu_star") == pytest.approx([20.0, 2.0], rel=1e-12)


def test_morris_sees_the_kinds_of_factors_of_his_function():
    frame = analyse(design(unit_factors(20), "morris", 200), morris_1991).frame
    effect, spread = values(frame, "mu_star"), values(frame, "sigma")
    # x8 to x10 act alone and linearly: 20 times the range of w.
    assert effect[7:10] == pytest.approx([40.0] * 3, abs=1e-9)
    assert spread[7:10] == pytest.approx(np.zeros(3), abs=1e-9)
    assert effect[10:] == pytest.approx(np.zeros(10), abs=1e-9)
    assert (spread[:7] > 5).all()
    assert (effect[:7] > 15).all()


def test_morris_does_not_look_at_where_a_distribution_is_cut_off():
    # The bounds hold all of the normal: Sobol gives b nine tenths of the variance.
    made = design([Factor("a", -100, 100, "normal", (0, 1)), Factor("b", 0, 1)], "morris", 16)
    shares = [norm.cdf(level) for level in sorted(set(made.sample["a"]))]
    assert shares == pytest.approx([1 / 8, 3 / 8, 5 / 8, 7 / 8])
    assert sorted(set(made.sample["b"])) == pytest.approx([0, 1 / 3, 2 / 3, 1])
    frame = analyse(made, lambda table: table["a"] + 10 * table["b"]).frame
    # Levels that are half of all apart: 1/8 to 5/8, and 3/8 to 7/8.
    step = norm.ppf(5 / 8) - norm.ppf(1 / 8)
    assert values(frame, "mu_star") == pytest.approx([step / (2 / 3), 10])


@pytest.mark.parametrize(
    ("group", "sample", "analyze", "told"),
    [
        ("", "ff", "ff", "SALib's 'ff' gives no number per factor; choose another one, such as"),
        ("g", "latin", "delta", "SALib's 'delta' gives no number per group; leave groups out"),
    ],
)
def test_a_method_of_salib_without_a_number_per_factor_is_told(group, sample, analyze, told):
    named = [Factor("a", 0, 1, group=group), Factor("b", 0, 1, group=group), Factor("c", 0, 1)]
    made = design(named, "salib", 100, sample=sample, analyze=analyze)
    with pytest.raises(InputError, match=told):
        analyse(made, lambda table: table["a"] + table["c"])


def test_the_effect_of_a_group_has_a_size_and_no_sign():
    # One member of a trajectory's group rises while the other falls.
    made = design(
        [Factor(n, 0, 1, group=g) for n, g in zip("abc", "ggh", strict=True)], "morris", 8
    )
    frame = analyse(made, lambda table: -table["a"] - table["c"]).frame
    g, h = values(frame, "mu")
    assert np.isnan(g)
    assert h == pytest.approx(-1)
    assert values(frame, "mu_star") == pytest.approx([1, 1])


def test_groups_of_morris_move_together():
    grouped = unit_factors(4, ab=["x0", "x1"])
    made = design(grouped, "morris", 30)
    assert len(made) == 30 * 4
    frame = analyse(made, linear).frame
    assert frame["factor"].unique().tolist() == ["ab", "x2", "x3"]
    # Both up: 1; one up, one down: 5.
    assert 1.0 < value(frame, "ab", "mu_star") < 5.0
    assert value(frame, "x2", "mu_star") == pytest.approx(1.0)


def test_a_constant_output_has_no_shares_and_no_effects():
    sobol = analyse(design(ANGLES, "sobol", 16, second_order=True), lambda t: 0 * t["x1"] + 5.0)
    assert sobol.frame["value"].isna().all()
    morris = analyse(design(ANGLES, "morris", 16), lambda t: 0 * t["x1"] + 5.0)
    assert (morris.frame["value"] == 0).all()


@pytest.mark.parametrize(
    ("names", "n", "within"),
    [
        ({"sample": "fast_sampler", "analyze": "fast"}, 4096, 0.02),
        ({"sample": "latin", "analyze": "rbd_fast"}, 4096, 0.05),
    ],
)
def test_other_methods_of_salib_are_called_by_name(names, n, within):
    frame = analyse(design(ANGLES, "salib", n, **names), ishigami).frame
    assert values(frame, "S1") == pytest.approx(ISHIGAMI["S1"], abs=within)


def test_derivatives_are_called_by_name():
    made = design(unit_factors(4), "salib", 64, sample="finite_diff", analyze="dgsm")
    frame = analyse(made, linear).frame
    # The mean square of the derivative.
    assert values(frame, "vi") == pytest.approx([9.0, 4.0, 1.0, 0.0], rel=1e-6)


def test_several_outputs_are_analysed_each_for_itself():
    made = design(unit_factors(4), "sobol", 256)
    both = analyse(made, lambda t: {"line": linear(t), "first": t["x0"]})
    assert both.outputs == ("line", "first")
    alone = analyse(made, linear).frame
    line = both.frame[both.frame["output"] == "line"]
    assert line["value"].tolist() == alone["value"].tolist()
    assert both.ranking("first")["value"][0] == pytest.approx(1.0, abs=0.01)
