"""How `patient.ant` is put together from the modules: which name means what where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from il15_sim.errors import InputError
from il15_sim.sbml import SbmlFacts

_INSTANCE = re.compile(r"^  (\w+): (\w+)\(\);", re.MULTILINE)
_NAME = re.compile(r"^  (\w+)\.(\w+) is (\w+);", re.MULTILINE)
_INPUTS = re.compile(r"// inputs:.*?// end of inputs", re.DOTALL)
_DECLARED = re.compile(r"^  (\w+) has (\w+);", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Composition:
    """The instances of modules in the patient.

    Attributes
    ----------
    instances : mapping of str to str
        Module of every instance, in the order of the file.
    names : mapping of (instance, member) to str
        The patient's name of every quantity of an instance.
    """

    instances: Mapping[str, str]
    names: Mapping[tuple[str, str], str]

    def patient_id(self, module: str, member: str) -> str | None:
        """The patient's name of a module's quantity (of the first instance, if there are two)."""
        for instance, of in self.instances.items():
            if of == module:
                return self.names.get((instance, member))
        return None


@lru_cache(maxsize=16)
def _read(path: Path, stamp: int) -> Composition:
    text = path.read_text(encoding="utf-8")
    return Composition(
        instances=dict(_INSTANCE.findall(text)),
        names={(i, m): name for i, m, name in _NAME.findall(text)},
    )


def composition(models_dir: Path) -> Composition:
    """Read the composition of the patient from a models folder."""
    path = models_dir / "patient.ant"
    if not path.is_file():
        raise InputError("the model file is missing", where=path)
    return _read(path, path.stat().st_mtime_ns)


def module_inputs(text: str) -> frozenset[str]:
    """Ids that a module declares as inputs: they come from other modules in the patient."""
    return frozenset(name for block in _INPUTS.findall(text) for name, _ in _DECLARED.findall(block))


def table_ids(models_dir: Path, model: str, facts: SbmlFacts) -> dict[str, str]:
    """Parameter-table row of every constant of a model; inputs of a module have none.

    A module that stands twice in the patient has one set of rows per instance; alone it takes
    those of the first.
    """
    if model == "patient":
        return {name: name for name in facts.constants}
    text = (models_dir / "modules" / f"{model}.ant").read_text(encoding="utf-8")
    inputs = module_inputs(text)
    parts = composition(models_dir)
    return {
        name: parts.patient_id(model, name) or name
        for name in facts.constants
        if name not in inputs
    }
