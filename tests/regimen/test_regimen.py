"""Regimen values: oracles for dose times, properties of every change, every error by its text."""

from __future__ import annotations

import math
import pickle
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim.errors import InputError
from il15_sim.regimen import Dose, Regimen
from il15_sim.regimen.expand import Course, Listed
from il15_sim.regimen.phase import Cycle, Phase, Window

FULL = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56)
TMZ = Regimen.oral("temozolomide", dose_mg_per_m2=150, days=56, cycle="d1-5/28")


def times(regimen: Regimen) -> list[float]:
    return [dose.time_h for dose in regimen.doses()]


# Oracles: times written down by hand from the definition of a day.


def test_twice_a_day_for_56_days_is_112_doses_from_0_to_1332_h() -> None:
    assert times(FULL) == [12.0 * k for k in range(112)]
    assert FULL.doses()[-1] == Dose(1332.0, "sorafenib", 400.0, "mg", "oral")
    assert FULL.end_h == 1344.0


def test_five_of_28_days_counts_from_one() -> None:
    assert times(TMZ) == [0, 24, 48, 72, 96, 672, 696, 720, 744, 768]
    assert {dose.unit for dose in TMZ.doses()} == {"mg/m2"}
    assert TMZ.end_h == 1344.0


@pytest.mark.parametrize(
    ("cycle", "days", "expected"),
    [
        ("d1-7/14", 28, [*range(0, 168, 24), *range(336, 504, 24)]),
        ("d1-42/56", 56, list(range(0, 1008, 24))),
        ("d8-14/14", 21, list(range(168, 336, 24))),
        ("d1/21", 42, [0, 504]),
        ("d1-5/28", 30, [0, 24, 48, 72, 96, 672, 696]),
    ],
)
def test_cycles(cycle: str, days: float, expected: list[float]) -> None:
    assert (
        times(Regimen.oral("temozolomide", dose_mg_per_m2=75, days=days, cycle=cycle)) == expected
    )


def test_a_cycle_restarts_an_interval_that_does_not_fit_into_it() -> None:
    odd = Regimen.oral("a", dose_mg=1, every_h=36, days=14, cycle=Cycle(1, 3, 7))
    assert times(odd) == [0, 36, 168, 204]


def test_weekly_doses() -> None:
    weekly = Regimen.subcutaneous("n803", dose_ug_per_kg=15, every_h=168, days=28)
    assert times(weekly) == [0, 168, 336, 504]
    assert weekly.doses()[0] == Dose(0.0, "n803", 15.0, "ug/kg", "sc")


def test_the_readme_example() -> None:
    holiday = FULL.hold(days=(14, 21)).then(dose_mg=200, every_h=12, days=28)
    first = [t for t in times(FULL) if not 336 <= t < 504]
    assert times(holiday) == first + [1344 + 12 * k for k in range(56)]
    assert [d.amount for d in holiday.doses()] == [400.0] * 98 + [200.0] * 56
    assert holiday.drugs == ("sorafenib",)
    assert holiday.end_h == 2016.0


def test_then_keeps_drug_route_interval_and_cycle() -> None:
    two = TMZ.then(dose_mg_per_m2=200, days=28)
    assert times(two)[10:] == [1344, 1368, 1392, 1416, 1440]
    daily = TMZ.then(dose_mg_per_m2=75, days=2, every_h=24)
    assert times(daily)[10:] == [1344, 1368]
    shorter = TMZ.then(dose_mg_per_m2=200, days=28, cycle="d1-2/28")
    assert times(shorter)[10:] == [1344, 1368]


def test_a_start_day_moves_the_whole_course() -> None:
    later = Regimen.oral("sorafenib", dose_mg=400, every_h=12, days=56, start_day=7)
    later = later.hold(days=(14, 21)).skip(1)
    assert times(later) == [168 + t for t in times(FULL.hold(days=(14, 21)).skip(1))]
    assert later.end_h == 1512.0


