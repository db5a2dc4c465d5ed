"""Every way to read a number off a curve, against closed forms and the reference engine."""

import functools

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from il15_sim import Change, InputError, Model, Regimen, simulate
from il15_sim.batch.kernel import Kernel
from il15_sim.fit.predictor import Predictor
from il15_sim.fit.quantities import QUANTITIES
from il15_sim.fit.tables.entrance import table_problem
from il15_sim.fit.unknowns import time_shift
from tests.made.small_models import sbml_of

BOUNDS = {"ka": (0.1, 10.0), "ke": (0.01, 1.0), "size": (0.1, 10.0)}
#: B sets what is estimated; D and E share one run, and A is much longer than the others.
ARMS = {"A": {}, "B": {"ke": 0.35}, "C": {"size": 2.5}, "D": {}, "E": {}}
POINT = {"ka": 1.3, "ke": 0.15, "size": 1.7}
#: Quantity, arm, start and end, and what it is compared with.
ASKED = [
    (name, arm, start, end, other)
    for arm, start, end, other in (
        ("A", 1.0, 60.0, "C"), ("B", 2.0, 7.0, "A"), ("C", 3.5, 9.0, "B"),
        ("D", 0.5, 2.5, "E"), ("E", 0.25, 1.5, "D"),
    )
    for name in QUANTITIES
]  # fmt: skip


@functools.cache
def uptake():
    text = "a' = -ka * a; c' = ka * a - ke * c; a = 10; c = 0.5; ka = 1; ke = 0.2; size = 1;"
    return Kernel(sbml_of(text + " y := size * c; z := size * a;"), name="uptake", time_unit="h")


def level(arm, t, point):
    ka, ke, size = ({**point, **ARMS[arm]}[k] for k in ("ka", "ke", "size"))
    return size * (
        0.5 * np.exp(-ke * t) + 10 * ka / (ka - ke) * (np.exp(-ke * t) - np.exp(-ka * t))
    )


def closed(name, arm, start, end, other, point):
    """The number by hand."""
    y = functools.partial(level, arm, point=point)
    z = functools.partial(level, other, point=point)

    def extreme(sign):
        found = minimize_scalar(
            lambda t: -sign * y(t), bounds=(start, end), method="bounded", options={"xatol": 1e-9}
        )
        return sign * max(sign * y(start), sign * y(end), -found.fun)

    return {
        "value": lambda: y(end),
        "area": lambda: quad(y, start, end, epsrel=1e-10)[0],
        "peak": lambda: extreme(1),
        "lowest": lambda: extreme(-1),
        "change": lambda: y(end) - y(start),
        "fold": lambda: y(end) / y(start),
        "max_fold": lambda: extreme(1) / y(start),
        "min_fold": lambda: extreme(-1) / y(start),
        "half_life": lambda: np.log(2) * (end - start) / np.log(y(start) / y(end)),
        "difference": lambda: y(end) - z(end),
        "ratio": lambda: y(end) / z(end),
        "area_ratio": lambda: quad(y, start, end)[0] / quad(z, start, end)[0],
    }[name]()


@pytest.fixture(scope="module")
def predictor():
    """All quantities of all arms; a half-life only where the level falls."""
    asked = [a for a in ASKED if a[0] != "half_life" or closed(*a, POINT) > 0]
    rows = [
        {"quantity": name, "group": arm, "start": start, "time_h": end,
         "against": other if QUANTITIES[name].needs_other else None}
        for name, arm, start, end, other in asked
    ]  # fmt: skip
    data = pd.DataFrame(rows).assign(
        observable="y", value=1.0, error=0.1, replicate=range(len(rows))
    )
    problem = table_problem(uptake(), data, list(BOUNDS), arms=ARMS, bounds=BOUNDS, noise="normal")
    return asked, problem.objective().predictor


def test_every_quantity_is_that_of_its_closed_form(predictor):
    asked, model = predictor
    assert {name for name, *_ in asked} == set(QUANTITIES)
    found, why = model.predict(np.array([list(POINT.values())]))
    assert why == [""]
    expected = np.array([closed(*a, POINT) for a in asked])
    assert found[0] == pytest.approx(expected, rel=3e-5, abs=1e-6)


