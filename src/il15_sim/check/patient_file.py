"""Blocks of the Antimony files that follow from the modules: units and names of the patient, and
the untreated steady state as start values of every model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from il15_sim.check.blocks import read_text, rewrite_blocks
from il15_sim.check.finding import Finding, from_error
from il15_sim.check.problem import Problem, model_paths
from il15_sim.check.sync import antimony_number
from il15_sim.errors import InputError
from il15_sim.files.atomic import write_atomic
from il15_sim.model.parameters import ParameterTable

UNITS = ('// shared units: written by "il15-sim sync"', "// end of shared units")
NAMES = (
    '// flat names: written by "il15-sim sync"; presenters end in their cell',
    "// end of flat names",
)
INITIAL = (
    '// initial state: the untreated steady state, written by "il15-sim sync"',
    "// end of initial state",
)

_INSTANCE = re.compile(r"^  (\w+): (\w+)\(\);", re.MULTILINE)
_WIRED = re.compile(r"^  (\w+\.\w+) is \w+;", re.MULTILINE)
_UNIT = re.compile(r"^  unit (\w+) = (.*);", re.MULTILINE)
_MEMBER = re.compile(r"^  (\w+) has \w+;", re.MULTILINE)


def synced_patient(models_dir: Path) -> str:
    """The text of `patient.ant` with its shared units and flat names written anew.

    Units come first: Antimony treats units of two modules as different, and then two quantities
    as different, until they are declared to be the same. A quantity keeps its name; where a module
    stands twice, quantities that belong to one instance end in the last word of its name.

    Raises
    ------
    InputError
        Where two modules define one unit differently.
    """
    path = models_dir / "patient.ant"
    text = read_text(path)
    instances = _INSTANCE.findall(text)
    modules = {m: read_text(models_dir / "modules" / f"{m}.ant") for _, m in instances}
    once = [m for m in modules if sum(m == of for _, of in instances) == 1]
    shared = {name for m in once for name in _MEMBER.findall(modules[m])}
    shared |= set(_MEMBER.findall(text)) | set(ParameterTable.read(models_dir / "parameters.tsv"))
    text = rewrite_blocks(text, *UNITS, lambda code: _units(instances, modules, path))

    def names(code: str) -> Iterator[str]:
        wired = set(_WIRED.findall(code))
        for instance, module in instances:
            suffix = "" if module in once else "_" + instance.rsplit("_", 1)[-1]
            for member in _MEMBER.findall(modules[module]):
                if f"{instance}.{member}" not in wired:
                    flat = member if member in shared else member + suffix
                    yield f"{instance}.{member} is {flat};"

    return rewrite_blocks(text, *NAMES, names)


def _units(
    instances: Iterable[tuple[str, str]], modules: dict[str, str], path: Path
) -> Iterator[str]:
    defined: dict[str, str] = {}
    same = []
    for instance, module in instances:
        for unit, meaning in _UNIT.findall(modules[module]):
            if unit == "time_unit":
                continue
            if defined.setdefault(unit, meaning) != meaning:
                raise InputError(
                    f"unit '{unit}' is '{meaning}' in {module} and '{defined[unit]}' elsewhere",
                    where=path,
                    fix="define it alike in all modules",
                )
            same.append(f"{instance}.{unit} is {unit};")
    yield from (f"unit {unit} = {meaning};" for unit, meaning in defined.items())
    yield from same


def sync_patient(models_dir: str | Path) -> tuple[Path, ...]:
    """Write the shared units and flat names of the patient anew; the files that changed."""
    folder = Path(models_dir)
    path = folder / "patient.ant"
    new = synced_patient(folder)
    if new == read_text(path):
        return ()
    write_atomic(path, new)
    return (path,)


def sync_initial_states(models_dir: str | Path) -> tuple[Path, ...]:
    """Write the untreated steady state of every model into its file; the files that changed.

    Values must be in place already: the steady state is that of the values in the files.
    """
    from il15_sim.model import Model
    from il15_sim.simulation.reference_engine import engine_for
    from il15_sim.simulation.steady_state import steady_state

    folder = Path(models_dir)
    changed = []
    for path in model_paths(folder):
        model = Model.load(path.stem, models_dir=folder)
        states = steady_state(model, engine_for(model))
        # All digits: binding is so fast that a rounded start would drift measurably.
        lines = [f"{s} = {antimony_number(_tidy(x))};" for s, x in states.items()]
        text = read_text(path)
        new = rewrite_blocks(text, *INITIAL, partial(_given, lines))
        if new != text:
            write_atomic(path, new)
            changed.append(path)
    return tuple(changed)


def _given(lines: list[str], code: str) -> list[str]:
    return lines


def _tidy(value: float) -> float:
    # Integration leaves 1e-37 where a state is empty.
    return 0.0 if abs(value) < 1e-15 else value


def patient_blocks(problem: Problem) -> Iterator[Finding]:
    """Shared units and flat names of the patient are what --sync would write."""
    path = problem.models_dir / "patient.ant"
    if not path.is_file() or UNITS[0] not in read_text(path):
        return
    try:
        stale = synced_patient(problem.models_dir) != read_text(path)
    except InputError as error:
        yield from_error("patient_blocks", error)
        return
    if stale:
        message = "units or names do not follow the modules; run il15-sim sync"
        yield Finding("patient_blocks", "error", str(path), message)


def steady_starts(problem: Problem) -> Iterator[Finding]:
    """Every model starts from the untreated steady state of its values."""
    from il15_sim.model import Model
    from il15_sim.simulation.reference_engine import engine_for
    from il15_sim.simulation.steady_state import STEADY_START, drift, frozen_values

    for model_file in problem.models:
        if INITIAL[0] not in read_text(model_file.path):
            continue
        try:
            model = Model.load(model_file.name, models_dir=problem.models_dir)
        except InputError as error:
            yield from_error("steady_starts", error)
            continue
        engine = engine_for(model)
        engine.start(frozen_values(model), model.initial, 1e-10, model.states)
        change, worst = drift(engine, model.initial)
        if not change < STEADY_START:
            message = (
                f"start value of '{worst}' drifts by {100 * change:.3g} % in 90 days; "
                "run il15-sim sync"
            )
            yield Finding("steady_starts", "error", str(model_file.path), message)
