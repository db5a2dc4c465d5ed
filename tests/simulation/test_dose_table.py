"""Regimens expanded in columns give the numbers that they give dose by dose, to the last bit."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim import Change, InputError, Model, Regimen, endpoints, simulate
from il15_sim.batch.drive.layout import ADD, SET
from il15_sim.batch.events import Event, EventTable
from il15_sim.regimen.dose import UNITS, round_h
from il15_sim.regimen.expand import Course, Listed
from il15_sim.regimen.phase import Cycle, Phase, Window
from il15_sim.regimen.rounding import round_all_h
from il15_sim.regimen.table import dose_table
from il15_sim.simulation.dose_events import dose_events
from il15_sim.simulation.schedules import changes_of, checked_changes, schedules_of
from il15_sim.simulation.subject import subject_of
from tests.oracles.single_doses import scaled_changes

PATIENT = Model.load("patient")
ROUTES = [(d.drug, d.route) for d in PATIENT.drugs]

# Round numbers, so that doses often fall together, and odd ones, whose digits do not end.
INTERVALS = st.sampled_from([6.0, 8.0, 12.0, 24.0, 4.8, 0.1, 1 / 3, 7.3, 36.0])
AMOUNTS = st.one_of(st.sampled_from([100.0, 200.0, 0.1, 0.3]), st.floats(1e-3, 1e3))
DAYS = st.sampled_from([0.5, 1.0, 2.0, 7 / 3, 3.7, 4.0])


@st.composite
def courses(draw):
    drug, route = draw(st.sampled_from(ROUTES))
    phases = tuple(
        Phase(
            draw(AMOUNTS), draw(st.sampled_from(UNITS)), draw(INTERVALS), draw(DAYS),
            draw(st.sampled_from([None, None, Cycle(1, 1, 2), Cycle(1, 2, 3)])),
        )
        for _ in range(draw(st.integers(1, 3)))
    )  # fmt: skip
    shortest = min(p.every_h for p in phases)
    hours = draw(st.sampled_from([1.0, 0.5, 1 / 3])) * shortest if route == "infusion" else 0.0
    plain = Course(drug, route, phases, draw(st.sampled_from([0.0, 0.0, 1 / 3, 2.0])), hours)
    days, edits = plain.days, {}
    if draw(st.booleans()):
        first = draw(st.floats(0.0, days / 2))
        edits["holds"] = (Window(first, first + days / 4),)
    # A reduced dose is below the planned ones, and in their unit.
    if draw(st.booleans()) and len({p.unit for p in phases}) == 1:
        low = 0.5 * min(p.amount for p in phases)
        edits["reductions"] = (Window(0.25 * days, 0.5 * days, low, phases[0].unit),)
    numbers = draw(st.lists(st.integers(1, plain.count), max_size=3, unique=True))
    edits["skips"] = tuple(numbers[1:])
    if numbers and plain.planned()[numbers[0] - 1][0] + 13.0 < 24 * days - 1e-6:
        # Late by an interval of another dose: two doses at the same time.
        edits["lates"] = ((numbers[0], draw(st.sampled_from([12.0, 6.0, 0.1, 13.0]))),)
    return Course(drug, route, phases, plain.start_day, hours, **edits)


@st.composite
def lists(draw):
    drug, route = draw(st.sampled_from(ROUTES))
    points = st.tuples(st.sampled_from([0.0, 0.1, 8.0, 12.0, 1 / 3]), AMOUNTS)
    hours = draw(st.sampled_from([1.0, 4.0, 1 / 3])) if route == "infusion" else 0.0
    several = tuple(draw(st.lists(points, min_size=1, max_size=5)))
    return Listed(drug, route, draw(st.sampled_from(UNITS)), several, hours)


REGIMENS = st.lists(
    st.lists(st.one_of(courses(), courses(), lists()), max_size=4).map(
        lambda tracks: Regimen(tuple(tracks))
    ),
    min_size=1,
    max_size=4,
)


def doses_in(table, number):
    """The doses of one regimen as the table has them, sorted as `Regimen.doses` sorts."""
    found = []
    for k in np.flatnonzero(table.regimen == number):
        track = table.tracks[k]
        for i in range(table.offset[k], table.offset[k + 1]):
            found.append(
                (
                    float(table.time_h[i]), track.drug, float(table.amount[i]),
                    UNITS[table.unit[i]], track.route, track.duration_h,
                )
            )  # fmt: skip
    return sorted(found)


@settings(max_examples=150, deadline=None)
@given(REGIMENS)
def test_the_columns_hold_the_doses_of_every_regimen(regimens):
    table = dose_table(regimens)
    for number, regimen in enumerate(regimens):
        one_by_one = [
            (d.time_h, d.drug, d.amount, d.unit, d.route, d.duration_h) for d in regimen.doses()
        ]
        assert doses_in(table, number) == one_by_one
    assert table.end_h == max(r.end_h for r in regimens)
    for first, last in zip(table.offset, table.offset[1:], strict=False):
        assert (np.diff(table.time_h[first:last]) >= 0).all()


@settings(max_examples=150, deadline=None)
@given(REGIMENS)
def test_the_changes_are_those_of_single_doses(regimens):
    events = dose_events(PATIENT, dose_table(regimens))
    names = (*events.scales, "")
    for number, regimen in enumerate(regimens):
        own = np.flatnonzero(events.schedule == number)
        found = [
            (
                float(events.time_h[i]), events.targets[events.target[i]],
                float(events.amount[i]), names[events.scale[i]],
            )
            for i in own
        ]  # fmt: skip
        right = [(c.time_h, c.target, c.amount, c.per) for c in scaled_changes(PATIENT, regimen)]
        assert found == right


CHANGES = st.lists(
    st.builds(
        Change,
        st.sampled_from([0.0, 8.0, 12.0, 50.0]),
        st.sampled_from(["sorafenib_gut", "sorafenib_clearance", "il15_agonist_depot"]),
        st.floats(-5.0, 5.0),
        st.just(""),
        st.booleans(),
    ),
    max_size=3,
)


@settings(max_examples=100, deadline=None)
@given(REGIMENS, CHANGES, st.sampled_from([0.0, 8.0, 30.5]))
def test_schedules_are_changes_first_then_doses_by_time(regimens, changes, begin_h):
    subject = subject_of(PATIENT)
    extra = checked_changes(changes, subject)
    built = schedules_of(subject, dose_table(regimens), [extra] * len(regimens), begin_h)
    assert len(built) == len(regimens)
    for number, regimen in enumerate(regimens):
        ordered = sorted(
            (*extra, *scaled_changes(PATIENT, regimen)), key=lambda change: change.time_h
        )
        right = tuple(c for c in ordered if c.time_h >= begin_h or c.target in subject.constants)
        assert changes_of(built, number) == right


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.floats(0.0, 1e6), st.floats(0.0, 100.0)), max_size=20))
def test_times_are_rounded_as_python_rounds(times):
    assert round_all_h(np.array(times)).tolist() == [round_h(x) for x in times]


def test_halves_of_a_billionth_are_rounded_as_python_rounds():
    # Next to a half the product with 1e9 falls on either side of it.
    chance = np.random.default_rng(1)
    halves = (chance.integers(0, 10**12, 5000) + 0.5) / 1e9
    near = np.concatenate([halves, np.nextafter(halves, 0), np.nextafter(halves, 1e9)])
    assert round_all_h(near).tolist() == [round_h(x) for x in near.tolist()]


def test_a_table_of_events_reads_like_the_lists_it_was_made_of():
    lists = [
        [Event(0.0, "gut", ADD, 4.0, "weight"), Event(1.5, "k", SET, -1.0)],
        [],
        [Event(2.0, "gut", ADD, 0.5)],
    ]
    table = EventTable.of(lists)
    assert list(table) == lists
    assert table[-1] == lists[2]
    assert table[1:] == lists[1:]
    assert list(table.take(np.array([2, 0, 2]))) == [lists[2], lists[0], lists[2]]
    assert EventTable.of(table) is table
    with pytest.raises(IndexError):
        table[3]


def test_what_the_model_does_not_have_is_told():
    subject = subject_of(PATIENT)
    for text, told in [
        ("sorafenb 4 mg q12h x 2 d", "did you mean 'sorafenib'"),
        ("temozolomide 4 mg sc q12h x 2 d", "unknown route of temozolomide 'sc'"),
    ]:
        doses = dose_table([Regimen.parse(text)])
        with pytest.raises(InputError, match=told):
            schedules_of(subject, doses, [()], 0.0)


def own_regimens(count):
    """Each row its own dose twice daily over 56 days, every third one with a hold."""
    plain = (
        Regimen.oral("sorafenib", dose_mg=200 + 0.1 * i, every_h=12, days=56) for i in range(count)
    )
    return [r.hold(days=(14, 15 + i % 7)) if i % 3 == 0 else r for i, r in enumerate(plain)]


def test_planning_costs_a_small_part_of_simulating(monkeypatch):
    """2,000 rows with regimens of their own: far below the millisecond that a row takes to run."""
    from il15_sim.batch import kernel

    monkeypatch.setattr(kernel, "run_crew", lambda *_: None)
    regimens, asked = own_regimens(2000), {"endpoints": endpoints.cmax("sorafenib_total_mg_per_L")}
    seconds = []
    for _ in range(4):
        begin = time.process_time()
        simulate(PATIENT, regimens, progress=False, threads=1, **asked)
        seconds.append(time.process_time() - begin)
    assert min(seconds) / 2000 < 50e-6


def test_rows_with_their_own_regimens_are_rows_alone():
    pk, asked = Model.load("sorafenib_pk"), {"observables": "sorafenib_total_mg_per_L"}
    regimens = [Regimen.oral("sorafenib", dose_mg=100.0 + i, every_h=12, days=3) for i in range(9)]
    together = simulate(pk, regimens, **asked)["sorafenib_total_mg_per_L"].values
    for i in (0, 5, 8):
        alone = simulate(pk, regimens[i], **asked)["sorafenib_total_mg_per_L"].values
        assert together[i] == pytest.approx(alone[0], rel=1e-6)
