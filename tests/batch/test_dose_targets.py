"""What an event adds to a species is an amount; where nothing else changes one, it is refused."""

import re

import pytest

from il15_sim import InputError
from il15_sim.batch.drive.layout import ADD, OK, SET
from il15_sim.batch.kernel import Event, Kernel, Task
from tests.batch.sbml_text import compartment, model, reaction, species
from tests.made.small_models import rows_at


def made(changed):
    """E is 8 in a volume of 4, and makes P."""
    parts = [
        compartment("c", 4),
        *(species("E", "c", amount=8), species("P", "c", amount=0)),
        reaction("J", "c * 0.1 * E", [], ["P"]),
    ]
    if changed:
        parts.append(reaction("K", "0 * E", ["E"], []))
    return Kernel(model(*parts))


def course(kernel, event):
    outcome = kernel.run(Task(0.0, 2.0, [[event]], ["E"], **rows_at(0.5, 1.5)), 1)
    assert outcome.status[0] == OK
    return outcome.values[0, :, 0]


def test_an_amount_is_diluted_by_the_compartment():
    assert course(made(True), Event(1.0, "E", ADD, 4.0)) == pytest.approx([2.0, 3.0])


def test_an_amount_of_what_nothing_changes_is_refused():
    text = (
        "an amount of species 'E' is added during a run; nothing changes it, so that it is held as "
        "a parameter; set its value, which is that of its id"
    )
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        course(made(False), Event(1.0, "E", ADD, 4.0))


def test_its_compartment_is_not_changed_during_a_run():
    """The amount would stay, and the concentration follow."""
    text = (
        "change of compartment 'c' during a run; nothing changes species 'E' in it, which is held "
        "at its concentration; vary it by rows of the parameter table"
    )
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        course(made(False), Event(1.0, "c", SET, 8.0))
    assert course(made(True), Event(1.0, "c", SET, 8.0)) == pytest.approx([2.0, 1.0])


def test_its_value_can_be_set():
    assert course(made(False), Event(1.0, "E", SET, 3.0)) == pytest.approx([2.0, 3.0])