def test_slopes_of_every_quantity_are_those_of_its_closed_form(predictor):
    asked, model = predictor
    predicted, slopes = model.slopes(np.array(list(POINT.values())))
    for j, name in enumerate(POINT):
        ends = [
            np.array([closed(*a, {**POINT, name: POINT[name] * (1 + h)}) for a in asked])
            for h in (1e-4, -1e-4)
        ]
        expected = (ends[0] - ends[1]) / (2e-4 * POINT[name])
        size = np.maximum(np.abs(predicted) / POINT[name], 0.05)
        assert np.abs((slopes[:, j] - expected) / size).max() < 2e-3, name
    # An arm that sets it does not see it.
    sets_ke = [i for i, a in enumerate(asked) if a[1] == "B" and not QUANTITIES[a[0]].needs_other]
    assert (slopes[sets_ke, list(POINT).index("ke")] == 0).all()


def test_many_points_at_once_are_each_one_alone(predictor):
    _, model = predictor
    points = np.array(list(POINT.values())) * np.exp(
        0.3 * np.random.default_rng(4).normal(size=(6, 3))
    )
    together, _ = model.predict(points)
    alone = np.concatenate([model.predict(p[None])[0] for p in points])
    assert together == pytest.approx(alone, rel=1e-12, nan_ok=True)


def test_arms_that_took_the_same_share_a_run(predictor):
    _, model = predictor
    names = [run.names for call in model._varied_calls for run in call.runs]
    assert sorted(sum(names, ())) == sorted(ARMS)
    assert next(own for own in names if "A" in own) == ("A", "D", "E")


def test_a_half_life_of_a_rising_level_does_not_exist():
    rows = {"time_h": [1.0, 2.0], "quantity": ["half_life", "value"], "start": [0.1, None]}
    data = pd.DataFrame(rows).assign(observable="y", value=1.0, error=0.1)
    problem = table_problem(uptake(), data, list(BOUNDS), bounds=BOUNDS, noise="normal")
    found, why = problem.objective().predictor.predict(np.array([list(POINT.values())]))
    assert np.isnan(found[0, 0])
    assert np.isfinite(found[0, 1])
    assert why == [""]


LEVEL, FREE = "sorafenib_total_mg_per_L", "sorafenib_bile"
DOSED = {
    "late": Regimen.parse("sorafenib 400 mg at 12 h"),
    "twice": Regimen.parse("sorafenib 200 mg bid x 3 d"),
}


@pytest.fixture(scope="module")
def drug():
    return Model.load("sorafenib_pk")


def test_levels_before_and_at_doses_are_those_of_the_reference_engine(drug):
    times = [2.0, 6.0, 12.0, 18.0, 24.0, 48.0]
    data = pd.DataFrame(
        [(g, t, o) for g in DOSED for t in times for o in (LEVEL, FREE)],
        columns=["group", "time_h", "observable"],
    ).assign(value=1.0, error=0.1)  # fmt: skip
    problem = table_problem(drug, data, "sorafenib_clearance", arms=DOSED, noise="normal")
    found, _ = problem.objective().predictor.predict(np.array([[4.0]]))
    for group, regimen in DOSED.items():
        runs = simulate(
            drug.with_values({"sorafenib_clearance": 4.0}), regimen, times_h=times, sample="pre",
            observables=[LEVEL, FREE], engine="reference", rtol=1e-9,
        )  # fmt: skip
        for name in (LEVEL, FREE):
            own = (data["group"] == group) & (data["observable"] == name)
            assert found[0][own] == pytest.approx(runs.get(0, name), rel=2e-5, abs=1e-9)
    # Before its first dose the late arm has nothing.
    assert (found[0][(data["group"] == "late") & (data["time_h"] <= 12)] == 0).all()


