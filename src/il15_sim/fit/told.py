"""A fit in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from il15_sim.fit.of_groups import kept

if TYPE_CHECKING:
    from il15_sim.fit.result import Fit

#: Searches that end this near to the best one, in -2 ln likelihood, have found the same.
_SAME = 0.1


def told(fit: Fit) -> str:
    """Estimates, the size of errors, and what there is to say of them."""
    rows, done = fit.objective.rows, [s for s in fit.searches if s.ok]
    least = min(s.objective for s in fit.searches)
    # The searches may have been made with another size of errors than the best fit has.
    same = _SAME * (least / fit.best.objective if rows.sizes else 1.0)
    best = sum(s.objective <= least + same for s in done)
    count = len(fit.problem.unknowns)
    lines = [
        f"{fit.problem.subject.name} fitted to {rows.source}: {len(rows)} readings, "
        f"{count} parameter{'s' * (count > 1)}; {len(done)} of {len(fit.searches)} searches "
        f"came to an end, {best} of them at the best fit"
    ]
    wide = max(len(u.id) for u in fit.problem.unknowns)
    for row in fit.frame.to_dict("records"):
        line = f"  {row['parameter']:<{wide}}  {row['value']:.4g} {row['unit']}".rstrip()
        if not row["on_bound"]:
            line += f"  (95 %: {row['lower95']:.4g} to {row['upper95']:.4g})"
        if row["groups"]:
            line += f"; {row['sets']} of {row['groups']}"
        lines.append("; ".join([line, *flags(row)]))
    lines += [f"  {one}" for one in kept(fit.problem)]
    for k, name in enumerate(rows.sizes):
        kind = "log SD" if name.endswith("(log-normal)") else "SD"
        told_of = name.rsplit(" (", 1)[0]
        size = float(fit.objective.sizes[k])
        lines.append(f"  errors of {told_of}: {kind} {size:.3g}, estimated from the residuals")
    if not math.isnan(fit.omega):
        lines.append(f"  between cohorts: log SD {fit.omega:.3g}")
    if not fit.best.ok:
        lines.append(f"  the best search {fit.best.status}: start more of them")
    return "\n".join(lines)


def flags(row: Mapping[Any, Any]) -> list[str]:
    """What there is to say of one estimate."""
    found = []
    if "not identified" in row["verdict"]:
        found.append(row["verdict"])
    if row["on_bound"]:
        found.append(f"on its {row['on_bound']} bound")
    if row["interval_on_bound"]:
        found.append(f"interval ends on the {row['interval_on_bound']} bound")
    if row["trades_off_with"]:
        found.append(f"trades off with {row['trades_off_with']}")
    return found
