"""What `il15-sim list` tells: one table per kind of thing, read from the files that hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from il15_sim.files.resources import shipped
from il15_sim.files.text import read_text
from il15_sim.files.toml import read_toml
from il15_sim.files.tsv import read_tsv
from il15_sim.model import (
    OBSERVABLE_COLUMNS,
    SHIPPED_VARIANTS,
    model_names,
    variant_names,
)
from il15_sim.model.drugs import DRUG_COLUMNS
from il15_sim.model.parameters import ParameterTable
from il15_sim.model.variant import Override, Variant
from il15_sim.scenario import Scenario
from il15_sim.trial import read_trial

# An overview shows so many names of a kind.
_SHOWN = 4


@dataclass(frozen=True)
class Listing:
    """A table of texts: the id stands in the first column, what it means in the last."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def scenarios(_models: Path) -> Listing:
    """The packaged scenarios."""
    read = [(name, Scenario.read(path)) for name, path in shipped("doses").items()]
    rows = [(name, str(len(s.arms)), s.length, s.title) for name, s in read]
    return Listing(("scenario", "arms", "length", "title"), rows)


def observables(models: Path) -> Listing:
    """What can be measured."""
    read, _ = read_tsv(models / "observables.tsv", OBSERVABLE_COLUMNS)
    rows = [(row["observableId"], row["unit"], row["observableName"]) for _, row in read]
    return Listing(("observable", "unit", "name"), rows)


def drugs(models: Path) -> Listing:
    """What can be given, by which route, in which unit, into which state."""
    read, _ = read_tsv(models / "drugs.tsv", DRUG_COLUMNS)
    columns = ("drug", "route", "unit", "target", "note")
    return Listing(columns, [tuple(row[column] for column in columns) for _, row in read])


def variants(models: Path) -> Listing:
    """The variants, whether they are part of the packaged model, and what they change."""
    rows = []
    for name in variant_names(models):
        variant = Variant.read(models / "variants" / f"{name}.tsv")
        about = " ".join(variant.comments).removeprefix(
            "Written by a fit; not to be edited by hand."
        )
        always = "yes" if name in SHIPPED_VARIANTS else "no"
        changes = "; ".join(f"{o.id} = {_number(o.value)}" for o in variant.overrides)
        rows.append((name, always, changes, about.strip()))
    return Listing(("variant", "always", "changes", "about"), rows)


def parameters(models: Path) -> Listing:
    """The parameters with the values that are simulated: the table's, or what a fit wrote."""
    table = ParameterTable.read(models / "parameters.tsv")
    written: dict[str, Override] = {}
    for name in SHIPPED_VARIANTS:
        path = models / "variants" / f"{name}.tsv"
        if path.is_file():
            written |= {o.id: o for o in Variant.read(path, table).overrides}
    rows = []
    for p in table.parameters:
        value, source = p.value, p.source
        if p.id in written:
            value, source = written[p.id].value, written[p.id].source
        rows.append((p.id, _number(value), p.unit, p.kind, source, p.name))
    return Listing(("parameter", "value", "unit", "kind", "source", "name"), rows)


def fits(_models: Path) -> Listing:
    """The packaged fits."""
    rows = []
    for name, path in shipped("fits").items():
        table = read_toml(path)
        count, studies = len(table.data["estimate"]), len(table.texts("studies"))
        data = f"{studies} studies" if studies else "a table"
        rows.append((name, str(count), data, table.text("title", name)))
    return Listing(("fit", "parameters", "data", "title"), rows)


def sweeps(_models: Path) -> Listing:
    """The packaged sweeps."""
    rows = []
    for name, path in shipped("sweeps").items():
        table = read_toml(path)
        stages = [stage for stage in ("screen", "quantify", "axes") if stage in table.data]
        count = str(len(table.tables("endpoints")))
        rows.append((name, " ".join(stages), count, table.text("title", name)))
    return Listing(("sweep", "stages", "endpoints", "title"), rows)


def trials(_models: Path) -> Listing:
    """The packaged virtual trials."""
    rows = []
    for name, path in shipped("trials").items():
        trial = read_trial(path)
        size = f"{trial.trials} x {trial.patients}"
        rows.append((name, str(len(trial.arms)), str(len(trial.hypotheses)), size, trial.title))
    return Listing(("trial", "arms", "hypotheses", "trials x patients", "title"), rows)


def models(folder: Path) -> Listing:
    """The patient and its modules, with the words they begin with."""
    rows = []
    for name in model_names(folder):
        path = folder / "patient.ant" if name == "patient" else folder / "modules" / f"{name}.ant"
        words = []
        for line in read_text(path).split("\n"):
            if not line.startswith("//"):
                break
            words.append(line.removeprefix("//").strip())
        rows.append((name, " ".join(words)))
    return Listing(("model", "about"), rows)


#: Kinds of things, by the word that asks for them.
KINDS: dict[str, Callable[[Path], Listing]] = {
    f.__name__: f
    for f in (scenarios, observables, drugs, variants, parameters, fits, sweeps, trials, models)
}


def overview(folder: Path) -> Listing:
    """How many things of each kind there are, and the first of them."""
    rows = []
    for kind, listing in KINDS.items():
        ids = list(dict.fromkeys(row[0] for row in listing(folder).rows))
        more = ", ..." if len(ids) > _SHOWN else ""
        rows.append((kind, str(len(ids)), ", ".join(ids[:_SHOWN]) + more))
    return Listing(("il15-sim list ...", "number", "such as"), rows)


def everything(folder: Path) -> Listing:
    """All things of all kinds: kind, id and what it means."""
    rows = [
        (kind, row[0], row[-1]) for kind, listing in KINDS.items() for row in listing(folder).rows
    ]
    return Listing(("kind", "id", "about"), rows)


def _number(value: float) -> str:
    return f"{value:.10g}"
