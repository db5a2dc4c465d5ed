"""Values in the Antimony files: written from the table, never by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from il15_sim.check.blocks import read_text, rewrite_blocks
from il15_sim.check.finding import Finding, from_error
from il15_sim.check.problem import Problem, model_paths
from il15_sim.composition import Wiring, patient_wiring
from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic
from il15_sim.model import SHIPPED_VARIANTS
from il15_sim.parameters import ParameterTable, Variant

BEGIN = '// values: written by "il15-sim check --sync" from parameters.tsv and the shipped variants'
END = "// end of values"

_WORD = re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_RULED = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*)\s*(?::=|'\s*=)")


def synced_text(
    text: str, table: ParameterTable, module: str = "", wiring: Wiring | None = None
) -> str:
    """The Antimony text with its blocks of values written anew.

    A block holds a line `id = value;` for every row of the table that the surrounding model
    mentions, in the order of the table. Names of a module that the patient calls otherwise take
    the row of the first instance; what has a rule is left alone.

    Raises
    ------
    InputError
        For a block that does not end, or stands outside of a model.

    Examples
    --------
    >>> from il15_sim.parameters import Parameter
    >>> table = ParameterTable((Parameter("ka", 0.5, 0.1, 2.0, "1/h", "assumed"),))
    >>> text = f"model m()\\n  ka has per_hour;\\n  {BEGIN}\\n  {END}\\nend\\n"
    >>> print(synced_text(text, table).splitlines()[3])
      ka = 0.5;
    """
    wires = wiring or Wiring()
    return rewrite_blocks(text, BEGIN, END, lambda code: _values(code, table, module, wires))


def _values(code: str, table: ParameterTable, module: str, wiring: Wiring) -> Iterator[str]:
    """Lines `name = value;` for the rows that the code mentions and gives no rule."""
    ruled = set(_RULED.findall(code))
    spelled: dict[str, str] = {}
    for word in _WORD.findall(code):
        if word not in ruled:
            row = table_row(word, table, module, wiring)
            if row is not None:
                spelled.setdefault(row, word)
    for p in table.parameters:
        if p.id in spelled:
            yield f"{spelled[p.id]} = {antimony_number(p.value)};"


def table_row(name: str, table: ParameterTable, module: str, wiring: Wiring) -> str | None:
    """The row that a name in a module, or in the patient, takes its value from."""
    if name in table:
        return name
    # `a.k` of the patient is a_k once flattened; a module's own name is what the patient wires.
    outer = wiring.outer_ids(module, name) if "." not in name else (name.replace(".", "_"),)
    return next((id_ for id_ in outer if id_ in table), None)


def antimony_number(value: float) -> str:
    """A float as Antimony reads it back to the same bits.

    >>> antimony_number(400.0), antimony_number(1e-05), antimony_number(0.1)
    ('400', '1e-05', '0.1')
    """
    return repr(float(value)).removesuffix(".0")


def sync_ant_values(
    models_dir: str | Path, shipped: Sequence[str] = SHIPPED_VARIANTS
) -> tuple[Path, ...]:
    """Write the blocks of values of every Antimony file anew, and return the files that changed.

    Parameters
    ----------
    models_dir : path
        Folder with `parameters.tsv`, `patient.ant`, `modules/` and `variants/`.
    shipped : sequence of str
        Variants of the packaged model, later ones win; those without a file are left out.

    Raises
    ------
    InputError
        For a faulty table or variant, or a block that does not end. No file is changed then.
    """
    folder = Path(models_dir)
    table = ParameterTable.read(folder / "parameters.tsv")
    effective = table
    for name in shipped:
        path = folder / "variants" / f"{name}.tsv"
        if path.is_file():
            effective = effective.with_values(Variant.read(path, table).values())
    wiring = patient_wiring(folder)
    changed: Mapping[Path, str] = {
        path: new
        for path in model_paths(folder)
        if (new := _synced(path, text := read_text(path), effective, wiring)) != text
    }
    for path, text in changed.items():
        write_atomic(path, text)
    return tuple(changed)


def value_blocks(problem: Problem) -> Iterator[Finding]:
    """The blocks of values are what --sync would write, and every file with constants has one."""
    for model in problem.models:
        try:
            text = read_text(model.path)
            synced = _synced(model.path, text, problem.effective, problem.wiring)
        except InputError as error:
            yield from_error("value_blocks", error)
            continue
        if synced != text:
            old, new = text.split("\n"), synced.split("\n")
            n = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
            message = f"'{old[n].strip()}' should be '{new[n].strip()}'; run il15-sim check --sync"
            where = f"{model.path}: line {n + 1}"
            yield Finding("value_blocks", "error", where, message)
        elif BEGIN not in text and any(problem.rows_of(model, i) for i in model.facts.constants):
            message = f"no block of values; write the lines '{BEGIN}' and '{END}'"
            yield Finding("value_blocks", "warning", str(model.path), message)


def _synced(path: Path, text: str, table: ParameterTable, wiring: Wiring) -> str:
    try:
        return synced_text(text, table, path.stem, wiring)
    except InputError as error:
        raise error.at(path) from None
