"""Changes that are the same for all runs, or for each run its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from il15_sim.errors import InputError
from il15_sim.simulation.dosing import Change
from il15_sim.simulation.pairing import Pairing
from il15_sim.simulation.schedules import Schedule, checked_changes
from il15_sim.simulation.subject import Subject


def with_changes(
    subject: Subject,
    pairing: Pairing,
    changes: Change | Sequence[Change] | Sequence[Sequence[Change]],
) -> tuple[Pairing, list[Schedule]]:
    """The pairing with one regimen for each pair of regimen and changes, and their changes.

    Raises
    ------
    InputError
        For changes that do not fit the model, and for another number of lists than of runs.
    """
    given = [changes] if isinstance(changes, Change) else list(changes)
    if not given or not all(isinstance(one, (list, tuple)) for one in given):
        flat: list[Change] = given  # type: ignore[assignment]
        return pairing, [checked_changes(flat, subject)] * len(pairing.regimens)
    count = pairing.rows.count
    if len(given) != count:
        raise InputError(
            f"{len(given)} lists of changes for {count} runs", fix="give one list for each run"
        )
    own = [checked_changes(one, subject) for one in given]  # type: ignore[arg-type]
    regimen_of = np.zeros(count, np.intp) if pairing.regimen_of is None else pairing.regimen_of
    places: dict[tuple[int, Schedule], int] = {}
    of_run = [
        places.setdefault(pair, len(places)) for pair in zip(regimen_of.tolist(), own, strict=True)
    ]
    regimens = tuple(pairing.regimens[regimen] for regimen, _ in places)
    together = replace(pairing, regimens=regimens, regimen_of=np.array(of_run, np.intp))
    return together, [schedule for _, schedule in places]
