"""Figures are readable: size, type, colours, no overlaps, labels, captions, equal bytes."""

import ast
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.text import Text

from il15_sim import Model, Population, plots
from il15_sim.fit import fit_table
from il15_sim.model.observables import read_observables
from il15_sim.plots import axes as axes_module
from il15_sim.plots.labels import axis_label, name_of, unit_text
from tests.made import own_tables, trials
from tests.made.posteriors import drawn
from tests.made.runs import made_runs


def mapped(draw):
    """A map with a long title and a mark, over six doses and four intervals."""
    doses, every = np.array([100.0, 200, 300, 400, 600, 800]), np.array([6.0, 8, 12, 24])
    values = np.log1p(doses[:, None] / every)
    found = xr.Dataset(
        {"subset": (("dose", "every"), values, {"units": "percent"})},
        {"dose": ("dose", doses, {"units": "mg"}), "every": ("every", every, {"units": "h"})},
    )
    title = "CD4+NKG2D+ share of CD4 T cells on day 56, ratio to no treatment (no unit)"
    mark = {"dose": 400, "every": 12}
    if draw is not plots.dose_map:
        mark.pop("every")
    return draw(found, approved=mark, labels={"subset": title})


@pytest.fixture(scope="module")
def figures(runs, ladder, knocked_out, fitted):
    readings = own_tables.table([1.0, 2.0, 3.0], [0.7, 0.4, 0.3])
    bounds = {"rate": (0.1, 10.0)}
    own = fit_table(own_tables.decay(), readings, "rate", bounds=bounds, starts=1)
    ten = drawn(10)
    return {
        "trajectories": plots.trajectories(runs),
        "arms": plots.arms(runs, "cd4_nkg2d_percent"),
        "chain": plots.chain(runs),
        "dose_exposure": plots.dose_exposure(ladder),
        "dose_response": plots.dose_response(ladder),
        "knockouts": plots.knockouts(knocked_out),
        "bands": plots.bands(knocked_out, "sorafenib_free_nM", list("aabb")),
        "overlay": plots.overlay(
            runs, "cd4_per_uL", pd.DataFrame({"time_d": [1, 90], "value": [900, 1200]})
        ),
        "observed_predicted": plots.observed_predicted(*fitted),
        "goodness_of_fit": plots.goodness_of_fit(fitted[0]),
        "fitted": plots.fitted(own),
        "profile": plots.profile(own.profile("rate")),
        "traces": plots.traces(ten),
        "pairs": plots.pairs(ten),
        "pair": plots.pairs(drawn(2)),
        "baselines": plots.baselines(Population(Model.load(), n=300, seed=1)),
        "dose_map": mapped(plots.dose_map),
        "dose_line": mapped(lambda found, **how: plots.dose_map(found.sel(every=12), **how)),
        **trials.figures(),
    }


NAMES = [
    *("trajectories", "arms", "chain", "dose_exposure", "dose_response"),
    *("knockouts", "observed_predicted", "goodness_of_fit", "bands", "overlay"),
    *("fitted", "profile", "dose_map", "dose_line", "traces", "pairs", "pair"),
    "baselines",
    *("survival_curves", "four_curves", "tumour_waterfall", "forest", "frontier"),
    *("exposure_response", "level_check"),
]
NARROW = (
    *("arms", "bands", "overlay", "fitted", "profile", "dose_map", "dose_line", "pair"),
    *("tumour_waterfall", "exposure_response", "level_check"),
)


def shown_texts(figure):
    """Every text that is drawn."""
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