def test_a_shifted_time_axis_reads_each_curve_earlier(drug):
    times = [0.5, 3.0, 8.0, 14.5, 26.0, 47.0]
    data = pd.DataFrame(
        [(t, o) for t in times for o in (LEVEL, FREE)], columns=["time_h", "observable"]
    ).assign(value=1.0, error=0.1, group="twice")
    area = data.iloc[[0]].assign(time_h=24.0, quantity="area", start=0.0)
    data = pd.concat([data, area], ignore_index=True)
    problem = table_problem(drug, data, "sorafenib_clearance", arms=DOSED, noise="normal")
    unknowns = (*problem.unknowns, time_shift("twice", 0.0, 1.0, 3.0))
    shifted = Predictor(problem.subject, problem.rows, problem.arms, unknowns)
    point = np.array([4.0, 1.3])
    found, _ = shifted.predict(point[None])
    moved = np.maximum(np.array(times) - point[1], 0.1)
    runs = simulate(
        drug.with_values({"sorafenib_clearance": 4.0}), DOSED["twice"], times_h=moved[1:],
        observables=[LEVEL, FREE], engine="reference", rtol=1e-9,
    )  # fmt: skip
    for name in (LEVEL, FREE):
        own = (data["observable"] == name) & (data["time_h"] > 0.5) & data["quantity"].isna()
        # Between the hours of its grid a curve is a straight line.
        assert found[0][own] == pytest.approx(runs.get(0, name), rel=0.03)
    # An area does not come from that axis.
    still = problem.objective().predictor.predict(point[None, :1])[0]
    assert found[0, -1] == pytest.approx(still[0, -1], rel=1e-9)
    _, slopes = shifted.slopes(point)
    ends = shifted.predict(point + np.array([[0.0, 1e-4], [0.0, -1e-4]]))[0]
    assert slopes[:, 1] == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-5, abs=1e-9)
    # The reading at half an hour is held at the earliest hour.
    assert (slopes[:2, 1] == 0).all()
    ends = shifted.predict(point + np.array([[4e-4, 0.0], [-4e-4, 0.0]]))[0]
    assert slopes[:, 0] == pytest.approx((ends[0] - ends[1]) / 8e-4, rel=2e-2, abs=1e-7)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"quantity": "area"}, "data: row 0: no start; area is the area under the curve from st"),
        ({"quantity": "ratio"}, "data: row 0: no other group; ratio is the level over that of ano"),
        ({"quantity": "fold", "start": 6.0}, "data: row 0: start 6 h is not before 6 h"),
        ({"quantity": "peek"}, "data: row 0: unknown quantity 'peek'; did you mean 'peak'?"),
        ({"against": "A"}, "data: row 0: against 'A'; value compares with no other group"),
        ({"quantity": "fold", "time_h": 0.0}, "data: row 0: start 0 h is not before 0 h"),
    ],
)
def test_what_a_quantity_has_to_be_told(columns, told):
    data = pd.DataFrame({"time_h": [6.0], "observable": "y", "value": 1.0}).assign(**columns)
    with pytest.raises(InputError) as caught:
        table_problem(uptake(), data, "ka", bounds={"ka": (0.1, 10.0)})
    assert told in str(caught.value)


def test_an_arm_that_sets_what_is_estimated_later_sees_it_until_then():
    data = pd.DataFrame({"time_h": [2.0, 4.0, 9.0] * 2, "group": ["A"] * 3 + ["late"] * 3})
    arms = {"A": {}, "late": Change(5.0, "ke", 0.35, sets=True)}
    problem = table_problem(
        uptake(), data.assign(observable="y", value=1.0, error=0.1), list(BOUNDS),
        arms=arms, bounds=BOUNDS, noise="normal",
    )  # fmt: skip
    model, point = problem.objective().predictor, np.array(list(POINT.values()))
    found, slopes = model.slopes(point)
    expected = level("A", np.array([2.0, 4.0, 9.0]), POINT)
    assert found[:5] == pytest.approx([*expected, *expected[:2]], rel=2e-5)
    assert found[5] < 0.7 * expected[2]
    for j in range(len(point)):
        step = 1e-3 * point[j] * np.eye(len(point))[j]
        ends = model.predict(np.array([point + step, point - step]))[0]
        right = (ends[0] - ends[1]) / (2 * step[j])
        assert slopes[:, j] == pytest.approx(right, rel=2e-3, abs=2e-4)
    assert (slopes[[1, 4], 1] < -1).all()