def test_infusions_last_and_may_outlive_the_course() -> None:
    long = Regimen.infusion("il15", dose_ug_per_kg=2, duration_h=24, every_h=24, days=1.5)
    assert long.doses()[1] == Dose(24.0, "il15", 2.0, "ug/kg", "infusion", 24.0)
    assert long.end_h == 48.0
    assert Regimen.bolus("il15", dose_ug_per_kg=2, every_h=24, days=1).doses()[0].route == "iv"


def test_a_reduction_ends_by_itself() -> None:
    down = FULL.reduce(days=(28, 42), dose_mg=200)
    amounts = {d.time_h: d.amount for d in down.doses()}
    assert [amounts[t] for t in (660.0, 672.0, 996.0, 1008.0)] == [400, 200, 200, 400]


def test_skips_by_number_by_time_and_every_nth() -> None:
    short = Regimen.oral("a", dose_mg=1, every_h=12, days=4)
    assert times(short.skip(2, 4)) == times(short.skip(times_h=[12, 36]))
    assert times(short.skip(every=4)) == [0, 12, 24, 48, 60, 72]
    assert short.skip(2).skip(4) == short.skip(4, 2, 2)
    assert short.skip(*np.array([2])) == short.skip(2)


def test_numbers_of_doses_are_those_of_the_plan() -> None:
    short = Regimen.oral("a", dose_mg=1, every_h=24, days=5)
    assert times(short.hold(days=(0, 2)).skip(4)) == [48, 96]
    assert short.hold(days=(0, 2)).skip(4) == short.skip(4).hold(days=(0, 2))


def test_late_doses_move_and_a_hold_removes_what_would_be_taken_in_it() -> None:
    short = Regimen.oral("a", dose_mg=1, every_h=24, days=5)
    assert times(short.late(2, by_h=30)) == [0, 48, 54, 72, 96]
    assert times(short.late(2, by_h=30).hold(days=(2, 3))) == [0, 72, 96]
    assert times(short.late(3, by_h=25).hold(days=(2, 3))) == [0, 24, 72, 73, 96]


def test_decimal_intervals_give_round_times() -> None:
    tenths = Regimen.oral("a", dose_mg=1, every_h=0.1, days=1 / 24)
    assert times(tenths) == [k / 10 for k in range(10)]


def test_listed_doses() -> None:
    listed = Regimen.from_doses("sorafenib", times_h=[12, 0, 25.5], dose_mg=[200, 400, 100])
    assert [(d.time_h, d.amount) for d in listed.doses()] == [(0, 400), (12, 200), (25.5, 100)]
    assert listed.end_h == 25.5
    drip = Regimen.from_doses(
        "il15", times_h=np.array([0.0, 48.0]), dose_ug_per_kg=2, route="infusion", duration_h=24
    )
    assert drip.end_h == 72.0


def test_taken_is_the_same_doses() -> None:
    both = FULL + TMZ.skip(2)
    assert Regimen.taken(both.doses()).doses() == both.doses()
    assert Regimen.taken([]) == Regimen.none()


def test_several_drugs() -> None:
    both = FULL + TMZ
    assert both.drugs == ("sorafenib", "temozolomide")
    assert sorted(both.doses()) == sorted(FULL.doses() + TMZ.doses())
    assert both == TMZ + FULL
    assert both.hold(days=(14, 21)) == FULL.hold(days=(14, 21)) + TMZ.hold(days=(14, 21))
    assert both.hold(days=(0, 1), drug="temozolomide") == FULL + TMZ.hold(days=(0, 1))
    assert both.then(dose_mg=200, days=7, drug="sorafenib").end_h == 1512.0
    assert FULL.__add__(3) is NotImplemented  # type: ignore[operator]


def test_none_is_the_neutral_element() -> None:
    none = Regimen.none()
    assert none.doses() == ()
    assert none.drugs == ()
    assert none.end_h == 0.0
    assert none + FULL == FULL + none == FULL


def test_regimens_are_values() -> None:
    again = Regimen.oral("sorafenib", dose_mg=400.0, every_h=12, days=np.float64(56))
    assert again == FULL
    assert len({again, FULL, TMZ}) == 2
    assert pickle.loads(pickle.dumps(FULL + TMZ)) == FULL + TMZ
    assert eval(repr(FULL)) == FULL
    with pytest.raises(AttributeError):
        FULL.tracks = ()  # type: ignore[misc]
    # A dose given by a keyword of None counts as not given.
    assert Regimen.oral("sorafenib", dose_mg=400, dose_ug=None, every_h=12, days=56) == FULL


