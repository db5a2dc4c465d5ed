"""The files of a PEtab problem of version 1 or 2, brought into one form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.exchange.petab_extension import NAME
from il15_sim.files.numeric import number
from il15_sim.files.text import read_text


@dataclass(frozen=True)
class Line:
    """One row of a table: where it stands, and its cells by column."""

    where: str
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """A cell; empty where it, or its column, is missing."""
        told = self.cells.get(column, "")
        return "" if told.lower() in ("nan", "na") else told

    def need(self, column: str) -> str:
        """A cell that has to be filled."""
        if not self.text(column):
            raise InputError(f"no {column}", where=self.where)
        return self.text(column)

    def number(self, column: str) -> float:
        """A finite number."""
        return number(self.need(column), column, self.where)


@dataclass
class Tables:
    """A problem as its files tell it.

    Attributes
    ----------
    version : int
    path : Path
        The YAML file.
    sbml : str
    parameters, observables, measurements : lists of Line
    conditions : dict of id to (place, formula by target)
    experiments : dict of id to periods
        Each a time and the conditions that begin with it.
    extension : mapping
        What this package wrote beside the tables.
    texts : dict
        All files by name.
    """

    version: int
    path: Path
    sbml: str = ""
    parameters: list[Line] = field(default_factory=list)
    observables: list[Line] = field(default_factory=list)
    measurements: list[Line] = field(default_factory=list)
    conditions: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    experiments: dict[str, list[tuple[float, list[str]]]] = field(default_factory=dict)
    extension: Mapping[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path) -> Tables:
        """Read a YAML file and all that it names.

        Raises
        ------
        InputError
            With file and line, for what cannot be read and what is not supported.
        """
        file = Path(path)
        facts = _yaml(file)
        version = str(facts.get("format_version", "")).split(".")[0]
        if version not in ("1", "2"):
            told = f"format_version {facts.get('format_version')!r}"
            raise InputError(told, where=file, why="PEtab 1 and 2 are read")
        found = cls(int(version), file)
        found.texts[file.name] = read_text(file)
        (_read_1 if version == "1" else _read_2)(found, facts)
        for name, lines in (("parameters", found.parameters), ("observables", found.observables)):
            if not lines:
                raise InputError(f"no {name}", where=file)
        if not found.measurements and not found.extension.get("rows"):
            raise InputError("no measurements", where=file)
        found._rest_first()
        return found

    def _rest_first(self) -> None:
        """Where all is measured at rest, at time inf, let each experiment begin with it."""
        times = {line.text("time").lower() for line in self.measurements}
        single = all(len(periods) == 1 for periods in self.experiments.values())
        if times and times <= {"inf", "+inf"} and single:
            for name, ((_, conditions),) in self.experiments.items():
                self.experiments[name] = [(-math.inf, conditions)]
            lines = self.measurements
            self.measurements = [Line(x.where, {**x.cells, "time": "0"}) for x in lines]

    def lines(self, names: Any, key: str) -> list[Line]:
        """Rows of the tables that the YAML file names under a key."""
        listed = [names] if isinstance(names, str) else list(names or ())
        return [line for name in listed for line in self._table(str(name), key)]

    def file(self, name: str, key: str) -> str:
        """The text of a file that the YAML file names."""
        place = self.path.parent / name
        try:
            self.texts[name] = read_text(place)
        except InputError as error:
            raise error.at(f"{self.path}: {key}") from None
        return self.texts[name]

    def _table(self, name: str, key: str) -> list[Line]:
        place, found = self.path.parent / name, []
        header: list[str] = []
        for n, text in enumerate(self.file(name, key).split("\n"), start=1):
            if not text.strip() or text.startswith("#"):
                continue
            where = f"{place}: line {n}"
            cells = [c.strip().strip('"') for c in text.split("\t")]
            if not header:
                header = cells
                continue
            if len(cells) > len(header):
                raise InputError(f"{len(cells)} cells instead of {len(header)}", where=where)
            found.append(Line(where, dict(zip(header, cells, strict=False))))
        return found


def _yaml(file: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError:
        fix = "pip install 'il15-sim[petab]'"
        raise InputError("a PEtab problem", where=file, why="YAML is not read", fix=fix) from None
    try:
        found = yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        raise InputError("is no YAML", where=file, why=str(error)) from None
    if not isinstance(found, dict):
        raise InputError("is no PEtab problem", where=file, why="it has no format_version")
    return found


def _read_2(found: Tables, facts: Mapping[str, Any]) -> None:
    for name, about in (facts.get("extensions") or {}).items():
        if name == NAME:
            found.extension = about
        elif about.get("required", True):
            raise InputError(f"extension '{name}' is not supported", where=found.path)
    if facts.get("mapping_files"):
        raise InputError("mapping_files are not supported", where=found.path)
    _one_model(found, facts.get("model_files") or {})
    found.parameters = found.lines(facts.get("parameter_files"), "parameter_files")
    found.observables = found.lines(facts.get("observable_files"), "observable_files")
    found.measurements = found.lines(facts.get("measurement_files"), "measurement_files")
    for line in found.lines(facts.get("condition_files"), "condition_files"):
        name, target = line.need("conditionId"), line.need("targetId")
        sets = found.conditions.setdefault(name, (line.where, {}))[1]
        if target in sets:
            raise InputError(f"condition '{name}' sets '{target}' twice", where=line.where)
        sets[target] = line.need("targetValue")
    for line in found.lines(facts.get("experiment_files"), "experiment_files"):
        told, name = line.need("time"), line.text("conditionId")
        time = -math.inf if told in ("-inf", "-Inf") else line.number("time")
        if name and name not in found.conditions:
            raise unknown("condition", name, found.conditions, line.where)
        periods = found.experiments.setdefault(line.need("experimentId"), [])
        own = next((p for p in periods if p[0] == time), None)
        if own is None:
            own = (time, [])
            periods.append(own)
        own[1].extend([name] if name else [])
    for periods in found.experiments.values():
        periods.sort(key=lambda p: p[0])


def _one_model(found: Tables, models: Mapping[str, Any]) -> None:
    if len(models) != 1:
        raise InputError(f"{len(models)} models", where=found.path, why="one is read")
    about = next(iter(models.values()))
    if about.get("language") != "sbml":
        told = f"a model in {about.get('language')}"
        raise InputError(told, where=found.path, why="SBML is read")
    found.sbml = found.file(str(about.get("location")), "model_files")


def _read_1(found: Tables, facts: Mapping[str, Any]) -> None:
    problems = facts.get("problems") or []
    if len(problems) != 1 or len(problems[0].get("sbml_files") or []) != 1:
        raise InputError("not one problem with one SBML file", where=found.path, why="one is read")
    one: Mapping[str, Any] = problems[0]
    found.sbml = found.file(one["sbml_files"][0], "sbml_files")
    found.parameters = found.lines(facts.get("parameter_file"), "parameter_file")
    found.observables = [_observable_2(x) for x in _listed(found, one, "observable_files")]
    for line in _listed(found, one, "condition_files"):
        name = line.need("conditionId")
        if name in found.conditions:
            raise InputError(f"condition '{name}' stands twice", where=line.where)
        targets = [c for c in line.cells if c not in ("conditionId", "conditionName")]
        sets = {t: line.text(t) for t in targets if line.text(t)}
        found.conditions[name] = (line.where, sets)
    for line in _listed(found, one, "measurement_files"):
        before = line.text("preequilibrationConditionId")
        after = line.need("simulationConditionId")
        for name in filter(None, (before, after)):
            if name not in found.conditions:
                raise unknown("condition", name, found.conditions, line.where)
        name = f"{before}__{after}" if before and before != after else after
        periods: list[tuple[float, list[str]]] = [(0.0, [after])]
        if before:
            periods.insert(0, (-math.inf, [before]))
        if found.experiments.setdefault(name, periods) != periods:
            name = f"{name}__rested"
            found.experiments[name] = periods
        cells = {**line.cells, "experimentId": name}
        found.measurements.append(Line(line.where, cells))


def _listed(found: Tables, one: Mapping[str, Any], key: str) -> Sequence[Line]:
    return found.lines(one.get(key), key)


def _observable_2(line: Line) -> Line:
    """An observable of version 1 as version 2 tells it; log10 keeps its name."""
    scale = line.text("observableTransformation") or "lin"
    if scale not in ("lin", "log", "log10"):
        raise unknown("observableTransformation", scale, ("lin", "log", "log10"), line.where)
    kind = line.text("noiseDistribution") or "normal"
    if kind == "normal" and scale != "lin":
        kind = "log-normal" if scale == "log" else "log10-normal"
    name, cells = line.need("observableId"), {**line.cells, "noiseDistribution": kind}
    for role in ("observable", "noise"):
        formula = " ".join((line.text("observableFormula"), line.text("noiseFormula")))
        held = sorted(set(re.findall(rf"{role}Parameter\d+_{name}\b", formula)), key=_rank)
        cells[f"{role}Placeholders"] = ";".join(held)
    return Line(line.where, cells)


def _rank(placeholder: str) -> int:
    found = re.search(r"Parameter(\d+)_", placeholder)
    return int(found.group(1)) if found else 0
