"""Everything the checks look at, read once."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from il15_sim.check.finding import Finding, from_error
from il15_sim.errors import InputError
from il15_sim.model.composition import Wiring, patient_wiring
from il15_sim.model.parameters import ParameterTable
from il15_sim.model.sbml import SbmlFacts, read_sbml_facts, sbml_from_antimony
from il15_sim.model.variant import Variant

#: Name of the composed model; the others are modules.
PATIENT = "patient"


@dataclass(frozen=True, eq=False)
class ModelFile:
    """One Antimony file with the SBML it stands for.

    `facts.constants` are the parameters without a rule.
    """

    name: str
    path: Path
    sbml: str
    facts: SbmlFacts

    @cached_property
    def document(self) -> Any:
        """The libSBML document; its parts are valid only as long as it is."""
        import libsbml

        return libsbml.readSBMLFromString(self.sbml)


@dataclass(frozen=True, eq=False)
class Problem:
    """The table, the variants, the models and the names of the fits.

    `shipped` are the variants that belong to the packaged model, in the order of application.
    """

    models_dir: Path
    table: ParameterTable
    variants: tuple[Variant, ...] = ()
    shipped: tuple[str, ...] = ()
    models: tuple[ModelFile, ...] = ()
    fits: frozenset[str] = frozenset()
    wiring: Wiring = field(default_factory=Wiring)

    @property
    def table_path(self) -> Path:
        """File of the parameter table."""
        return self.models_dir / "parameters.tsv"

    @property
    def effective(self) -> ParameterTable:
        """The table with the shipped variants applied: what the models must carry.

        Rows without a parameter are left to the check of variants.
        """
        table = self.table
        by_name = {v.name: v for v in self.variants}
        for name in self.shipped:
            if name in by_name:
                variant = by_name[name]
                table = table.with_values(
                    {k: v for k, v in variant.values().items() if k in self.table}
                )
        return table

    def rows_of(self, model: ModelFile, id_: str) -> tuple[str, ...]:
        """The rows that a constant of a model stands for: its own, or those of its instances."""
        if id_ in self.table:
            return (id_,)
        return tuple(i for i in self.wiring.outer_ids(model.name, id_) if i in self.table)

    def is_input(self, model: ModelFile, id_: str) -> bool:
        """Whether a constant of a module is computed by other modules in the patient."""
        patient = next((m for m in self.models if m.name == PATIENT), None)
        outer = self.wiring.outer_ids(model.name, id_)
        if patient is None or not outer:
            return False
        ruled = patient.facts.assigned.union(patient.facts.states)
        return all(i in ruled for i in outer)

    def at(self, id_: str) -> str:
        """Where the row of a parameter stands."""
        return f"{self.table_path}: line {self.table[id_].row}"


def model_paths(models_dir: Path) -> tuple[Path, ...]:
    """The Antimony files: the modules, then the patient."""
    patient = models_dir / f"{PATIENT}.ant"
    modules = sorted((models_dir / "modules").glob("*.ant"))
    return (*modules, patient) if patient.is_file() else tuple(modules)


def variant_paths(models_dir: Path) -> tuple[Path, ...]:
    """The files of the variants, by name."""
    return tuple(sorted((models_dir / "variants").glob("*.tsv")))


def read_model_file(path: Path) -> ModelFile:
    """Read one Antimony file.

    Raises
    ------
    InputError
        When it does not parse.
    """
    sbml = sbml_from_antimony(path)
    return ModelFile(path.stem, path, sbml, read_sbml_facts(sbml))


def read_problem(
    models_dir: Path, experiments_dir: Path, shipped: Sequence[str]
) -> tuple[Problem | None, list[Finding]]:
    """Read everything; what cannot be read is a finding, and the rest is still checked.

    Without a parameter table there is nothing to check: the problem is None.
    """
    findings: list[Finding] = []
    try:
        table = ParameterTable.read(models_dir / "parameters.tsv")
    except InputError as error:
        return None, [from_error("read", error)]
    variants, models = [], []
    for path in variant_paths(models_dir):
        try:
            variants.append(Variant.read(path))
        except InputError as error:
            findings.append(from_error("read", error))
    for path in model_paths(models_dir):
        try:
            models.append(read_model_file(path))
        except InputError as error:
            findings.append(from_error("read", error))
    patient = models_dir / f"{PATIENT}.ant"
    if not patient.is_file():
        findings.append(Finding("read", "error", str(patient), "the patient model is missing"))
    fits = frozenset(p.stem for p in (experiments_dir / "fits").glob("*.*"))
    there = tuple(n for n in shipped if (models_dir / "variants" / f"{n}.tsv").is_file())
    wiring = Wiring()
    with contextlib.suppress(InputError):  # told above: the patient does not parse either
        wiring = patient_wiring(models_dir)
    problem = Problem(models_dir, table, tuple(variants), there, tuple(models), fits, wiring)
    return problem, findings