# Properties.

half_hours = st.integers(1, 400).map(lambda n: n / 2)
halves = st.integers(0, 120).map(lambda n: n / 2)


@st.composite
def courses(draw: st.DrawFn) -> Regimen:
    """Random courses of one drug, with everything a course can have."""
    number = st.floats(1e-3, 1e4)
    kind = draw(st.sampled_from(["oral", "bolus", "infusion", "subcutaneous"]))
    unit = draw(st.sampled_from(["dose_mg", "dose_mg_per_m2", "dose_ug_per_kg"]))
    every_h = draw(half_hours | st.floats(0.5, 200))
    extra = {"duration_h": every_h * draw(st.floats(0.01, 1))} if kind == "infusion" else {}
    cycle = draw(st.sampled_from([None, "d1-5/28", "d1-7/14", "d1/21"]))
    days = st.floats(0.5, 60) | halves.filter(bool)
    regimen: Regimen = getattr(Regimen, kind)(
        draw(st.sampled_from(["sorafenib", "il15", "x_1"])),
        every_h=every_h,
        days=draw(days),
        cycle=cycle,
        start_day=draw(halves),
        **{unit: draw(number)},
        **extra,
    )
    for _ in range(draw(st.integers(0, 2))):
        longer = max(every_h, draw(half_hours))
        dose: Any = {unit: draw(number)}
        regimen = regimen.then(**dose, every_h=longer, days=draw(days))
    (course,) = regimen.tracks
    assert isinstance(course, Course)
    cuts = sorted(draw(st.lists(st.floats(0, 1), max_size=4, unique=True)))
    cuts = sorted({cut * course.days for cut in cuts})
    lowest = min(phase.amount for phase in course.phases)
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        window = (start, end)
        if draw(st.booleans()):
            regimen = regimen.hold(days=window)
        else:
            lower: Any = {unit: lowest * draw(st.floats(0.1, 0.9))}
            regimen = regimen.reduce(days=window, **lower)
    numbers = st.integers(1, course.count)
    chosen = draw(st.lists(numbers, unique=True, max_size=6))
    if draw(st.booleans()):
        return regimen.skip(every=draw(numbers))
    for number_of_dose in chosen[:3]:
        left = 24 * course.days - course.planned()[number_of_dose - 1][0]
        if left > 0.1:
            regimen = regimen.late(number_of_dose, by_h=left * draw(st.floats(0.05, 0.95)))
    return regimen.skip(*chosen[3:])


@st.composite
def lists(draw: st.DrawFn) -> Regimen:
    """Random lists of doses."""
    points = draw(st.lists(st.tuples(st.floats(0, 2000), st.floats(1e-3, 1e3)), min_size=1))
    when, amounts = zip(*points, strict=True)
    return Regimen.from_doses("sorafenib", times_h=when, dose_mg=amounts)


regimens = st.lists(courses() | lists(), max_size=3).map(lambda rs: sum(rs, Regimen.none()))


@given(regimens)
def test_text_reads_back_as_the_same_value(regimen: Regimen) -> None:
    back = Regimen.parse(str(regimen))
    assert back == regimen
    assert hash(back) == hash(regimen)
    assert back.doses() == regimen.doses()
    assert str(back) == str(regimen)


@given(courses())
def test_doses_lie_within_the_course_in_order(regimen: Regimen) -> None:
    (course,) = regimen.tracks
    assert isinstance(course, Course)
    start, end = 24 * course.start_day, 24 * (course.start_day + course.days)
    assert all(start - 1e-9 <= t < end for t in times(regimen))
    assert times(regimen) == sorted(times(regimen))
    assert regimen.end_h >= end - 1e-9
    assert len(regimen.doses()) <= course.count


