"""Figures of sensitivities show the numbers of the indices, and refuse what they cannot show."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from il15_sim import InputError, plots
from il15_sim.plots.figure import colour
from il15_sim.plots.index_rows import output_name
from il15_sim.sensitivity.result import Indices, frame_of, row

FACTORS = ["a", "b", "c"]


def made(method, numbers, hours=(None,), pairs=(), output="y"):
    """Indices of made-up numbers: by index, one value per factor; intervals of half width 0.05."""
    rows = [
        row((output, hour), factor, index, value * (1 + (hour or 0) / 100), 0.05)
        for hour in hours
        for index, values in numbers.items()
        for factor, value in zip(FACTORS, values, strict=True)
    ]
    rows += [row((output, None), one, "S2", v, 0.05, other) for one, other, v in pairs]
    return Indices(frame_of(rows), method, 8, 0, pd.DataFrame())


LOCAL = made("local", {"log_slope": [0.2, -0.9, 0.5], "over_range": [3.0, 1.0, -2.0]})
MORRIS = made("morris", {"mu_star": [1.0, 3.0, 2.0], "sigma": [0.5, 1.0, 4.0]})
SHARES = {"S1": [0.1, 0.5, 0.2], "ST": [0.2, 0.6, 0.4]}
PAIRS = [("a", "b", 0.01), ("a", "c", -0.001), ("b", "c", 0.15)]
SOBOL = made("sobol", SHARES, pairs=PAIRS)
COURSE = made("sobol", SHARES, hours=(0.0, 24.0, 48.0))


def grown():
    parts = [("1/2", 64), ("all", 128), ("second half", 64)]
    return pd.concat([SOBOL.frame.assign(part=p, n=n) for p, n in parts], ignore_index=True)


def bars(figure):
    """Widths of the bars, from the top down."""
    found = sorted(figure.axes[0].patches, key=lambda bar: bar.get_y())
    return [bar.get_width() for bar in found]


def names(figure):
    return [text.get_text() for text in figure.axes[0].get_yticklabels()]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_tornado_has_signed_bars_the_largest_first():
    figure = plots.tornado(LOCAL, labels={"b": "second one"})
    assert bars(figure) == [-0.9, 0.5, 0.2]
    assert names(figure) == ["second one", "c", "a"]
    tints = [to_hex(bar.get_facecolor()).upper() for bar in figure.axes[0].patches]
    assert tints == [colour(1), colour(0), colour(0)]
    assert bars(plots.tornado(LOCAL, index="over_range", top=2)) == [3.0, -2.0]


def test_sobol_bars_show_s1_beside_st_with_intervals():
    figure = plots.sobol_bars(SOBOL, top=2)
    assert bars(figure) == [0.5, 0.6, 0.2, 0.4]
    assert names(figure) == ["b", "c"]
    ends = [line[:, 0] for lines in figure.axes[0].collections for line in lines.get_segments()]
    expected = [[0.45, 0.55], [0.15, 0.25], [0.55, 0.65], [0.35, 0.45]]
    np.testing.assert_allclose(ends, expected)


def test_the_plane_of_morris_names_the_first_and_greys_the_others():
    figure = plots.morris_plane(MORRIS, top=2)
    axes = figure.axes[0]
    points = {
        (x.get_xdata()[0], x.get_ydata()[0]) for x in axes.get_lines() if len(x.get_xdata()) == 1
    }
    assert points == {(1.0, 0.5), (3.0, 1.0), (2.0, 4.0)}
    assert legend(figure) == ["b", "c", "1 other"]
    rays = [x for x in axes.get_lines() if len(x.get_xdata()) == 2]
    slopes = sorted(x.get_ydata()[1] / x.get_xdata()[1] for x in rays)
    assert slopes == pytest.approx([0.1, 0.5, 1.0])
    assert {text.get_text() for text in axes.texts} == {"σ = µ*", "0.5 µ*", "0.1 µ*"}


def test_indices_over_time_are_lines_over_days():
    figure = plots.indices_over_time(COURSE, top=2)
    first = figure.axes[0].get_lines()[0]
    assert list(first.get_xdata()) == [0.0, 1.0, 2.0]
    np.testing.assert_allclose(first.get_ydata(), [0.6, 0.6 * 1.24, 0.6 * 1.48])
    assert legend(figure) == ["b", "c"]
    assert figure.axes[0].get_xlabel() == "Time (days)"


def test_one_time_of_a_course_can_be_drawn_as_bars():
    figure = plots.sobol_bars(COURSE, time_h=24.0, top=1)
    assert bars(figure) == pytest.approx([0.5 * 1.24, 0.6 * 1.24])
    assert figure.get_suptitle() == "y, day 1"


def test_several_others_are_others():
    assert legend(plots.morris_plane(MORRIS, top=1))[-1] == "2 others"


def test_shares_that_cannot_be_seen_have_no_bar():
    small = made("sobol", {"S1": [0.5, 0.0, 0.004], "ST": [0.6, 0.008, 0.012]})
    told = [text.get_text() for text in plots.sobol_bars(small).axes[0].get_yticklabels()]
    assert told == ["a", "c"]
    small = made("sobol", {"S1": [0.0, 0.0, 0.0], "ST": [0.001, 0.002, 0.0]})
    told = [text.get_text() for text in plots.sobol_bars(small).axes[0].get_yticklabels()]
    assert told == ["b"]


def test_interactions_are_below_the_diagonal_and_bold_where_they_are_sure():
    texts = plots.interactions(SOBOL).axes[0].texts
    shown = {tuple(np.floor(t.get_position()).astype(int)): t for t in texts}
    told = {place: text.get_text() for place, text in shown.items()}
    # By ST the factors are b, c, a; places are (column, row).
    assert told == {
        **{(0, 0): "0.50", (1, 1): "0.20", (2, 2): "0.10"},
        **{(0, 1): "0.15", (0, 2): "0.01", (1, 2): "0.00"},
    }
    bold = {place for place, text in shown.items() if text.get_fontweight() == "bold"}
    assert bold == {(0, 0), (1, 1), (2, 2), (0, 1)}


def test_convergence_is_told_by_size_with_the_second_half_apart():
    figure = plots.index_convergence(grown(), top=1)
    grew, again = figure.axes[0].get_lines()
    assert list(grew.get_xdata()) == [64.0, 128.0]
    assert list(grew.get_ydata()) == [0.6, 0.6]
    assert (again.get_xdata()[0], again.get_markerfacecolor()) == (256.0, "white")
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks == ["64", "128", "64,\n2nd half"]


def test_outputs_are_told_in_words():
    assert output_name("auc_sorafenib_free_nM_648_672h", None) == (
        "Sorafenib, free: AUC, 648–672 h"
    )
    assert output_name("value_at_cd4_per_uL_day7", None) == "CD4+ cells: value, day 7"
    assert output_name("y", {"y": "Yield"}, 36.0) == "Yield, day 1.5"


ALL = {
    "tornado": lambda: plots.tornado(LOCAL),
    "morris_plane": lambda: plots.morris_plane(MORRIS),
    "sobol_bars": lambda: plots.sobol_bars(SOBOL),
    "indices_over_time": lambda: plots.indices_over_time(COURSE),
    "interactions": lambda: plots.interactions(SOBOL),
    "index_convergence": lambda: plots.index_convergence(grown()),
}


@pytest.mark.parametrize("name", ALL)
def test_a_figure_has_a_width_of_journals_and_keeps_its_texts_inside(name):
    figure = ALL[name]()
    assert figure.get_figwidth() * 25.4 == pytest.approx(180 if name == "interactions" else 85)
    figure.draw_without_rendering()
    parts = [*figure.texts, *(a.xaxis.label for a in figure.axes), *figure.legends]
    for part in (*parts, *(a.yaxis.label for a in figure.axes if a.get_ylabel())):
        box = part.get_window_extent()
        assert box.x0 >= -2
        assert box.y0 >= -2
        assert box.x1 <= figure.bbox.x1 + 2
        assert box.y1 <= figure.bbox.y1 + 2


NOTHING = made("local", {"log_slope": [math.nan] * 3})
TWO = Indices(
    pd.concat([LOCAL.frame, made("local", {"log_slope": [1, 2, 3]}, output="zeta").frame]),
    *("local", 1, 0, pd.DataFrame()),
)


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (
            lambda: plots.tornado(SOBOL),
            "no log_slope of 'y'; there are: S1, S2, ST; give what sens",
        ),
        (lambda: plots.tornado(LOCAL, index="slope"), "unknown index 'slope'; did you mean 'log_s"),
        (lambda: plots.tornado(NOTHING), "no index of 'y' is a number; it does not vary, or is ze"),
        (lambda: plots.tornado(TWO), "which output?; choose one of: y, zeta"),
        (lambda: plots.tornado(TWO, "zetta"), "unknown output 'zetta'; did you mean 'zeta'?"),
        (lambda: plots.tornado(LOCAL, top=0), "top=0; it is the number of factors, 1 or more"),
        (lambda: plots.tornado(LOCAL, time_h=3.0), "time_h 3 of 'y'; it is one number of a run"),
        (lambda: plots.sobol_bars(MORRIS), "no S1 of 'y'; there are: mu_star, sigma; give sens"),
        (lambda: plots.sobol_bars(COURSE), "time_h None of 'y'; it is a time course; choose one "),
        (lambda: plots.morris_plane(LOCAL), "no mu_star of 'y'; there are: log_slope, over_range"),
        (lambda: plots.interactions(COURSE), "no S2 of 'y'; there are: S1, ST; give a Design: "),
        (lambda: plots.indices_over_time(SOBOL), "'y' is no time course; a figure over time need"),
        (lambda: plots.indices_over_time(COURSE, index="S3"), "unknown index 'S3'; did you mean"),
        (lambda: plots.index_convergence(SOBOL.frame), "missing column 'part'; give what sensit"),
        (lambda: plots.index_convergence(grown(), index="mu"), "unknown index 'mu'; choose one of"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_way_out(draw, told):
    with pytest.raises(InputError) as error:
        draw()
    assert told in str(error.value)
