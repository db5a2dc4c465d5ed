"""Times are asked by hours, whatever unit of time an SBML text counts in: against closed forms."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from il15_sim import Change, InputError, Model, endpoints, gradients, simulate
from il15_sim.batch.equations.time_unit import HOUR, TimeUnit
from il15_sim.batch.kernel import Kernel
from il15_sim.model import model_names
from tests.batch.sbml_text import model, parameter, rate, rule, unit

DAY = unit("day", multiplier=86_400)
#: A unit of time as a document has it: level, what it declares, its length in hours.
UNITS = {
    "s, the base unit": (3, [], ' timeUnits="second"', Fraction(1, 3600)),
    "min": (3, [unit("minute", multiplier=60)], ' timeUnits="minute"', Fraction(1, 60)),
    "h, by a scale": (3, [unit("u", scale=3, multiplier=3.6)], ' timeUnits="u"', Fraction(1)),
    "d": (3, [DAY], ' timeUnits="day"', Fraction(24)),
    "wk": (3, [unit("week", multiplier=604_800)], ' timeUnits="week"', Fraction(168)),
    "ms": (3, [unit("ms", scale=-3)], ' timeUnits="ms"', Fraction(1, 3_600_000)),
    "no round number": (3, [unit("u", multiplier=0.7)], ' timeUnits="u"', Fraction(7, 36_000)),
    "Level 2": (2, [], "", Fraction(1, 3600)),
    "Level 2, time redefined": (2, [unit("time", multiplier=86_400)], "", Fraction(24)),
}  # fmt: skip
#: What counts no time, or does not say in what.
NONE = {
    "Level 3 without a unit": (3, [], ""),
    "dimensionless": (3, [], ' timeUnits="dimensionless"'),
    "a definition that is dimensionless": (3, [unit("u", "dimensionless")], ' timeUnits="u"'),
    "a length": (3, [unit("u", "metre")], ' timeUnits="u"'),
    "a frequency": (3, [unit("u", exponent=-1)], ' timeUnits="u"'),
    "Level 2 in no time": (2, [unit("time", "dimensionless")], ""),
}


def text(level, declared, more, *, k=1.0, start=8.0):
    """dA/dt = -k A per unit of time; `clock` is the time of the model."""
    return model(
        *declared,
        parameter("A", start, constant=False),
        parameter("k", k),
        parameter("clock", constant=False),
        rate("A", "-k * A"),
        rule("clock", "time"),
        level=level,
        more=more,
    )


@pytest.mark.parametrize("name", UNITS)
def test_a_decay_of_one_per_unit(name):
    level, declared, more, hours = UNITS[name]
    kernel = Kernel(text(level, declared, more))
    assert kernel.time_unit == TimeUnit(hours)
    # Hours to a billionth: some units of time, but whole hours where these are many.
    times = [round(float(x * hours), 9) for x in (0.5, 1, 3)]
    times = times if hours > Fraction(1, 1000) else [0.001, 0.002, 0.004]
    runs = simulate(kernel, times_h=times, observables=["A", "clock"], rtol=1e-10)
    in_units = np.array(times) / float(hours)
    assert runs["time_h"].values.tolist() == times
    assert runs["clock"].values[0] == pytest.approx(in_units, rel=1e-15)
    right = 8.0 * np.exp(-in_units)
    # What has decayed counts against a hundredth of what was there: 1e-10 of 0.08.
    assert runs["A"].values[0] == pytest.approx(right, rel=1e-7, abs=8e-12)


#: The course of the next tests, the same in all units: 0.5 per hour, 8 more at 2.4 h, until 7.2 h.
DOSE_H, END_H = 2.4, 7.2
JUST_BEFORE = 8.0 * math.exp(-0.5 * DOSE_H)
JUST_AFTER = JUST_BEFORE + 8.0


def dosed(t):
    return JUST_AFTER * math.exp(-0.5 * (t - DOSE_H)) if t >= DOSE_H else 8.0 * math.exp(-0.5 * t)


def area(a, b):
    return 2.0 * (dosed(a) - dosed(b))


@pytest.fixture(scope="module", params=UNITS)
def half_an_hour(request):
    level, declared, more, hours = UNITS[request.param]
    return Kernel(text(level, declared, more, k=0.5 * float(hours)))


READOUTS = [
    (endpoints.cmax("A"), JUST_AFTER),
    (endpoints.cmax("A", hours=(4.8, None)), dosed(4.8)),
    (endpoints.cmin("A", hours=(1.1, DOSE_H)), JUST_BEFORE),
    (endpoints.auc("A", hours=(3.0, 6.5)), area(3.0, 6.5)),
    (endpoints.auc("A"), 2.0 * (8.0 - JUST_BEFORE) + area(DOSE_H, END_H)),
    (endpoints.value_at("A", day=0.1), JUST_AFTER),
    (endpoints.trough("A", day=0.1), JUST_BEFORE),
    (endpoints.baseline("A"), 8.0),
    (endpoints.change("A", day=0.2), dosed(4.8) - 8.0),
    (endpoints.fold("A", day=0.2), dosed(4.8) / 8.0),
    (endpoints.max_fold("A"), JUST_AFTER / 8.0),
    (endpoints.time_to_below("A", 3.0), 2.0 * math.log(8.0 / 3.0)),
    (
        endpoints.time_to_below("A", 3.0, hours=(3.3, None)),
        DOSE_H + 2.0 * math.log(JUST_AFTER / 3.0),
    ),
    (endpoints.time_to_above("A", 9.0), DOSE_H),
    (endpoints.time_to_above("A", 1.0, hours=(3.3, None)), 3.3),
]


def test_every_readout_is_told_by_hours(half_an_hour):
    wanted = [r.named(f"r{i}") for i, (r, _) in enumerate(READOUTS)]
    runs = simulate(
        half_an_hour, changes=[Change(DOSE_H, "A", 8.0)], endpoints=wanted, rtol=1e-10,
        until_days=0.3,
    )  # fmt: skip
    for (readout, right), name in zip(READOUTS, wanted, strict=True):
        assert runs[name.name].values[0] == pytest.approx(right, rel=1e-7), readout.name
    # A level that is crossed by a dose, or from the begin on, is crossed at that very hour.
    assert runs["r13"].values[0] == DOSE_H
    assert runs["r14"].values[0] == 3.3
    assert runs["r4"].attrs["units"].split() == ["h"]


@pytest.mark.parametrize("sample", ["pre", "post"])
def test_a_dose_and_an_output_at_the_same_hour_meet(half_an_hour, sample):
    times = [0.1 * n for n in range(1, 70)]
    for dose_h in (0.3, 0.7, 2.3, 5.9):
        runs = simulate(
            half_an_hour, changes=[Change(dose_h, "A", 100.0, sets=True)], times_h=times,
            sample=sample, observables="A",
        )  # fmt: skip
        course = runs["A"].sel(time_h=round(dose_h, 9)).values[0]
        right = 100.0 if sample == "post" else 8.0 * math.exp(-0.5 * dose_h)
        assert course == pytest.approx(right, rel=1e-4)


def test_a_run_goes_on_at_its_hour(half_an_hour):
    first = simulate(half_an_hour, until_days=0.1, final_state=True, rtol=1e-10)
    second = simulate(
        half_an_hour, start=first["final_state"].values, start_h=DOSE_H, times_h=[4.0, END_H],
        changes=[Change(0.3, "A", 1e6), Change(DOSE_H, "A", 8.0)], observables=["A", "clock"],
        rtol=1e-10,
    )  # fmt: skip
    assert second["A"].values[0] == pytest.approx([dosed(4.0), dosed(END_H)], rel=1e-7)
    hours = float(half_an_hour.time_unit.hours)
    assert second["clock"].values[0] * hours == pytest.approx([4.0, END_H], rel=1e-14)


def test_slopes_are_those_by_hours(half_an_hour):
    wanted = [
        endpoints.auc("A", hours=(3.0, 6.5)).named("area"),
        endpoints.time_to_below("A", 3.0).named("time"),
        endpoints.time_to_above("A", 9.0).named("dose"),
    ]
    slopes = gradients(
        half_an_hour, wrt=["k"], changes=[Change(DOSE_H, "A", 8.0)], endpoints=wanted,
        observables=["A"], times_h=[2.0, END_H], rtol=1e-10,
    )  # fmt: skip
    # By the rate per hour, which is the parameter over the hours of a unit.
    per = float(half_an_hour.time_unit.hours)
    assert per * slopes["A"].values[0, 0, 0] == pytest.approx(-2.0 * dosed(2.0), rel=1e-5)
    assert per * slopes["time"].values[0, 0] == pytest.approx(-4.0 * math.log(8 / 3), rel=1e-4)
    k, step = 0.5, 1e-6

    def area_of(k):
        after = 8.0 * math.exp(-k * DOSE_H) + 8.0
        return after * (math.exp(-k * (3 - DOSE_H)) - math.exp(-k * (6.5 - DOSE_H))) / k

    right = (area_of(k + step) - area_of(k - step)) / (2 * step)
    assert per * slopes["area"].values[0, 0] == pytest.approx(right, rel=1e-4)
    assert slopes["dose"].values[0, 0] == 0.0


def test_stored_results_of_two_units_are_two(tmp_path):
    sbml = text(3, [], "")
    asked = {"times_h": [24.0], "folder": tmp_path, "observables": "A", "progress": False}
    by_day = simulate(Kernel(sbml, time_unit="d"), **asked)["A"].values[0, 0]
    by_week = simulate(Kernel(sbml, time_unit="wk"), **asked)["A"].values[0, 0]
    assert by_day == pytest.approx(8 * math.exp(-1), rel=1e-5)
    assert by_week == pytest.approx(8 * math.exp(-1 / 7), rel=1e-5)


@pytest.mark.parametrize("name", NONE)
def test_a_model_without_a_unit_of_time_is_refused_by_name(name):
    kernel = Kernel(text(*NONE[name]), name="decay")
    assert kernel.time_unit is None
    told = r"model 'decay' has no unit of time; .* name it, as in Kernel\(sbml, time_unit=\"d\"\)"
    with pytest.raises(InputError, match=told):
        simulate(kernel, times_h=[1.0])
    with pytest.raises(InputError, match=told):
        gradients(kernel, wrt=["k"], times_h=[1.0])


@pytest.mark.parametrize(
    ("spellings", "hours"),
    [
        (("s", "sec", "second", "seconds"), Fraction(1, 3600)),
        (("min", "minute", "minutes"), Fraction(1, 60)),
        (("h", "hr", "hour", "hours"), 1),
        (("d", "day", "days"), 24),
        (("wk", "week", "weeks"), 168),
    ],
)
def test_the_unit_can_be_named(spellings, hours):
    for name in spellings:
        assert TimeUnit.named(name).hours == hours
    times = [float(hours * x) for x in (1, 2)]
    kernel = Kernel(text(3, [], ""), time_unit=spellings[-1])
    runs = simulate(kernel, times_h=times, observables="A", rtol=1e-9)
    right = 8.0 * np.exp(-np.round(times, 9) / float(hours))
    assert runs["A"].values[0] == pytest.approx(right, rel=1e-6)


def test_units_that_are_none_are_refused_with_the_closest():
    with pytest.raises(InputError, match="unknown unit of time 'dys'; did you mean 'days'"):
        Kernel(text(3, [], ""), time_unit="dys")
    with pytest.raises(InputError, match="unknown unit of time 'fortnight'; choose one of: d"):
        Kernel(text(3, [], ""), time_unit="fortnight")


def test_another_unit_than_that_of_the_text_is_refused():
    sbml = text(3, [DAY], ' timeUnits="day"')
    told = "time_unit 'h' of 'decay'; its SBML says that time is in d; leave time_unit out"
    with pytest.raises(InputError, match=told):
        Kernel(sbml, name="decay", time_unit="h")
    assert Kernel(sbml, time_unit="day").time_unit == TimeUnit.named("d")
    with pytest.raises(InputError, match=r"says that time is in 0\.7 s"):
        Kernel(text(3, [unit("u", multiplier=0.7)], ' timeUnits="u"'), time_unit="s")


def test_hours_stay_themselves_to_the_bit():
    rng = np.random.default_rng(1)
    times = rng.uniform(0.0, 1e5, 1000).round(9)
    assert np.array_equal(HOUR.from_hours(times), times)
    assert np.array_equal(HOUR.to_hours(times), times)
    for name in ("s", "min", "d", "wk"):
        converted = TimeUnit.named(name).from_hours(np.sort(times))
        assert (np.diff(converted) > 0).all()
        one_by_one = [TimeUnit.named(name).from_hours(t) for t in np.sort(times).tolist()]
        assert converted.tolist() == one_by_one


def test_the_models_of_the_package_count_hours():
    assert {Model.load(name).facts.time_unit for name in model_names()} == {HOUR}


def test_rows_of_a_table_are_each_converted():
    kernel = Kernel(text(3, [DAY], ' timeUnits="day"'))
    table = pd.DataFrame({"k": np.linspace(0.5, 2.0, 11)})
    runs = simulate(
        kernel, None, table, endpoints=endpoints.time_to_below("A", 4.0), until_days=2, rtol=1e-9
    )
    right = 24.0 * math.log(2.0) / table["k"].to_numpy()
    assert runs["time_to_below_A_4"].values == pytest.approx(right, rel=1e-6)