@given(regimens, regimens)
def test_adding_regimens_adds_their_doses(one: Regimen, two: Regimen) -> None:
    assert (one + two).doses() == tuple(sorted(one.doses() + two.doses()))
    assert one + two == two + one
    assert (one + two).end_h == max(one.end_h, two.end_h)


@given(half_hours, halves.filter(bool))
def test_number_of_doses(every_h: float, days: float) -> None:
    regimen = Regimen.oral("a", dose_mg=1, every_h=every_h, days=days)
    assert len(regimen.doses()) == math.ceil(24 * days / every_h)


@given(half_hours, halves, halves)
def test_a_hold_removes_exactly_its_half_open_window(every_h: float, a: float, b: float) -> None:
    if a == b:
        return
    start, end = sorted((a, b))
    plan = Regimen.oral("a", dose_mg=1, every_h=every_h, days=60)
    kept = [t for t in times(plan) if not 24 * start <= t < 24 * end]
    assert times(plan.hold(days=(start, end))) == kept


# Errors, each by its text.

POSITIVE = "it must be a positive finite number"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-400, "dose is -400 mg"),
        (0, "dose is 0 mg"),
        (math.nan, "dose is nan mg"),
        (math.inf, "dose is inf mg"),
        (10**400, "dose is inf mg"),
        ("400", "dose is '400' mg"),
        (True, "dose is True mg"),
    ],
)
def test_bad_doses(value: float, text: str) -> None:
    with pytest.raises(InputError) as error:
        Regimen.oral("sorafenib", dose_mg=value, every_h=12, days=56)
    assert str(error.value) == f"{text}; {POSITIVE}"


@pytest.mark.parametrize("value", [-1, 0, math.nan, math.inf, "12"])
@pytest.mark.parametrize(
    ("key", "what"),
    [("every_h", "interval"), ("days", "duration"), ("duration_h", "infusion time of il15")],
)
def test_bad_times(key: str, what: str, value: float) -> None:
    arguments = {"every_h": 24.0, "days": 5.0, "duration_h": 2.0, key: value}
    with pytest.raises(InputError, match=rf"^{what} is .*; {POSITIVE}$"):
        Regimen.infusion("il15", dose_ug_per_kg=2, **arguments)  # type: ignore[arg-type]


