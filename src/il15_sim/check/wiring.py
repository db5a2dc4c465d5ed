"""How the patient model wires its modules: what a module's own name is called in the patient."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from il15_sim.check.blocks import without_comments

_INSTANCE = re.compile(r"(?<![\w.])(\w+)\s*:\s*(\w+)\s*\(")
_INNER_IS = re.compile(r"(?<![\w.])(\w+)\.(\w+)\s+is\s+(\w+)(?![\w.])")
_IS_INNER = re.compile(r"(?<![\w.])(\w+)\s+is\s+(\w+)\.(\w+)(?![\w.])")


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


def read_wiring(text: str) -> Wiring:
    """The wiring in the Antimony text of the patient: `a: module();` and `a.k is k_a;`."""
    code = without_comments(text)
    names = {(m[0], m[1]): m[2] for m in _INNER_IS.findall(code)}
    names |= {(m[1], m[2]): m[0] for m in _IS_INNER.findall(code)}
    return Wiring(dict(_INSTANCE.findall(code)), names)
