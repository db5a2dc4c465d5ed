"""What an event adds to a species is an amount, whether anything else changes it or not."""

import pytest
from sbml_text import compartment, model, reaction, species
from small_models import rows_at

from il15_sim.batch.kernel import Event, Kernel, Task
from il15_sim.batch.layout import ADD, OK


@pytest.mark.parametrize(
    "changed",
    [
        True,
        pytest.param(
            False,
            marks=pytest.mark.xfail(
                strict=True, reason="a species that nothing changes is a parameter: its own value"
            ),
        ),
    ],
)
def test_an_amount_is_diluted_by_the_compartment(changed):
    parts = [
        compartment("c", 4),
        *(species("E", "c", amount=8), species("P", "c", amount=0)),
        reaction("J", "c * 0.1 * E", [], ["P"]),
    ]
    if changed:
        parts.append(reaction("K", "0 * E", ["E"], []))
    kernel = Kernel(model(*parts))
    dose = Event(1.0, "E", ADD, 4.0)
    task = Task(0.0, 2.0, [[dose]], ["E"], **rows_at(0.5, 1.5))
    outcome = kernel.run(task, 1)
    assert outcome.status[0] == OK
    assert outcome.values[0, :, 0] == pytest.approx([2.0, 3.0])