def _short() -> Regimen:
    return Regimen.oral("a", dose_mg=2, every_h=24, days=5)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Regimen.oral("a", dose_mg=1, every_h=1e-7, days=1), "shortest time told apart"),
        (
            lambda: Regimen.oral("a", dose_mg=1, every_h=12, days=1e6),
            "longest course is 36525 days",
        ),
        (
            lambda: Regimen.oral("a", dose_mg=1, every_h=1e-4, days=56),
            "has 13440000 doses; at most",
        ),
        (
            lambda: Regimen.oral("a", dose_mg=1, days=5),
            "no interval for a; give every_h or a cycle",
        ),
        (lambda: Regimen.oral("a", every_h=12, days=5), "no dose is given; give exactly one of"),
        (
            lambda: Regimen.oral("a", dose_mg=1, dose_ug=1, every_h=12, days=5),
            "dose_mg and dose_ug are given; give exactly one of",
        ),
        (
            lambda: Regimen.oral("a", dose_mgs=1, every_h=12, days=5),  # type: ignore[call-arg]
            "unknown dose keyword 'dose_mgs'; did you mean 'dose_mg'?",
        ),
        (
            lambda: Regimen.oral("so rafenib", dose_mg=1, every_h=12, days=5),
            "a drug name is a letter",
        ),
        (lambda: Regimen.oral(5, dose_mg=1, every_h=12, days=5), "drug name 5"),  # type: ignore[arg-type]
        (
            lambda: Regimen.oral("none", dose_mg=1, every_h=12, days=5),
            "the word means no treatment",
        ),
        (
            lambda: Regimen.oral("a", dose_mg=1, every_h=12, days=5, start_day=-1),
            "start day is -1 d; it must be a non-negative",
        ),
        (
            lambda: Regimen.oral("a", dose_mg=1, days=5, cycle="1-5/28"),
            "cycle '1-5/28'; write e.g.",
        ),
        (lambda: Regimen.oral("a", dose_mg=1, days=5, cycle="d5-1/28"), "its days count from one"),
        (lambda: Regimen.oral("a", dose_mg=1, days=5, cycle="d0-1/28"), "cycle d0-1/28; its days"),
        (
            lambda: Regimen.oral("a", dose_mg=1, days=5, cycle="d6/7"),
            "no dose of cycle d6/7 falls in",
        ),
        (lambda: Cycle(1.5, 2, 3), "day of a cycle is 1.5; it must be a whole number"),  # type: ignore[arg-type]
        (lambda: Phase(1, "g", 12, 5), "unknown unit 'g'; units are mg, mg/m2"),
        (
            lambda: Regimen.infusion("a", dose_mg=1, duration_h=25, every_h=24, days=5),
            "infusion of a over 25 h every 24 h; the next would start before it ends",
        ),
        (
            lambda: Regimen.from_doses("a", times_h=[0], dose_mg=1, duration_h=3),
            "infusion time of a is 3 h; route oral takes none",
        ),
        (
            lambda: Regimen.from_doses("a", times_h=[0], dose_mg=1, route="orall"),
            "unknown route 'orall'; did you mean 'oral'?",
        ),
        (lambda: Regimen.from_doses("a", times_h=[], dose_mg=1), "no dose times of a"),
        (
            lambda: Regimen.from_doses("a", times_h=[-1], dose_mg=1),
            "dose time of a is -1 h; it must",
        ),
        (lambda: Regimen.from_doses("a", times_h=[1e9], dose_mg=1), "it is after day 36525"),
        (lambda: Regimen.from_doses("a", times_h=[0, 1], dose_mg=[1]), "1 doses of a at 2 times"),
        (lambda: Regimen.taken([Dose(0, "a", 1, "kg", "oral")]), "unknown unit 'kg'; units are"),
        (lambda: Listed("a", "oral", "mg", ((0, 1),) * 100_001), "list of a has 100001 doses"),
        (
            lambda: sum([Regimen.oral("a", dose_mg=1, every_h=1, days=4000)] * 2, Regimen.none()),
            "the regimen has 192000 doses; at most 100000 fit",
        ),
        (lambda: _short().hold(days=(3, 1)), "hold d3-d1 is reversed or empty; write the earlier"),
        (lambda: _short().hold(days=(3, 3)), "hold d3-d3 is reversed or empty"),
        (lambda: _short().hold(days=(-1, 3)), "start of a hold is -1 d; it must be a non-negative"),
        (lambda: _short().hold(days=(1, math.nan)), "end of a hold is nan d"),
        (lambda: _short().hold(days=3), "days is 3; it must be a list; e.g. days=(14, 21)"),  # type: ignore[arg-type]
        (
            lambda: _short().hold(days=(4, 6)),
            "hold d4-d6 lies outside the course of a; which lasts 5 d",
        ),
        (
            lambda: _short().hold(days=(1, 3)).hold(days=(2, 4)),
            "hold d1-d3 and hold d2-d4 overlap; write them as one",
        ),
        (
            lambda: _short().reduce(days=(1, 2), dose_mg=2),
            "to 2 mg; the planned dose is 2 mg; use 'then'",
        ),
        (
            lambda: _short().reduce(days=(1, 2), dose_ug=1),
            "the planned dose is 2 mg; use the same unit",
        ),
        (lambda: _short().reduce(days=(1, 2), dose_mg=0), "reduced dose is 0 mg"),
        (
            lambda: _short().reduce(days=(1, 3), dose_mg=1).reduce(days=(2, 4), dose_mg=1),
            "reduction d1-d3 and reduction d2-d4 overlap",
        ),
        (lambda: _short().skip(6), "there is no dose 6; the course of a has doses 1 to 5"),
        (lambda: _short().skip(0), "there is no dose 0"),
        (lambda: _short().skip([1, 2]), r"dose number is [1, 2]; it must be a whole"),  # type: ignore[arg-type]
        (lambda: _short().skip(10**5000), "dose number is beyond a thousand million"),
        (lambda: _short().skip(every=6), "there is no dose 6 for every nth to start at"),
        (lambda: _short().skip(times_h=[5]), "no dose of a is planned at 5 h; name the dose by"),
        (lambda: _short().late(2, by_h=-1), "delay of dose 2 is -1 h; it must be a positive"),
        (lambda: _short().late(9, by_h=1), "there is no dose 9"),
        (lambda: _short().late(2, by_h=1).skip(2), "dose 2 of a late by 1 h is also skipped"),
        (lambda: _short().late(2, by_h=1).late(2, by_h=2), "dose 2 of a late by 2 h is late twice"),
        (lambda: _short().late(5, by_h=24), "it would come after the course, which lasts 5 d"),
        (lambda: Regimen.none().hold(days=(1, 2)), "no treatment to change; start from"),
        (
            lambda: (FULL + TMZ).skip(1),
            "several courses to change (sorafenib, temozolomide); name one",
        ),
        (lambda: (FULL + TMZ).skip(1, drug="tmz"), "unknown drug of this regimen 'tmz'"),
        (
            lambda: (FULL + Regimen.oral("b", dose_mg=1, every_h=12, days=5, start_day=1)).hold(
                days=(1, 2)
            ),
            "the courses of b, sorafenib start on different days; hold each drug before",
        ),
        (
            lambda: Regimen.from_doses("a", times_h=[0, 1], dose_mg=1).skip(1),
            "the doses of a are a list of times; leave the dose out",
        ),
    ],
)
def test_errors(make: object, text: str) -> None:
    with pytest.raises(InputError) as error:
        make()  # type: ignore[operator]
    assert text in str(error.value)
    assert "\n" not in str(error.value)


