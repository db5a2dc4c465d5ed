"""Runs in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from il15_sim.results.runs import Runs

#: How a run that went to its end is told.
OK = "ok"


def lines_on(runs: Runs) -> list[str]:
    """What there is, a line each."""
    failed = sum(status != OK for status in runs.status)
    shown = [str(name) for name in runs.names[:4]]
    more = len(runs) - len(shown)
    lines = [
        f"{len(runs)} run{'s' * (len(runs) != 1)} of model '{runs.data.attrs['model']}'"
        + (f", {failed} failed" if failed else ""),
        "runs: " + ", ".join(shown) + (f" and {more} more" if more else ""),
    ]
    if runs.observables:
        lines.append(
            f"time courses: {len(runs.observables)} from {runs.times_h[0]:g} to "
            f"{runs.times_h[-1]:g} h ({len(runs.times_h)} times): "
            + ", ".join(runs.observables[:4])
            + (", ..." if len(runs.observables) > 4 else "")
        )
    numbers = [name for name in runs.units if name not in runs.observables]
    if numbers:
        lines.append("endpoints: " + ", ".join(numbers))
    return lines
