"""Random treatments of the one compartment: boluses, infusions, and what sets the centre anew."""

from hypothesis import strategies as st

from il15_sim.batch.drive.layout import ADD, SET
from il15_sim.batch.kernel import Event
from tests.oracles.compartment import infusion

SOME_TIME = st.floats(0.0, 50.0).map(lambda t: round(t, 2))
SOME_AMOUNT = st.floats(0.1, 10.0)
_BOLUS = st.tuples(SOME_TIME, SOME_AMOUNT, st.sampled_from(["gut", "central"])).map(
    lambda x: [Event(x[0], x[2], ADD, x[1])]
)
_INFUSION = st.tuples(SOME_TIME, st.floats(0.1, 20.0), SOME_AMOUNT).map(
    lambda x: infusion(x[0], x[0] + x[1], x[2])
)


def treatments(left):
    """Sorted events; `left` draws what an emptying leaves in the centre."""
    emptying = st.tuples(SOME_TIME, left).map(lambda x: [Event(x[0], "central", SET, x[1])])
    return st.lists(st.one_of(_BOLUS, _BOLUS, emptying, _INFUSION), min_size=1, max_size=6).map(
        lambda parts: sorted((e for part in parts for e in part), key=lambda e: e.time)
    )
