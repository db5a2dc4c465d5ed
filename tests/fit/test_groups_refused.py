"""Mistakes in estimates and values of groups of arms, each told in one line."""

import pytest

from il15_sim import InputError
from il15_sim.fit import Estimate
from tests.made.groups_of_arms import fitted, readings

ESTIMATES = [
    ([Estimate("x", "rates", ("fast",))], "estimate: unknown parameter 'rates'; did you mean 'ra"),
    ([Estimate("x", "rate", ("fst",))], "estimate 'x': unknown group 'fst'; did you mean 'fast'?"),
    (
        [Estimate("x", "rate", ("fast", "fast"))],
        "estimate 'x': two groups are called 'fast'; name each once",
    ),
    (
        [Estimate("x", "rate", ("fast",)), Estimate("z", "rate", ("slow", "fast"))],
        "estimate 'z': 'x' sets 'rate' in group 'fast', too; give each groups of its own",
    ),
    (
        ["rate", Estimate("x", "rate", ("slow",))],
        "estimate 'x': 'rate' sets 'rate' in group 'slow', too; give each groups of its own",
    ),
    (
        [Estimate("size", "rate", ("slow",))],
        "estimate 'size': its id is taken; another parameter is called so, and it sets 'rate'",
    ),
    (
        [Estimate("x", "more", ("slow",))],
        "estimate 'x': it is fixed; every arm of its groups sets it",
    ),
]


@pytest.mark.parametrize(("estimate", "told"), ESTIMATES)
def test_wrong_estimates(estimate, told):
    with pytest.raises(InputError) as caught:
        fitted(estimate=estimate)
    assert told in str(caught.value)


GROUPS = [
    ({"fst": {"rate": 1.0}}, "unknown group 'fst'; did you mean 'fast'?"),
    ({"fast": {"rates": 1.0}}, "group 'fast': unknown parameter 'rates'; did you mean 'rate'?"),
    ({"fast": {"more": 1.0}}, "group 'fast': 'more'; arm 'fast, 1' sets it itself"),
    ({"fast": {"rate": 1.0}}, "estimate 'rate_fast': it is fixed; every arm of its groups sets it"),
]


@pytest.mark.parametrize(("groups", "told"), GROUPS)
def test_wrong_values_of_groups(groups, told):
    with pytest.raises(InputError) as caught:
        fitted(groups=groups)
    assert str(caught.value).startswith(told)


def test_a_row_without_a_group_is_refused():
    told = readings()
    told.loc[3, "group"] = ""
    with pytest.raises(InputError, match="data: row 3: no group; name one in every row"):
        fitted(told)
