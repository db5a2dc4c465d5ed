"""The table of likelihoods: what a fit may assume of its measurements, with source and use."""

from __future__ import annotations

from collections.abc import Mapping

from il15_sim.errors import unknown
from il15_sim.fit.likelihoods.of_measurements import MEASUREMENTS
from il15_sim.fit.likelihoods.of_summaries import SUMMARIES
from il15_sim.fit.likelihoods.value import Likelihood
from il15_sim.frozen import Frozen

#: Every likelihood by its kind; documentation and errors read it.
LIKELIHOODS: Mapping[str, Likelihood] = Frozen(
    {one.kind: one for one in (*MEASUREMENTS, *SUMMARIES)}
)


def likelihood(kind: str, where: str | None = None) -> Likelihood:
    """The likelihood of a kind.

    Raises
    ------
    InputError
        For an unknown kind, with the closest one.

    Examples
    --------
    >>> likelihood("log-normal").predicted
    'median'
    """
    if kind not in LIKELIHOODS:
        raise unknown("likelihood", str(kind), LIKELIHOODS, where)
    return LIKELIHOODS[kind]


def table_text() -> str:
    """The table in Markdown, one row a kind; `docs/likelihoods.md` holds it, as a test sees to.

    Examples
    --------
    >>> print(table_text().splitlines()[0])
    | kind | predicted | measured | known | formula | reference | use |
    """
    names = ("kind", "predicted", "measured", "known", "formula", "reference", "use")
    rows = [names, ("---",) * len(names)]
    for one in LIKELIHOODS.values():
        known = "; ".join(
            f"`{k.name}`: {k.meaning}" + ("" if k.default is None else f" (default {k.default:g})")
            for k in one.known
        )
        cells = (one.predicted, one.measured, known, one.formula, one.reference, one.use)
        rows.append((f"`{one.kind}`", *(text.replace("|", "\\|") for text in cells)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
