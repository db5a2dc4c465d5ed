"""How `patient.ant` is put together from the modules: which name means what where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from il15_sim.model.sbml import SbmlFacts

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|#[^\n]*|\"[^\"\n]*\"", re.DOTALL)
_INPUTS = re.compile(r"// inputs:.*?// end of inputs", re.DOTALL)
_DECLARED = re.compile(r"^  (\w+) has \w+;", re.MULTILINE)
_INSTANCE = re.compile(r"(?<![\w.])(\w+)\s*:\s*(\w+)\s*\(")
_INNER_IS = re.compile(r"(?<![\w.])(\w+)\.(\w+)\s+is\s+(\w+)(?![\w.])")
_IS_INNER = re.compile(r"(?<![\w.])(\w+)\s+is\s+(\w+)\.(\w+)(?![\w.])")


def without_comments(text: str) -> str:
    """The Antimony text with comments and quoted names blanked.

    >>> without_comments("k has per_hour; // rate")
    'k has per_hour;  '
    """
    return _COMMENT.sub(" ", text)


@dataclass(frozen=True)
class Wiring:
    """Instances of modules, and the names that the patient gives to what is inside them.

    `instances` maps an instance to its module, in the order of the patient; `names` maps an
    instance and an inner id to the id in the patient.
    """

    instances: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def outer_ids(self, module: str, id_: str) -> tuple[str, ...]:
        """Ids in the patient that an id of a module stands for, one for each instance.

        Examples
        --------
        >>> wiring = read_wiring("a: cell(); b: cell(); a.k is k; b.k is k_b;")
        >>> wiring.outer_ids("cell", "k"), wiring.outer_ids("cell", "r")
        (('k', 'k_b'), ('a_r', 'b_r'))
        """
        # Antimony flattens a name that is wired to nothing with the instance before it.
        return tuple(
            self.names.get((instance, id_), f"{instance}_{id_}")
            for instance, of in self.instances.items()
            if of == module
        )

    def wired_ids(self, module: str, id_: str) -> tuple[str, ...]:
        """The ids among `outer_ids` that the patient names itself."""
        return tuple(
            self.names[instance, id_]
            for instance, of in self.instances.items()
            if of == module and (instance, id_) in self.names
        )


def read_wiring(text: str) -> Wiring:
    """The wiring in the Antimony text of the patient: `a: module();` and `a.k is k_a;`."""
    code = without_comments(text)
    names = {(m[0], m[1]): m[2] for m in _INNER_IS.findall(code)}
    names |= {(m[1], m[2]): m[0] for m in _IS_INNER.findall(code)}
    return Wiring(dict(_INSTANCE.findall(code)), names)


@lru_cache(maxsize=16)
def _read(path: Path, stamp: int) -> Wiring:
    return read_wiring(path.read_text(encoding="utf-8"))


def patient_wiring(models_dir: Path) -> Wiring:
    """The wiring of the patient in a models folder; nothing where there is no patient."""
    path = models_dir / "patient.ant"
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else Wiring()


def module_inputs(text: str) -> frozenset[str]:
    """Ids that a module declares as inputs: they come from other modules in the patient."""
    return frozenset(name for block in _INPUTS.findall(text) for name in _DECLARED.findall(block))


def table_ids(models_dir: Path, model: str, facts: SbmlFacts) -> dict[str, str]:
    """Parameter-table row of every constant of a model; inputs of a module have none.

    A module that stands twice in the patient has one set of rows per instance; alone it takes
    those of the first.
    """
    if model == "patient":
        return {name: name for name in facts.constants}
    text = (models_dir / "modules" / f"{model}.ant").read_text(encoding="utf-8")
    inputs = module_inputs(text)
    wiring = patient_wiring(models_dir)
    return {
        name: next(iter(wiring.wired_ids(model, name)), name)
        for name in facts.constants
        if name not in inputs
    }
