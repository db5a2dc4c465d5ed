"""Rules of dosing against courses worked out by hand."""

import numpy as np
import pytest

from il15_sim.errors import InputError
from il15_sim.trial.policy import Doses, Rule, apply_rules


def courses(rules, events, levels=3, every=14.0, name="toxicity"):
    """Level of one patient after each visit, and whether a dose follows it."""
    doses = {"drug": Doses.planned(1, levels)}
    told = []
    for k, seen in enumerate(events, start=1):
        readings = {"toxicity": np.zeros(1), name: np.array([float(seen)])}
        doses = apply_rules(rules, doses, readings, every * k)
        state = doses["drug"]
        taking = bool(state.takes(np.array([24 * every * k]))[0, 0])
        told.append((int(state.level[0]), taking))
    return told


def test_each_toxicity_lowers_the_dose_and_below_the_lowest_it_stops():
    told = courses([Rule("toxicity", "reduce")], [0, 1, 0, 1, 1, 0])
    assert told == [(0, True), (1, True), (1, True), (2, True), (2, False), (2, False)]


def test_a_dose_rises_again_after_weeks_without_toxicity():
    rules = [Rule("toxicity", "reduce"), Rule("no toxicity", "escalate", after_days=28)]
    told = courses(rules, [1, 0, 0, 0, 0, 1])
    assert [level for level, _ in told] == [1, 1, 0, 0, 0, 1]


def test_a_toxicity_on_which_no_rule_acts_delays_the_return():
    rules = [
        Rule("dose-limiting toxicity", "reduce"),
        Rule("no toxicity", "escalate", after_days=28),
    ]
    doses, told = {"drug": Doses.planned(1, 3)}, []
    for k, (limiting, any_) in enumerate([(1, 1), (0, 1), (0, 0), (0, 0)], start=1):
        readings = {"toxicity": np.array([any_]), "dose-limiting toxicity": np.array([limiting])}
        doses = apply_rules(rules, doses, readings, 14.0 * k)
        told.append(int(doses["drug"].level[0]))
    # The toxicity of day 28 counts: back on day 56, not on day 42.
    assert told == [1, 1, 1, 0]


def test_a_hold_shorter_than_a_window_ends_within_it():
    rule = Rule("toxicity", "hold", for_days=3)
    after = apply_rules([rule], {"drug": Doses.planned(1, 1)}, {"toxicity": np.ones(1)}, 14.0)
    hours = 24.0 * np.array([14, 16, 17, 20])
    assert after["drug"].takes(hours).tolist() == [[False, False, True, True]]


def test_a_hold_ends_by_itself_and_leaves_the_level():
    told = courses([Rule("toxicity", "hold", for_days=28)], [1, 0, 0])
    assert told == [(0, False), (0, False), (0, True)]


def test_hold_and_reduction_of_one_visit_go_together():
    rules = [Rule("toxicity", "hold", for_days=14), Rule("toxicity", "reduce")]
    told = courses(rules, [1, 0, 0])
    assert told == [(1, False), (1, True), (1, True)]


def test_the_order_of_hold_and_reduction_does_not_matter():
    hold, lower = Rule("toxicity", "hold", for_days=14), Rule("toxicity", "reduce")
    events = [0, 1, 1, 0, 1, 0, 0]
    assert courses([hold, lower], events) == courses([lower, hold], events)


def test_an_observable_acts_above_or_below_a_value():
    above = courses([Rule("level", "hold", above=2.0)], [1.0, 2.0, 2.1], name="level")
    assert [taking for _, taking in above] == [True, True, False]
    below = courses([Rule("cells", "stop", below=500)], [600, 400, 900], name="cells")
    assert [taking for _, taking in below] == [True, False, False]


def test_progression_stops():
    told = courses([Rule("progression", "stop")], [0, 1, 0], name="progression")
    assert [taking for _, taking in told] == [True, False, False]


def test_rules_of_one_drug_leave_the_others():
    doses = {"a": Doses.planned(2, 2), "b": Doses.planned(2, 2)}
    readings = {"toxicity": np.array([1.0, 0.0])}
    after = apply_rules([Rule("toxicity", "reduce", drug="a")], doses, readings, 14.0)
    assert after["a"].level.tolist() == [1, 0]
    assert after["b"].level.tolist() == [0, 0]


def test_rules_are_pure():
    before = Doses.planned(1, 2)
    apply_rules([Rule("toxicity", "reduce")], {"a": before}, {"toxicity": np.ones(1)}, 14.0)
    assert before.level.tolist() == [0]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"when": "toxicity", "then": "halve"}, "unknown action; write one of hold, reduce"),
        ({"when": "toxicity", "then": "hold", "above": 1.0}, "an event has no bound"),
        ({"when": "cells", "then": "hold"}, "give either above or below"),
        ({"when": "cells", "then": "hold", "above": 1.0, "below": 2.0}, "above or below one value"),
        ({"when": "toxicity", "then": "hold", "for_days": -1.0}, "days are not negative"),
    ],
)
def test_rules_that_are_none(given, text):
    with pytest.raises(InputError, match=text):
        Rule(**given)
