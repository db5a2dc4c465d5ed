"""Models as values: Antimony text turned into SBML, with its parameters, states and observables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import real
from il15_sim.files.resources import models_dir as packaged_models_dir
from il15_sim.files.tsv import read_tsv
from il15_sim.frozen import Frozen
from il15_sim.model.composition import table_ids
from il15_sim.model.drugs import DRUG_COLUMNS, DrugTarget, check_targets, drug_targets
from il15_sim.model.packaged import observable_units, sbml_of, variant_names
from il15_sim.model.parameters import KINDS, ParameterTable
from il15_sim.model.sbml import SbmlFacts, read_sbml_facts, set_sbml_values
from il15_sim.model.units import spelled_unit
from il15_sim.model.unusual import warn_of_value
from il15_sim.model.variant import Variant

#: Variants that belong to the packaged model: what the shipped fits wrote.
SHIPPED_VARIANTS = (
    "sorafenib_pk_fit",
    "pstat5_pbmc_fit",
    "pstat5_pbmc_memory_cd4",
    "lymphopenia_fit",
    "il15_agonists_fit",
    "subset_expansion_fit",
    "progression_fit",
    "toxicity_fit",
    "survival_fit",
)


@dataclass(frozen=True, eq=False)
class Model:
    """A model with its parameter values; frozen, changed only by making another one.

    Attributes
    ----------
    name : str
        `"patient"` or the name of a module in `models/modules`.
    values : mapping
        Value of every constant parameter, by id, in the unit of `units`.
    states : tuple of str
        The states, in the order of the model.
    initial : mapping
        Start value of every state: the untreated steady state of the packaged values.
    observables : tuple of str
        Ids with a row in `observables.tsv`; what `simulate` returns by default.
    units : mapping
        Unit of every parameter, state, flux and observable, in one spelling.
    drugs : tuple of DrugTarget
        The drugs and routes that this model can be dosed with.
    parameters : ParameterTable
        The rows of the parameter table that this model uses, under its own ids and with the values
        that are simulated.

    Examples
    --------
    >>> from il15_sim import Model
    >>> model = Model.load("sorafenib_pk")
    >>> model.with_values({"sorafenib_volume": 200.0}).values["sorafenib_volume"]
    200.0
    """

    name: str
    values: Mapping[str, float]
    parameters: ParameterTable
    drugs: tuple[DrugTarget, ...]
    observables: tuple[str, ...]
    units: Mapping[str, str]
    variants: tuple[str, ...]
    models_dir: Path
    rows: Mapping[str, str] = field(repr=False)
    facts: SbmlFacts = field(repr=False)
    _template: str = field(repr=False)

    @classmethod
    def load(
        cls,
        name: str = "patient",
        *,
        variants: tuple[str, ...] | list[str] | None = None,
        models_dir: str | Path | None = None,
    ) -> Model:
        """Load the packaged patient model, or one of its modules by name.

        Parameters
        ----------
        name : str
            `"patient"`, or a module such as `"sorafenib_pk"`.
        variants : sequence of str, optional
            Variants to apply, later ones win. Default: what the shipped fits wrote.
        models_dir : path, optional
            A folder laid out like `models/`, instead of the packaged one.

        Raises
        ------
        InputError
            For an unknown model or variant, Antimony that does not parse, or a faulty table.
        """
        folder = Path(models_dir) if models_dir is not None else packaged_models_dir()
        template = sbml_of(folder, name)
        facts = read_sbml_facts(template)
        facts.refuse_other_times(name)
        table = ParameterTable.read(folder / "parameters.tsv")
        rows = table_ids(folder, name, facts)
        missing = sorted(i for i, row in rows.items() if row not in table)
        if missing:
            raise InputError(
                f"parameter '{missing[0]}' of model '{name}' has no row",
                where=folder / "parameters.tsv",
                fix="add a row for it",
            )
        own = {i: table[row].value for i, row in rows.items()}
        inputs = {i: v for i, v in facts.constants.items() if i not in rows}
        observables = tuple(
            o for o in observable_units(folder) if o in facts.assigned or o in facts.states
        )
        units = {name: spelled_unit(unit) for name, unit in facts.units.items()}
        units.update({i: table[row].unit for i, row in rows.items()})
        units.update({o: u for o, u in observable_units(folder).items() if o in units})
        known = facts.states + tuple(facts.constants)
        drugs = drug_targets(read_tsv(folder / "drugs.tsv", DRUG_COLUMNS)[0], folder / "drugs.tsv")
        if name == "patient":
            check_targets(drugs, known, folder / "drugs.tsv")
        drugs = tuple(d for d in drugs if d.target in known)
        model = cls(
            name=name,
            values=Frozen({**own, **inputs}),
            parameters=ParameterTable(
                tuple(replace(table[row], id=i) for i, row in rows.items()), table.path
            ),
            rows=Frozen(rows),
            drugs=drugs,
            observables=observables,
            units=Frozen(units),
            variants=(),
            models_dir=folder,
            facts=facts,
            _template=template,
        )
        if variants is None:
            shipped = [v for v in SHIPPED_VARIANTS if (folder / "variants" / f"{v}.tsv").exists()]
            variants = tuple(shipped)
        for variant in (variants,) if isinstance(variants, str) else variants:
            model = model.with_variant(variant)
        return model

    @property
    def states(self) -> tuple[str, ...]:
        """Ids of the states, in the order of the model."""
        return self.facts.states

    @property
    def initial(self) -> Mapping[str, float]:
        """Start value of every state as written in the model."""
        return self.facts.initial

    @property
    def structure(self) -> str:
        """Flattened SBML text with the packaged values: the same for all values."""
        return self._template

    @property
    def sbml(self) -> str:
        """Flattened SBML text that carries the values of this model."""
        return set_sbml_values(self._template, self.values)

    @property
    def antimony(self) -> str:
        """Flattened Antimony text that carries the values of this model."""
        from il15_sim.model.sbml import antimony_from_sbml

        return antimony_from_sbml(self.sbml)

    @property
    def structure_hash(self) -> str:
        """SHA-256 of the structure: the same for all values of the parameters."""
        return hashlib.sha256(self._template.encode()).hexdigest()

    @property
    def hash(self) -> str:
        """SHA-256 of structure and values."""
        text = "\n".join(f"{k}={v!r}" for k, v in sorted(self.values.items()))
        return hashlib.sha256((self._template + text).encode()).hexdigest()

    def with_values(self, values: Mapping[str, float], where: str | None = None) -> Model:
        """The same model with some parameter values replaced.

        A value outside the table's bounds is used, and warned of once.

        Raises
        ------
        InputError
            As `check_values`.
        """
        checked = self.check_values(values, where)
        listed = {i: v for i, v in checked.items() if i in self.parameters}
        for key, value in listed.items():
            warn_of_value(key, value, self.parameters[key], where)
        return self._with(checked)

    def check_values(
        self, values: Mapping[str, float], where: str | Path | None = None
    ) -> dict[str, float]:
        """Overrides as floats; refuses unknown ids and values that are not finite numbers."""
        if not isinstance(values, Mapping):
            fix = "give a dictionary of values by parameter id"
            raise InputError(f"values are {values!r:.40}", where=where, fix=fix)
        checked = {}
        for key, value in values.items():
            if key not in self.values:
                raise unknown("parameter", key, self.values, where)
            number = real(value, f"value of '{key}'", where)
            if number < 0 and key in self.parameters and self.parameters[key].lower >= 0:
                row = self.parameters[key]
                raise InputError(
                    f"value {value!r} of '{key}' is negative",
                    where=where,
                    why=f"the table's bounds are {row.lower:g} to {row.upper:g} {row.unit}",
                )
            checked[key] = number
        return checked

    def with_variant(self, name: str) -> Model:
        """The same model with a variant from `models/variants` applied.

        Parameters of the variant that this module does not have are left out, so that a variant
        of the patient serves its modules too.
        """
        path = self.models_dir / "variants" / f"{name}.tsv"
        if not path.is_file():
            raise unknown("variant", name, variant_names(self.models_dir))
        table = ParameterTable.read(self.models_dir / "parameters.tsv")
        given = Variant.read(path, table).values()
        own = {i: given[row] for i, row in self.rows.items() if row in given}
        # A variant may leave the bounds without a warning: `il15-sim check` has looked at it.
        changed = self._with(self.check_values(own, path))
        return replace(changed, variants=(*self.variants, name))

    def _with(self, checked: Mapping[str, float]) -> Model:
        listed = {i: v for i, v in checked.items() if i in self.parameters}
        return replace(
            self,
            values=Frozen({**self.values, **checked}),
            parameters=self.parameters.with_values(listed),
        )

    def upstream_kinds(self, observable: str) -> dict[str, int]:
        """How many parameters upstream of an observable are of each kind.

        Measured, derived, fitted, assumed, or a setting.
        """
        if observable not in self.facts.depends:
            raise unknown("observable", observable, (*self.observables, *self.states))
        counts = dict.fromkeys(KINDS, 0)
        for i in self.facts.upstream_constants(observable):
            if i in self.parameters:
                counts[self.parameters[i].kind] += 1
        return counts

    def __repr__(self) -> str:
        """A few lines on what there is."""
        drugs: dict[str, list[str]] = {}
        for target in self.drugs:
            drugs.setdefault(target.drug, []).append(target.route)
        lines = [
            f"model '{self.name}': {len(self.states)} states, {len(self.observables)} observables, "
            f"{len(self.values)} parameters",
            "drugs: " + (", ".join(f"{d} ({', '.join(r)})" for d, r in drugs.items()) or "none"),
            f"variants: {', '.join(self.variants) or 'none'}",
        ]
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        """The same and the parameters, for a notebook."""
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>{self.parameters._repr_html_()}"
