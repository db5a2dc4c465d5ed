"""What a caller may choose about steps, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from il15_sim.errors import InputError, unknown
from il15_sim.finite import as_number
from il15_sim.simulation.reference_engine import TYPICAL_SIZE
from il15_sim.simulation.subject import Subject


def check_choices(sample: object, rtol: object, steps: object, max_step_h: object) -> None:
    """Refuse what is no sample, tolerance, number of steps, or length of a step."""
    if sample not in ("post", "pre", "both"):
        raise unknown("sample", str(sample), ("post", "pre", "both"))
    tolerance = as_number(rtol)
    if tolerance is None or not 1e-12 <= tolerance <= 1e-2:
        raise InputError(f"rtol {rtol!r}", why="a relative tolerance lies in 1e-12 .. 1e-2")
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise InputError(f"max_steps {steps!r}", why="it is a whole number, at least one")
    if not _is_positive(max_step_h):
        raise InputError(f"max_step_h {max_step_h!r}", why="it is a number of hours above 0")


def checked_sizes(subject: Subject, given: Mapping[str, float] | None) -> dict[str, float]:
    """Sizes of states that were given, checked."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InputError(f"sizes {given!r:.80}", fix="give a mapping of state ids to sizes")
    for name, size in given.items():
        if name not in subject.states:
            raise unknown("state", str(name), subject.states)
        if not (_is_positive(size) and math.isfinite(size)):
            raise InputError(f"size {size!r} of state '{name}'", why="it is a number above 0")
    return {str(name): float(size) for name, size in given.items()}


def typical_sizes(subject: Subject, given: Mapping[str, float]) -> NDArray[np.float64]:
    """Size of every state (S,) below which it counts as nearly empty; 0: as the run shows."""
    sizes = dict.fromkeys(subject.states, 0.0)
    if subject.model is not None:
        # As the reference engine: an absolute tolerance of rtol times a tenth of the size.
        sizes = {s: 0.1 * TYPICAL_SIZE.get(subject.units[s], 1.0) for s in subject.states}
    return np.array([given.get(s, size) for s, size in sizes.items()])


def _is_positive(number: object) -> bool:
    value = as_number(number)
    return value is not None and value > 0
