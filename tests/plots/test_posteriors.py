"""Figures of a posterior show its draws, on the scales that they were searched on."""

from dataclasses import replace

import numpy as np
import pytest

from il15_sim import InputError, plots
from il15_sim.plots.posterior_scale import PosteriorScale
from tests.made.posteriors import drawn


@pytest.fixture(scope="module")
def two():
    return drawn(2)


@pytest.fixture(scope="module")
def ten():
    return drawn(10)


def texts(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


# --- traces --------------------------------------------------------------------------------------


def test_traces_are_medians_of_walkers_step_by_step(two):
    figure = plots.traces(two)
    left, _ = figure.axes[2:4]
    steps = two.values.shape[1] // 16
    walkers = two.values[:, :, 1].reshape(4, 16, steps)
    lines = left.get_lines()
    assert len(lines) == 4
    for line, own in zip(lines, walkers, strict=True):
        assert line.get_xdata().tolist() == list(range(1, steps + 1))
        assert line.get_ydata().tolist() == np.median(own, axis=0).tolist()
    band = left.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx(np.quantile(walkers, 0.95, axis=(0, 1)).max())
    assert left.get_title(loc="left") == "k1 (1/h)"
    assert left.get_xlabel().startswith("Step after the warm-up")


def test_ranks_count_every_draw_and_tell_a_chain_that_stands_apart(two):
    right = plots.traces(two).axes[1]
    heights = np.array([stairs.get_data().values for stairs in right.patches])
    # Each chain has a quarter of the draws, each bin a twentieth, but for draws that were kept
    # for several steps: they have the same rank.
    assert heights.mean(axis=1).tolist() == pytest.approx([1.0] * 4)
    assert heights.mean(axis=0).tolist() == pytest.approx([1.0] * 20, abs=0.05)
    assert np.abs(heights - 1).max() < 1
    row = two.frame.iloc[0]
    told = f"R-hat {row['r_hat']:.3f}, ESS {row['ess_bulk']:,.0f} (tails {row['ess_tail']:,.0f})"
    assert right.get_title(loc="left") == told
    values = two.values.copy()
    values[2] *= 10
    apart = plots.traces(replace(two, values=values)).axes[1]
    heights = apart.patches[2].get_data().values
    # The highest quarter of all draws is this chain's.
    assert heights[-4:].tolist() == pytest.approx([4.0] * 4, abs=0.5)
    assert apart.get_ylim()[1] > 4


def test_chains_have_a_legend(two):
    (legend,) = plots.traces(two).legends
    assert [text.get_text() for text in legend.get_texts()] == [f"chain {n}" for n in range(1, 5)]


# --- pairs ---------------------------------------------------------------------------------------


def panels(figure, count):
    """Panels by row and column; those above the diagonal are not there."""
    place = {
        (spec.rowspan.start, spec.colspan.start): axes
        for axes in figure.axes
        for spec in [axes.get_subplotspec()]
    }
    assert {*place} == {(i, j) for i in range(count) for j in range(i + 1)}
    return place


def test_the_diagonal_has_median_and_interval(two):
    grid = panels(plots.pairs(two), 2)
    for at in range(2):
        values = two.values[:, :, at].ravel()
        drawn_ = np.log10(values) if at == 0 else values
        at_x = [line.get_xdata()[0] for line in grid[at, at].get_lines()]
        assert at_x == pytest.approx(np.quantile(drawn_, [0.5, 0.025, 0.975]))
        counts = grid[at, at].patches[0].get_data().values
        assert counts.sum() >= 0.99 * len(values)
    assert grid[1, 0].get_xlim() == grid[0, 0].get_xlim()
    assert grid[1, 0].get_ylim() == grid[1, 1].get_xlim()


def test_regions_hold_half_and_95_percent_of_the_draws(two):
    axes = panels(plots.pairs(two), 2)[1, 0]
    first, second = two.values.reshape(-1, 2).T
    points = np.column_stack([np.log10(first), second])
    (regions,) = axes.collections
    outer, inner = regions.get_paths()
    within = inner.contains_points(points)
    assert within.mean() == pytest.approx(0.5, abs=0.05)
    # The outer region has a hole where the inner one lies.
    assert (within | outer.contains_points(points)).mean() == pytest.approx(0.95, abs=0.03)


def test_a_log_axis_has_plain_numbers_at_logs(two):
    grid = panels(plots.pairs(two), 2)
    ticks, told = grid[1, 0].get_xticks(), texts(grid[1, 0].xaxis)
    assert len(ticks) >= 2
    assert [float(text) for text in told] == pytest.approx((10**ticks).tolist(), rel=1e-3)
    ticks, told = grid[1, 0].get_yticks(), texts(grid[1, 0].yaxis)
    assert [float(text) for text in told] == pytest.approx(ticks.tolist())
    assert grid[1, 0].get_xlabel() == grid[0, 0].get_title(loc="left") == "k0 (1/h)"
    assert grid[1, 0].get_ylabel() == "k1 (1/h)"


@pytest.mark.parametrize(
    ("values", "log", "is_log"),
    [
        ([1, 1000], True, True),
        ([1, 1000], False, False),
        ([1, 2.9], True, False),
        ([-1, 10], True, False),
        ([5, 5], True, False),
        ([0, 0], False, False),
        ([2.0, 7.0], True, True),
        ([1e-12, 1e-3], True, True),
        ([4e5, 4.001e5], False, False),
    ],
)
def test_scales_suit_the_draws(two, values, log, is_log):
    grid = np.linspace(*values, 64_00).reshape(4, 1600, 1)
    if is_log:
        grid = np.geomspace(*values, 64_00).reshape(4, 1600, 1)
    scale = PosteriorScale(replace(two, values=grid, logarithmic=(log,)), 0)
    assert scale.log == is_log
    ends = np.log10(values) if is_log else np.array(values)
    assert scale.low < ends[0] <= ends[1] < scale.high
    from il15_sim.plots.figure import new_figure

    axes = new_figure(85, 60).subplots()
    axes.set_xlim(scale.low, scale.high)
    scale.set_ticks(axes.xaxis)
    told = texts(axes.xaxis)
    assert 2 <= len(told) <= 6
    assert len(set(told)) == len(told)


def test_many_parameters_are_numbered_and_named_once(ten):
    figure = plots.pairs(ten)
    grid = panels(figure, 10)
    assert [grid[9, j].get_xlabel() for j in range(10)] == [str(n) for n in range(1, 11)]
    assert [grid[n, n].get_title(loc="left") for n in range(9)] == [str(n) for n in range(1, 10)]
    (key,) = figure.texts
    assert key.get_text().splitlines() == [f"{n + 1}  k{n} (1/h)" for n in range(10)]
    assert all(label == "" for label in texts(grid[5, 3].yaxis))


def test_parameters_are_chosen_in_their_order(ten):
    figure = plots.pairs(ten, ["k7", "k2"])
    grid = panels(figure, 2)
    assert grid[1, 0].get_xlabel() == "k7 (1/h)"
    assert grid[1, 0].get_ylabel() == grid[1, 1].get_xlabel() == "k2 (1/h)"
    single = plots.pairs(ten, ["k3"])
    assert len(single.axes) == 1
    assert len(single.legends[0].get_texts()) == 2


def test_a_long_name_is_wrapped_or_cut():
    long = tuple(f"rate_of_{'a_very_' * 9}long_name_{n}" for n in range(5))
    found = drawn(5)
    found = replace(found, names=long)
    (key,) = plots.pairs(found).texts
    first = key.get_text().splitlines()[0]
    assert first.endswith("… (1/h)")
    assert len(first) < 85
    figure = plots.pairs(found, [long[0]])
    assert "\n" in figure.axes[0].get_xlabel()


# --- what is refused -----------------------------------------------------------------------------


def test_what_cannot_be_shown(two, ten):
    with pytest.raises(InputError, match=r"^unknown parameter 'K1'; did you mean 'k1'\?$"):
        plots.pairs(two, ["k0", "K1"])
    with pytest.raises(
        InputError, match=r"^0 parameters in one figure; from one to 10 can be shown$"
    ):
        plots.pairs(two, [])
    eleven = drawn(11)
    told = r"^11 parameters in one figure; from one to 10 can be shown"
    with pytest.raises(InputError, match=told + "; give the names of some$"):
        plots.pairs(eleven)
    with pytest.raises(InputError, match=told):
        plots.traces(eleven)
    many = replace(
        two, shares=np.tile(two.shares, (2, 1, 1)), values=np.tile(two.values, (2, 1, 1))
    )
    with pytest.raises(
        InputError, match=r"^8 chains in one panel; no more than 7 can be told apart$"
    ):
        plots.traces(many)