def test_touching_holds_do_not_overlap() -> None:
    assert times(_short().hold(days=(1, 2)).hold(days=(2, 3))) == [0, 72, 96]


def test_a_hold_without_a_dose_in_it_is_allowed() -> None:
    assert times(_short().hold(days=(0.5, 0.75))) == times(_short())


def test_a_window_knows_its_kind() -> None:
    assert str(Window(1, 2)) == "hold d1-d2"
    assert str(Window(1, 2, 3, "mg")) == "reduction d1-d2"


# What is no number, and what is no list.

NO_NUMBERS = [
    True,
    np.True_,
    "400",
    "1_0",
    b"70",
    np.timedelta64(12, "h"),
    timedelta(hours=12),
    1j,
    None,
    [400],
    np.array([400.0]),
    {400: 1},
    Decimal("sNaN"),
]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused_wherever_one_is_due(value: Any) -> None:
    entrances = {
        "duration is ": lambda: Regimen.bolus("a", dose_mg=1, days=value, every_h=12),
        "start day is ": lambda: Regimen.bolus("a", dose_mg=1, days=5, every_h=12, start_day=value),
        "infusion time of a is ": lambda: Dose(0, "a", 1, "mg", "infusion", value),
        "infusion time of a ": lambda: Dose(0, "a", 1, "mg", "oral", value),
        "dose time of a is ": lambda: Dose(value, "a", 1, "mg", "oral"),
        "dose of a is ": lambda: Dose(0, "a", value, "mg", "oral"),
        "dose of b is ": lambda: Regimen.from_doses("b", times_h=[0], dose_mg=[value]),
        "dose time of b is ": lambda: Regimen.from_doses("b", times_h=[value], dose_mg=1),
        "start of a hold is ": lambda: FULL.hold(days=(value, 5)),
        "next": lambda: FULL.then(dose_mg=1, days=value, every_h=12),
        "delay of dose 2 is ": lambda: FULL.late(2, by_h=value),
        "dose number is ": lambda: FULL.skip(value),
        "time of a dose is ": lambda: FULL.skip(times_h=[value]),
    }
    for what, make in entrances.items():
        with pytest.raises(InputError) as error:
            make()
        assert str(error.value).startswith("duration is " if what == "next" else what)


