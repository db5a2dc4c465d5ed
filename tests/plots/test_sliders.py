"""Sliders: what they show before and after a move is what `simulate` says."""

import math
import subprocess
import sys
import time

import numpy as np
import pytest

from il15_sim import Model, Regimen, plots, simulate
from il15_sim.errors import InputError

LEVEL = "sorafenib_total_mg_per_L"


@pytest.fixture(scope="module")
def model():
    return Model.load("sorafenib_pk")


def panel_of(model, parameters=("sorafenib_volume",), **asked):
    return plots.explore(model, [LEVEL], parameters, days=3, until_days=5, **asked)


def curves(panel):
    """The curves of the panel below the strip of doses, by their colour's order."""
    (axes,) = [a for a in panel.result.axes if a.get_xlabel()]
    return [np.asarray(line.get_ydata()) for line in axes.get_lines()]


def direct(model, dose_mg, every_h, days, **values):
    """What both arms are, on the times they share."""
    begun = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=3)
    given = Regimen.none()
    if dose_mg:
        given = Regimen.oral("sorafenib", dose_mg=dose_mg, every_h=every_h, days=days)
    own = {name: model.values[name] for name in values}
    runs = simulate(
        model, [begun, given], [own, values], names=["a", "b"], until_days=5, observables=LEVEL
    )
    return [runs.get("a", LEVEL), runs.get("b", LEVEL)]


def picture_of(panel):
    (image,) = [child for child in panel.children if type(child).__name__ == "Image"]
    return bytes(image.value)


def slider_of(panel, text):
    (found,) = [c for c in panel.children if text in getattr(c, "description", "")]
    return found


def test_a_picture_is_there_before_anything_moves(model):
    panel = panel_of(model)
    assert picture_of(panel).startswith(b"\x89PNG")
    still, moved = curves(panel)
    assert np.array_equal(still, moved)
    volume = model.values["sorafenib_volume"]
    assert np.array_equal(still, direct(model, 400, 12, 3, sorafenib_volume=volume)[0])


@pytest.mark.parametrize(
    ("dose_mg", "every_h", "days"), [(200.0, 12.0, 3.0), (400.0, 24.0, 5.0), (0.0, 12.0, 3.0)]
)
def test_a_move_draws_what_simulate_says(model, dose_mg, every_h, days):
    panel = panel_of(model)
    before = picture_of(panel)
    slider_of(panel, "dose (mg)").value = dose_mg
    slider_of(panel, "hours between").value = every_h
    slider_of(panel, "days of").value = days
    slider_of(panel, "volume").value = 100.0
    said = {"dose_mg": dose_mg, "every_h": every_h, "days": days, "sorafenib_volume": 100.0}
    assert dict(panel.kwargs) == said
    assert picture_of(panel) != before
    for shown, expected in zip(curves(panel), direct(model, **said), strict=True):
        assert np.array_equal(shown, expected)


def test_a_move_does_not_lag():
    panel = plots.explore(
        Model.load(), ["sorafenib_free_nM", "cd4_nkg2d_percent"], ["sorafenib_clearance"]
    )
    slider = panel.children[0]
    spans = []
    for dose in (100.0, 200.0, 300.0):
        begin = time.perf_counter()
        slider.value = dose
        spans.append(time.perf_counter() - begin)
    assert min(spans) < 0.5
    assert slider.continuous_update is False


def test_a_slider_has_the_range_and_unit_of_the_table(model):
    row = model.parameters["sorafenib_volume"]
    slider = slider_of(panel_of(model), row.name)
    assert slider.description == f"{row.name} (L)"
    low, high = slider.min, slider.max
    if type(slider).__name__ == "FloatLogSlider":
        low, high = 10.0**low, 10.0**high
    assert math.isclose(low, row.lower)
    assert math.isclose(high, row.upper)
    assert slider.value == model.values["sorafenib_volume"]


def test_without_parameters_there_are_three_sliders(model):
    panel = panel_of(model, parameters=())
    assert [*panel.kwargs] == ["dose_mg", "every_h", "days"]
    panel.children[0].value = 100.0
    assert np.array_equal(curves(panel)[1], direct(model, 100, 12, 3)[1])


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"parameters": ["sorafenib_volum"]}, "did you mean 'sorafenib_volume'"),
        ({"every_h": 7}, "every_h=7; choose one of: 6, 8, 12, 24, 48"),
        ({"dose_mg": 0.0}, "dose_mg=0.0; it is a number above zero"),
        ({"dose_mg": "much"}, "dose_mg='much'; it is a number above zero"),
        ({"drug": "sorafenb"}, "did you mean 'sorafenib'"),
    ],
)
def test_bad_input_is_told(model, asked, text):
    with pytest.raises(InputError, match=text.replace("(", r"\(")):
        panel_of(model, **asked)


def test_a_treatment_longer_than_the_curves_is_refused(model):
    with pytest.raises(InputError, match="days=9; treatment lasts from 1 to until_days=5 days"):
        plots.explore(model, [LEVEL], days=9, until_days=5)


def test_a_model_without_tablets_is_told():
    told = "^model 'il15_agonist' has no drug that is given by mouth$"
    with pytest.raises(InputError, match=told):
        plots.explore(Model.load("il15_agonist"), ["il15_agonist_central"])


def test_an_unknown_observable_is_told(model):
    with pytest.raises(InputError, match=f"did you mean '{LEVEL}'"):
        plots.explore(model, [LEVEL[:-1]])


def test_without_ipywidgets_a_line_says_what_to_install():
    code = (
        "import sys; sys.modules['ipywidgets'] = None\n"
        "from il15_sim import Model, plots\n"
        f"plots.explore(Model.load('sorafenib_pk'), ['{LEVEL}'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    told = (
        "plots.explore needs ipywidgets, which is not installed; pip install 'il15-sim[notebook]'"
    )
    assert done.stderr.splitlines()[-1] == f"il15_sim.errors.InputError: {told}"
