"""Endpoints against closed forms, whatever the regimen, the grid and the company of a run."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim import Dose, InputError, Model, Regimen, endpoints, simulate
from il15_sim.endpoints import (
    accumulation,
    auc,
    auc_0_12,
    baseline,
    change,
    cmax,
    cmin,
    fold,
    half_life,
    max_fold,
    time_above,
    time_below,
    time_to_above,
    time_to_baseline,
    time_to_below,
    trough,
    value_at,
)
from il15_sim.results.endpoint import KINDS
from tests.oracles.one_compartment import CENTRAL, KE, MODEL, Course

TMZ = Model.load("temozolomide")
LEVEL = "temozolomide_mg_per_L"
BOLUS = Regimen.parse("il15 2 ug/kg iv at 0 h")


def read(runs, *asked):
    """Endpoints of the first run."""
    return runs.endpoints(*asked).iloc[0].tolist()


def one(model, text, observable, *asked, **how):
    """Endpoints of one regimen, in the call."""
    regimen = text if isinstance(text, Regimen) else Regimen.parse(text)
    runs = simulate(model, regimen, endpoints=asked, observables=[observable], rtol=1e-8, **how)
    return [float(runs[e.name][0]) for e in asked]


# --- numbers that were once read off a grid, and wrong


def test_the_peak_of_an_infusion_is_at_its_end():
    text = "temozolomide 150 mg/m2 iv over 1.5 h at 0 h"
    (peak,) = one(TMZ, text, LEVEL, cmax(LEVEL), until_days=1)
    v, c = TMZ.values["temozolomide_volume_per_m2"], TMZ.values["temozolomide_clearance_per_m2"]
    exact = 150 / 1.5 / c * (1 - math.exp(-c / v * 1.5))
    assert peak == pytest.approx(exact, rel=1e-6)
    assert exact == pytest.approx(7.835, abs=5e-4)


@pytest.mark.parametrize("hours", [0.5, 1.0, 12.0])
def test_the_area_of_an_infusion(hours):
    text = f"il15 2 ug/kg iv over {hours:g} h at 0 h"
    course = Course(Regimen.parse(text))
    whole = auc(CENTRAL, hours=(0, 24))
    late, end = auc(CENTRAL, hours=(12, 13)), value_at(CENTRAL, hour=hours)
    told = one(MODEL, text, CENTRAL, whole, late, end, until_days=1)
    exact = [course.area(0, 24), course.area(12, 13), course.at(hours)]
    assert told == pytest.approx(exact, rel=1e-6)


def test_a_bolus_on_a_coarse_grid():
    asked = auc(CENTRAL, hours=(0, 24)), time_above(CENTRAL, 1.0), value_at(CENTRAL, day=0)
    told = one(MODEL, BOLUS, CENTRAL, *asked, trough(CENTRAL, day=0), times_h=[6, 12, 24])
    exact = [160 / KE * (1 - math.exp(-24 * KE)), math.log(160) / KE, 160.0, 0.0]
    assert told == pytest.approx(exact, rel=1e-6)


def test_doses_between_the_rows_of_a_grid():
    text = "il15 2 ug/kg iv at 0, 12 h"
    grid = {"times_h": [0, 6, 11, 13, 18, 24]}
    (area,) = one(MODEL, text, CENTRAL, auc(CENTRAL, hours=(0, 24)), **grid)
    assert area == pytest.approx(Course(Regimen.parse(text)).area(0, 24), rel=1e-6)
    (peak,) = one(MODEL, BOLUS, CENTRAL, cmax(CENTRAL, hours=(0.5, 2.5)), until_days=1)
    assert peak == pytest.approx(160 * math.exp(-0.5 * KE), rel=1e-6)


def test_a_peak_of_the_run_is_told_where_the_times_end_it_early():
    regimen, asked = Regimen.parse("il15 2 ug/kg iv q24h x 4 d"), cmax(CENTRAL)
    told = (
        f"^'cmax_{CENTRAL}' is over the first 30 h, where times_h ends: the longest regimen goes "
        "on to 96 h; give until_days$"
    )
    with pytest.warns(UserWarning, match=told):
        simulate(MODEL, regimen, times_h=[0, 30], endpoints=[value_at(CENTRAL, day=1), asked])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(MODEL, regimen, times_h=[0, 30], endpoints=asked, until_days=1.25)
        simulate(MODEL, regimen, times_h=[0, 96], endpoints=asked)
        simulate(MODEL, regimen, times_h=[0, 30], endpoints=value_at(CENTRAL, day=1))


def test_frequent_doses():
    (area,) = one(MODEL, "il15 2 ug/kg iv q2h x 2 d", CENTRAL, auc(CENTRAL, hours=(46, 48)))
    exact = Course(Regimen.parse("il15 2 ug/kg iv q2h x 2 d")).area(46, 48)
    assert area == pytest.approx(exact, rel=1e-6)
    (area,) = one(TMZ, "temozolomide 150 mg/m2 q2h x 1 d", LEVEL, auc(LEVEL, hours=(20, 22)))
    # At steady state the area over an interval of dosing is dose over clearance.
    assert area == pytest.approx(150 / TMZ.values["temozolomide_clearance_per_m2"], rel=1e-3)


def test_the_highest_value_of_the_run_may_follow_a_dose_at_its_end():
    regimen = Regimen.from_doses("temozolomide", times_h=[0, 24], dose_mg=[10, 400], route="oral")
    gut = "temozolomide_gut"
    assert one(TMZ, regimen, gut, cmax(gut), until_days=1) == pytest.approx([400], rel=1e-6)
    inside = cmax(gut, hours=(0, 24))
    assert one(TMZ, regimen, gut, inside, until_days=1) == pytest.approx([10], rel=1e-6)


@pytest.mark.parametrize("engine", ["batch", "reference"])
def test_a_level_may_be_reached_by_a_dose_at_the_end(engine):
    regimen = Regimen.parse("il15 2 ug/kg iv at 0, 24 h")
    late, early = time_to_above(CENTRAL, 160.00001), time_to_above(CENTRAL, 170, hours=(0, 24))
    asked = late, early, time_to_below(CENTRAL, 80.0)
    told = one(MODEL, regimen, CENTRAL, *asked, until_days=1, engine=engine)
    assert told == pytest.approx([24.0, math.nan, math.log(2) / KE], rel=1e-6, nan_ok=True)


# --- any regimen, grid and company


def quarter_hours(low, high):
    return st.integers(low, high).map(lambda n: n / 4)


@st.composite
def doses(draw):
    """A dose of the agonist: bolus, infusion or depot, anywhere in the first two days."""
    route = draw(st.sampled_from(["iv", "infusion", "sc"]))
    length = draw(quarter_hours(1, 48)) if route == "infusion" else 0.0
    amount = draw(st.floats(1.0, 500.0))
    return Dose(
        drug="il15",
        time_h=draw(quarter_hours(0, 192)),
        amount=amount,
        unit="ug",
        route=route,
        duration_h=length,
    )


regimens = st.lists(doses(), min_size=1, max_size=6).map(Regimen.taken)
grids = st.lists(quarter_hours(0, 288), min_size=1, max_size=8, unique=True).map(sorted)
windows = st.tuples(quarter_hours(0, 200), quarter_hours(1, 80)).map(lambda x: (x[0], sum(x)))


@settings(max_examples=40, deadline=None)
@given(regimens, regimens, grids, windows, st.floats(0.05, 0.9), quarter_hours(0, 288))
def test_endpoints_are_those_of_the_closed_form(regimen, company, grid, window, share, hour):
    course = Course(regimen)
    top = course.highest(0, 72)
    level = share * max(course.highest(*window), 1e-3 * top)
    # (endpoint, closed form, tolerance)
    asked = [
        (cmax(CENTRAL, hours=window), course.highest(*window), 1e-5 * top),
        (cmin(CENTRAL, hours=window), course.lowest(*window), 1e-5 * top),
        (auc(CENTRAL, hours=window), course.area(*window), 1e-5 * top * (window[1] - window[0])),
        (value_at(CENTRAL, hour=hour), course.at(hour), 1e-5 * top),
        (trough(CENTRAL, hour=hour), course.at(hour, before=True), 1e-5 * top),
        (time_above(CENTRAL, level, hours=window), course.above(*window, level), 2e-2),
    ]
    numbers = [e for e, _, _ in asked]
    times = [t for t in grid if t <= 72] or [72.0]
    runs = simulate(
        MODEL, [regimen, company], until_days=3, times_h=times, endpoints=numbers, rtol=1e-6
    )
    alone = simulate(MODEL, regimen, until_days=3, rtol=1e-6)
    for e, exact, near in asked:
        assert float(runs[e.name][0]) == pytest.approx(exact, abs=near, rel=1e-5), e
    # Asked of finished runs, whatever their grid: the same to the bit.
    later = alone.endpoints(*numbers)
    assert [float(runs[e.name][0]) for e in numbers] == later.iloc[0].tolist()


@settings(max_examples=15, deadline=None)
@given(regimens, windows, st.floats(0.1, 0.9))
def test_times_of_crossing_are_those_of_the_closed_form(regimen, window, share):
    course = Course(regimen)
    top = course.highest(*window)
    level = share * top if top > 1e-3 else 1.0
    up, down = time_to_above(CENTRAL, level, hours=window), time_below(CENTRAL, level, hours=window)
    told = one(MODEL, regimen, CENTRAL, up, down, until_days=3)
    first = course.first_above(*window, level)
    assert told[0] == pytest.approx(first, abs=2e-2, nan_ok=True)
    above = course.above(*window, level)
    assert told[1] == pytest.approx(window[1] - window[0] - above, abs=2e-2)


def test_late_and_skipped_doses_of_two_drugs_agree_with_the_other_engine():
    model = Model.load()
    both = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=4)
    both = both.late(3, by_h=5.0).skip(5)
    both += Regimen.parse("temozolomide 150 mg/m2 q24h x 3 d")
    total = "sorafenib_total_mg_per_L"
    asked = [cmax(total), auc(total, days=(2, 4)), auc(LEVEL), cmax(LEVEL, days=(1, 2))]
    asked += [time_above(LEVEL, 2.0), time_to_below(total, 2.0, days=(3, None))]
    told = [
        simulate(model, both, until_days=6, endpoints=asked, rtol=1e-7, engine=engine)
        for engine in ("batch", "reference")
    ]
    for e in asked:
        mine, other = (float(runs[e.name][0]) for runs in told)
        assert mine == pytest.approx(other, rel=2e-5), e.name


# --- what is compared with the baseline, and half-lives


PK = Model.load("sorafenib_pk")
TOTAL = "sorafenib_total_mg_per_L"


def test_change_and_fold_are_read_before_the_dose():
    runs = simulate(Model.load(), Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=3))
    o = "il15ra_monocyte"
    asked = baseline(o), trough(o, day=2), change(o, day=2), fold(o, day=2), cmax(o), max_fold(o)
    base, low, rise, times, top, most = read(runs, *asked)
    assert base == pytest.approx(float(runs.get(0, o)[0]), rel=1e-6)
    row = np.flatnonzero((runs.times_h == 48) & (runs.sample == "pre"))[0]
    assert low == pytest.approx(float(runs.get(0, o)[row]), rel=1e-6)
    assert (rise, times) == pytest.approx((low - base, low / base), rel=1e-12)
    assert most == pytest.approx(top / base, rel=1e-6)
    assert rise > 0


def test_fold_from_nothing_is_not_a_number():
    runs = simulate(MODEL, BOLUS, until_days=2)
    told = read(runs, fold(CENTRAL, day=1), max_fold(CENTRAL), change(CENTRAL, day=1))
    assert np.isnan(told[:2]).all()
    assert told[2] == pytest.approx(160 * math.exp(-24 * KE), abs=1e-3)


def test_half_life_after_the_last_dose_or_the_end_of_an_infusion():
    course = ["il15 1 ug/kg iv at 0, 12 h", "il15 1 ug/kg iv over 6 h at 12 h", "none"]
    runs = simulate(MODEL, [Regimen.parse(text) for text in course], until_days=5, rtol=1e-8)
    told = runs.endpoints(half_life(CENTRAL, drug="il15", hours=(1, 12))).iloc[:, 0]
    assert told.iloc[:2].tolist() == pytest.approx([math.log(2) / KE] * 2, rel=1e-5)
    assert math.isnan(told.iloc[2])
    short = simulate(MODEL, [BOLUS], until_days=0.5).endpoints(half_life(CENTRAL, drug="il15"))
    assert math.isnan(short.iloc[0, 0])


def test_a_half_life_is_not_fitted_to_rounding():
    """After some 13 half-lives the level is below 10 rtol of the peak."""
    runs = simulate(MODEL, BOLUS, until_days=3)
    early, late = (
        half_life(CENTRAL, drug="il15", hours=h).named(str(h)) for h in ((1, 9), (9, 30))
    )
    told = read(runs, early, late)
    assert told[0] == pytest.approx(math.log(2) / KE, rel=1e-3)
    assert math.isnan(told[1])
    with pytest.raises(InputError, match="give both hours"):
        half_life(CENTRAL, drug="il15", hours=(24, None))


def test_a_half_life_is_the_same_to_the_bit_alone_and_in_company():
    regimen = Regimen.parse("il15 2 ug/kg iv q6h x 2 d")
    table = pd.DataFrame({"agonist_volume_per_kg": np.linspace(0.02, 0.06, 20)})
    asked = half_life(CENTRAL, drug="il15", hours=(1, 6))
    runs = simulate(MODEL, regimen, table, until_days=3, endpoints=asked)
    alone = [runs.select(i).endpoints(asked).iloc[0, 0] for i in range(20)]
    assert runs[asked.name].values.tolist() == alone


def test_accumulation_is_the_area_of_an_interval_over_that_of_the_first():
    runs = simulate(PK, Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=8))
    both = auc_0_12(TOTAL, day=7), auc_0_12(TOTAL, day=0)
    ratio, later, first = read(runs, accumulation(TOTAL, day=7, every_h=12), *both)
    assert ratio == pytest.approx(later / first, rel=1e-9)
    assert ratio > 2


def test_time_to_baseline_is_when_it_stays_there():
    """A tracer that is removed exponentially from a baseline of its own."""
    model = Model.load("sorafenib_pk")
    runs = simulate(
        Model.load(), Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=4), until_days=60
    )
    o = "il15ra_monocyte"
    (hours,) = read(runs, time_to_baseline(o, after_day=4, within=0.05))
    times, course = runs.times_h, runs.get(0, o)
    away = np.abs(course / course[0] - 1) > 0.05
    last = times[np.flatnonzero(away)[-1]]
    assert last - 96 <= hours <= last - 96 + 1
    (never,) = read(runs, time_to_baseline(o, after_day=4, within=1e-9))
    assert math.isnan(never)
    still = simulate(model, Regimen.none(), until_days=2)
    assert read(still, time_to_baseline(TOTAL, after_day=1)) == [0.0]


# --- the same question in every way that exists


def test_every_way_to_ask_gives_the_same_number():
    regimen = Regimen.parse("temozolomide 150 mg/m2 iv over 1.5 h at 0, 24 h")
    asked = cmax(LEVEL), auc(LEVEL, hours=(0, 24))
    ways = {
        "in the call": simulate(TMZ, regimen, until_days=2, endpoints=asked),
        "with courses": simulate(TMZ, regimen, until_days=2, endpoints=asked, observables=[LEVEL]),
        "on a coarse grid": simulate(TMZ, regimen, times_h=[0, 48], endpoints=asked),
        "in company": simulate(TMZ, [regimen, BOLUS_TMZ], until_days=2, endpoints=asked),
        "as a row": simulate(TMZ, regimen, {"body_weight": 80.0}, until_days=2, endpoints=asked)
        if "body_weight" in TMZ.values
        else simulate(TMZ, regimen, {}, until_days=2, endpoints=asked),
    }
    numbers = {way: [float(runs[e.name][0]) for e in asked] for way, runs in ways.items()}
    for way, runs in ways.items():
        numbers[f"{way}, later"] = runs.endpoints(*asked).iloc[0].tolist()
        numbers[f"{way}, selected"] = runs.select(0).endpoints(*asked).iloc[0].tolist()
    first = numbers["in the call"]
    assert {tuple(found) for found in numbers.values()} == {tuple(first)}
    other = simulate(TMZ, regimen, until_days=2, endpoints=asked, engine="reference")
    assert [float(other[e.name][0]) for e in asked] == pytest.approx(first, rel=1e-4)


BOLUS_TMZ = Regimen.parse("temozolomide 200 mg/m2 q24h x 2 d")


def test_every_kind_of_endpoint_has_a_function_and_a_measure():
    from il15_sim.simulation.measures import _MEASURES

    assert set(_MEASURES) == set(KINDS)
    assert all(callable(getattr(endpoints, kind)) for kind in KINDS)


def test_endpoints_that_differ_have_names_that_differ():
    asked = [
        *(half_life(TOTAL, drug="sorafenib", hours=h) for h in ((24, 96), (24, 72), (12, 96))),
        half_life(TOTAL, drug="temozolomide"),
        *(time_to_baseline(TOTAL, after_day=3, within=share) for share in (0.05, 0.1, 0.01)),
        *(accumulation(TOTAL, day=7, every_h=h) for h in (12, 24)),
        *(time_above(TOTAL, level) for level in (1.2345678, 1.2345679)),
        *(auc(TOTAL, hours=(0, end)) for end in (1000.25, 1000.251, 1000.252)),
    ]
    names = [e.name for e in asked]
    assert len(set(names)) == len(names)
    assert names[0] == f"half_life_{TOTAL}_after_sorafenib"
    assert names[1] == f"half_life_{TOTAL}_24_72h_after_sorafenib"
    assert names[5] == f"time_to_baseline_{TOTAL}_after_72h_within_0.1"
    assert names[7] == f"accumulation_{TOTAL}_day7_q12h"
