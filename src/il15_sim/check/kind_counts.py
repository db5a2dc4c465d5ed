"""How many parameters are of each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from il15_sim.check.problem import Problem, model_paths, read_model_file
from il15_sim.model.composition import patient_wiring
from il15_sim.model.parameters import KINDS, ParameterTable


def summary(table: ParameterTable, ids: Iterable[str] | None = None) -> dict[str, int]:
    """Count of each kind, over the whole table or over some of its ids.

    Examples
    --------
    >>> from il15_sim.model.parameters import Parameter
    >>> summary(ParameterTable((Parameter("ka", 0.5, 0.1, 2.0, "1/h", "assumed"),)))
    {'measured': 0, 'derived': 0, 'fitted': 0, 'assumed': 1, 'setting': 0}
    """
    counts = dict.fromkeys(KINDS, 0)
    for id_ in table if ids is None else ids:
        counts[table[id_].kind] += 1
    return counts


def parameters_by_model(models_dir: str | Path, table: ParameterTable) -> dict[str, list[str]]:
    """Ids of the rows that each module, and the patient, has upstream.

    Raises
    ------
    InputError
        When a model does not parse.
    """
    folder = Path(models_dir)
    paths, wiring = model_paths(folder), patient_wiring(folder)
    problem = Problem(folder, table, models=tuple(map(read_model_file, paths)), wiring=wiring)
    used = {}
    for model in problem.models:
        rows = {row for id_ in model.facts.constants for row in problem.rows_of(model, id_)}
        used[model.name] = [id_ for id_ in table if id_ in rows]
    return used


#: Rows of the table before the links of the chain were fitted: all, assumed, and those of the
#: assumed that are a kind of their own by now, settings.
BEFORE = {"total": 174, "assumed": 115, "setting": 15}


def assumed_text(counts: Mapping[str, int]) -> str:
    """How many rows are assumed, now and before the links of the chain were fitted.

    Examples
    --------
    >>> text = assumed_text({"measured": 1, "derived": 0, "fitted": 3, "assumed": 2, "setting": 4})
    >>> text.split(".")[0]
    '2 of 10 parameters are assumed, and 4 are settings'
    """
    return (
        f"{counts['assumed']} of {sum(counts.values())} parameters are assumed, and "
        f"{counts['setting']} are settings. Before the links were fitted, {BEFORE['assumed']} of "
        f"{BEFORE['total']} were assumed, of which {BEFORE['setting']} are counted as settings now."
    )


def summary_text(
    table: ParameterTable,
    by_model: Mapping[str, Iterable[str]] | None = None,
    upstream: Mapping[str, Mapping[str, int]] | None = None,
) -> str:
    """The counts as a table to print: one line for the whole, one for each model.

    `upstream` adds a second table: what each of some observables rests on.

    Examples
    --------
    >>> from il15_sim.model.parameters import Parameter
    >>> print(summary_text(ParameterTable((Parameter("ka", 0.5, 0.1, 2.0, "1/h", "assumed"),))))
    parameters  measured  derived  fitted  assumed  setting  total
    all                0        0       0        1        0      1
    """
    counts = {"all": summary(table)}
    for name, ids in (by_model or {}).items():
        counts[name] = summary(table, ids)
    tables = [_lines("parameters", counts)]
    if upstream:
        tables.append(_lines("upstream of", upstream))
    return "\n\n".join(tables)


def _lines(title: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    width = max(len(name) for name in (title, *counts))
    lines = ["  ".join([title.ljust(width), *KINDS, "total"])]
    for name, kinds in counts.items():
        cells = [str(kinds[k]).rjust(len(k)) for k in KINDS]
        cells.append(str(sum(kinds.values())).rjust(len("total")))
        lines.append("  ".join([name.ljust(width), *cells]))
    return "\n".join(lines)