# --- the look --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_has_the_width_of_a_journal_column(figures, name):
    assert isinstance(figures[name], Figure)
    width = figures[name].get_figwidth() * 25.4
    assert width == pytest.approx(85 if name in NARROW else 180, abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_no_type_is_smaller_than_7_points(figures, name):
    assert min(t.get_fontsize() for t in shown_texts(figures[name])) >= 7.0


@pytest.mark.parametrize("name", NAMES)
def test_every_drawn_axis_tells_what_it_is(figures, name):
    figures[name].draw_without_rendering()
    for axes in figures[name].axes:
        if axes.axison and axes.get_lines():
            headed = axes.get_ylabel() or axes.get_title(loc="left") or axes.get_xlabel()
            assert headed, axes


@pytest.mark.parametrize("name", NAMES)
def test_labels_headings_and_legend_do_not_overlap(figures, name):
    figure = figures[name]
    figure.draw_without_rendering()
    boxes = []
    for axes in figure.axes:
        parts = [axes.xaxis.label, axes.yaxis.label, axes.title, axes._left_title]
        if axes.axison:
            boxes += [(p.get_text(), p.get_window_extent()) for p in parts if p.get_text()]
            boxes.append((f"panel {axes.get_ylabel()}", axes.get_window_extent()))
    boxes += [("legend", legend.get_window_extent()) for legend in figure.legends]
    boxes += [(t.get_text(), t.get_window_extent()) for t in figure.texts if t.get_text()]
    canvas = figure.bbox
    for what, box in boxes:
        assert box.x0 >= -2, f"{what!r} is cut on the left"
        assert box.x1 <= canvas.x1 + 2, f"{what!r} is cut on the right"
        assert box.y0 >= -2, f"{what!r} is cut below"
        assert box.y1 <= canvas.y1 + 2, f"{what!r} is cut above"
    for (a, one), (b, other) in itertools.combinations(boxes, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        along = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert not (across > 1.5 and along > 1.5), f"{a!r} and {b!r} overlap"


def test_neighbouring_arms_differ_in_colour_and_in_dash():
    from il15_sim.plots.figure import colour, dash

    looks = [(colour(i), str(dash(i))) for i in range(14)]
    assert len(set(looks)) == 14
    assert all(a[0] != b[0] and a[1] != b[1] for a, b in itertools.pairwise(looks))


def test_figures_need_neither_a_screen_nor_pyplot():
    code = (
        "import sys; from il15_sim import plots; assert 'matplotlib' not in sys.modules; "
        "from il15_sim.plots.figure import new_figure; new_figure(85, 40)._repr_png_(); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_figure_is_the_same_bytes(runs, tmp_path, suffix):
    paths = [
        plots.save(plots.arms(runs, "cd4_nkg2d_percent"), tmp_path / f"{i}.{suffix}")
        for i in range(2)
    ]
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert len(first) > 1000


def test_a_png_has_200_dots_per_inch(runs, tmp_path):
    path = plots.save(plots.arms(runs, "cd4_nkg2d_percent"), tmp_path / "a.png")
    width = int.from_bytes(path.read_bytes()[16:20], "big")
    assert width == pytest.approx(85 / 25.4 * 200, abs=1)


# --- labels ----------------------------------------------------------------------------------


def test_units_are_written_as_people_write_them():
    units = ["mg/L", "cell/uL", "molecule/cell", "percent", "nM", "mg*h/L", "dimensionless"]
    told = ["mg/L", "cells/µL", "molecules per cell", "%", "nM", "mg·h/L", ""]
    assert [unit_text(unit) for unit in units] == told


def test_a_unit_of_the_table_and_the_same_unit_of_sbml_are_written_alike():
    pairs = [
        ("cell/uL", "cells_per_uL"),
        ("molecule/cell", "molecules_per_cell"),
        ("mg/L", "mg_per_L"),
        ("1/h", "per_hour"),
        ("cell/uL/h", "cells_per_uL_per_hour"),
        ("molecule/cell/h", "molecules_per_cell_per_hour"),
        ("dimensionless", "ratio"),
    ]
    for of_table, of_sbml in pairs:
        assert unit_text(of_table) == unit_text(of_sbml)
    assert [unit_text("ug/h"), unit_text("L/m**2")] == ["µg/h", "L/m²"]


def test_every_observable_of_the_model_has_a_name_and_a_unit():
    model = Model.load()
    for observable in model.observables:
        assert name_of(observable) != observable.replace("_", " "), observable
        text = axis_label(observable, model.units)
        assert "_" not in text, text


def test_a_parameter_has_the_name_of_the_table_and_a_state_its_id():
    assert (
        name_of("sorafenib_biliary_share") == "sorafenib, share of elimination that enters the bile"
    )
    assert name_of("sorafenib_gut") == "sorafenib gut"


def test_no_observable_and_no_drug_is_named_in_the_code_of_figures_and_tables():
    table = read_observables()
    ids = [*table.observables, *table.drugs]
    folder = Path(plots.__file__).parent
    for path in [*folder.glob("*.py"), folder.parent / "jobs" / "run_tables.py"]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not texts & set(ids), path


def test_a_dollar_in_a_name_is_drawn_as_it_is(tmp_path):
    runs = made_runs(["none"], ["cost $\\frac$ _x_"], days=30)
    figure = plots.arms(runs, "cd4_per_uL")
    svg = plots.save(figure, tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "cost $\\frac$ _x_" in svg


# --- axes ------------------------------------------------------------------------------------


def bare_axes(values):
    from il15_sim.plots.figure import new_figure

    axes = new_figure(85, 40).add_subplot()
    axes.plot(range(len(values)), values)
    return axes


def test_a_tiny_drift_is_not_magnified():
    axes = bare_axes([100.0, 100.1])
    axes_module.frame_y(axes)
    low, high = axes.get_ylim()
    assert high - low >= 10


@pytest.mark.parametrize(
    ("low", "high", "zero"),
    [
        (0.0, 10.0, True),
        (8.0, 10.0, True),
        (8.1, 10.0, False),
        (-1e-13, 7.0, True),
        (-1.0, 7.0, False),
    ],
)
def test_an_axis_starts_at_zero_unless_the_data_span_less_than_a_fifth(low, high, zero):
    axes = bare_axes([low, high])
    axes_module.frame_y(axes)
    bottom, top = axes.get_ylim()
    assert (abs(bottom) <= 0.03 * high) == zero
    assert top > high
    assert axes_module.cut_axes(axes.figure) == ([""] if bottom > 0 else [])


def test_an_axis_of_zeros_has_a_range():
    axes = bare_axes([0.0, 0.0])
    axes_module.frame_y(axes)
    assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]


def test_legend_columns_follow_the_width():
    assert axes_module.legend_columns(["arm"] * 4, 180) == 4
    assert axes_module.legend_columns(["a very long name of an arm of a trial"] * 4, 85) == 1