@pytest.mark.parametrize(
    "value", [12, np.int8(12), np.float32(12), Fraction(12), Decimal(12), np.array(12)], ids=repr
)
def test_every_kind_of_number_is_one(value: Any) -> None:
    regimen = Regimen.oral("sorafenib", dose_mg=400, every_h=value, days=56)
    assert regimen == FULL
    assert Dose(value, "a", value, "mg", "oral") == Dose(12.0, "a", 12.0, "mg", "oral")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: FULL.hold(days={14: 0, 21: 0}), "days is {14: 0, 21: 0}; it must be a list; e.g."),
        (lambda: FULL.hold(days="14"), "days is '14'; it must be a list; e.g. days=(14, 21)"),
        (lambda: FULL.hold(days=(1, 2, 3)), "days=(1, 2, 3); give two days, e.g. days=(14, 21)"),
        (lambda: FULL.skip(times_h=5), "times_h is 5; it must be a list; e.g. times_h=[36]"),
        (
            lambda: Regimen.from_doses("a", times_h={0, 12}, dose_mg=1),
            "times_h is {0, 12}; it must be a list; e.g. times_h=[0, 12]",
        ),
        (lambda: Regimen.from_doses("a", times_h=b"70", dose_mg=1), "times_h is b'70'; it must"),
        (
            lambda: Regimen.from_doses("a", times_h=np.array(5), dose_mg=1),
            "times_h is array(5); it must be a list",
        ),
        (
            lambda: Regimen.from_doses("a", times_h=[0, 12], dose_mg={400: 1, 200: 2}),
            "dose is {400: 1, 200: 2}; it must be a list; e.g. 400 or [400, 200]",
        ),
        (lambda: Regimen.taken(5), "doses is 5; it must be a list"),
        (lambda: Regimen.taken(["x"]), "'x' is no dose; give il15_sim.Dose(time_h, ...)"),
        (lambda: Regimen(("x",)), "'x' is no course; make it with Regimen.oral"),
        (lambda: Dose(-1, "a", 1, "mg", "oral"), "dose time of a is -1 h; it must be a non-neg"),
        (lambda: Dose(0, "a", 1, "mg", "civ"), "unknown route 'civ'; routes are oral, iv, inf"),
        (lambda: Dose(0, "a", 1, "mg", "ivv"), "unknown route 'ivv'; routes are oral, iv, inf"),
        (lambda: Dose(0, "a", 1, "mg", ["iv"]), "unknown route '['iv']'; routes are"),
        (
            lambda: Dose(0, "a", 1, "ug/kg/min", "infusion", 1),
            "unknown unit 'ug/kg/min'; it is an amount per time; give the amount of one dose",
        ),
        (lambda: Regimen(5), "tracks is 5; it must be a list; e.g. Regimen.parse(text).tracks"),
        (lambda: Phase(1, "mg", 12, 5, "d1-5/28"), "cycle is 'd1-5/28'; give Cycle(1, 5, 28), or"),
        (lambda: Dose(0, "a", 1, np.array(["mg", "g"]), "oral"), "unknown unit '['mg' 'g']'"),
        (lambda: FULL.hold(days=(1, 2), drug=np.array(["a", "b"])), "drug of this regimen '['a'"),
        (lambda: Dose(0, "a", 1, "ng", "oral"), "unknown unit 'ng'; units are mg, mg/m2"),
        (lambda: Regimen.oral("a", dose=1, days=5), "dose keyword 'dose'; the keyword names the"),
        (lambda: Regimen.oral("a", dose_g=1, days=5), "'dose_g'; the keyword names the unit: "),
        (
            lambda: Regimen.oral("a", dose_mcg_per_kg=1, days=5),
            "unknown dose keyword 'dose_mcg_per_kg'; did you mean 'dose_ug_per_kg'?",
        ),
        (
            lambda: Regimen.oral("a", dose_mg_m2=1, days=5),
            "unknown dose keyword 'dose_mg_m2'; did you mean 'dose_mg_per_m2'?",
        ),
        (
            lambda: Regimen.oral("a", dose_mg=1, days=5, every=12),
            "unknown argument 'every'; arguments are drug, days, every_h, cycle, start_day and",
        ),
    ],
)
def test_what_is_no_list_no_unit_no_argument(make: Any, text: str) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert text in str(error.value)
