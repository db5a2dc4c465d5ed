"""A modeller's own table as rows of a fit, in the units of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.fit.likelihoods import DIRECTIONS, likelihood
from il15_sim.fit.patient_statistics import SHARES, check_statistic, has_unit
from il15_sim.fit.quantities import QUANTITIES, Asked, Quantity
from il15_sim.fit.rows import Row
from il15_sim.fit.tables.cells import Table
from il15_sim.fit.tables.cells import number_in as _number
from il15_sim.fit.tables.cells import text_in as _name
from il15_sim.fit.tables.checks import (
    ESTIMATED,
    KNOWN,
    TIMES,
    check_censored,
    check_columns,
    check_errors,
    check_one_unit,
    check_row,
    check_used,
)
from il15_sim.fit.tables.groups import arm_in, group_in
from il15_sim.fit.tables.own_units import in_unit, unit_in
from il15_sim.fit.tables.scales import sharing
from il15_sim.simulation.subject import Subject


@dataclass(frozen=True)
class Reader:
    """How a table is read.

    Attributes
    ----------
    subject : Subject
        Knows the observables and their units.
    noise : str or mapping of observable to str
        Likelihood where the table has no column `likelihood`.
    scale : "observable", "group", "plate", "group and plate" or None
        What shares a free factor; readings are relative then, and units are not converted.
    offset : bool
        Whether what shares a factor shares a free background, too (its errors are normal then).
    """

    subject: Subject
    noise: str | Mapping[str, str] = "log-normal"
    scale: str | None = None
    offset: bool = False

    def rows(self, *tables: Table) -> tuple[Row, ...]:
        """The rows of one table or of several that are fitted together.

        Raises
        ------
        InputError
            With file and line (or the row of the DataFrame) for whatever cannot be used.
        """
        times = [check_columns(table.columns, table.source) for table in tables]
        self.check_noise(tables)
        source = ", ".join(table.source for table in tables)
        placed = [(t, row) for t, table in zip(times, tables, strict=True) for row in table.rows]
        seen: dict[str, str] = {}
        found = []
        for time, (where, cells) in placed:
            row = self._row(where, cells, time)
            # What was read, not how it is spelled: 2.0 repeats 2.
            told = (row.reads, row.measured, row.known, row.kind, row.statistic, row.threshold)
            key = repr((*told, _name(cells, "replicate")))
            if key in seen:
                raise InputError(
                    f"a repetition of the row at {seen[key]}",
                    where=where,
                    fix="leave it out, or number true replicates in a column 'replicate'",
                )
            seen[key] = where
            found.append(row)
        if not found:
            raise InputError("the table has no rows", where=source)
        check_errors(found)
        check_censored(found, source)
        if self.scale:
            check_one_unit(found)
        return tuple(found)

    def check_noise(self, tables: Sequence[Table]) -> None:
        """Refuse a `noise` that is none, or of an observable that no row has."""
        if isinstance(self.noise, str):
            return
        if not isinstance(self.noise, Mapping):
            fix = 'give "log-normal", "normal" or a mapping'
            raise InputError(f"noise {self.noise!r:.40}", fix=fix)
        measured = [_name(cells, "observable") for t in tables for _, cells in t.rows]
        for name in self.noise:
            if name not in measured:
                raise unknown("observable", str(name), measured, "noise")

    def _row(self, where: str, cells: Mapping[str, Any], time: str) -> Row:
        observable = _name(cells, "observable")
        if not observable:
            raise InputError("no observable", where=where, fix="name one of `il15-sim list`")
        if observable not in self.subject.quantities:
            raise unknown("observable", observable, self.subject.quantities, where)
        kind = self._kind(_name(cells, "likelihood"), observable, where)
        quantity = self._quantity(cells, kind, where)
        asked = self._asked(cells, observable, quantity, time, where)
        group = group_in(cells)
        count = _number(cells["n"], "n", where) if _name(cells, "n") else 1.0
        if count < 1 or count != int(count):
            raise InputError(f"n {count:g} is not a whole number from 1 on", where=where)
        known, size = self._known(cells, kind, where)
        measured: float | str
        if kind == "direction":
            measured = _name(cells, "value")
            if measured not in DIRECTIONS:
                raise unknown("direction", measured, DIRECTIONS, where)
        else:
            measured = _number(cells["value"], "value", where)
        unit = quantity.unit_of(self.subject.units.get(observable, ""))
        statistic = _name(cells, "statistic")
        threshold = self._threshold(cells, statistic, unit, observable, where)
        shares = group or asked.arm
        factor = self._factor(cells, observable, kind, shares, quantity, statistic, where)
        if statistic and not has_unit(check_statistic(statistic, where)):
            unit = "1" if statistic in SHARES else "percent"
        elif "unit" in cells:
            given = unit_in(cells, where)
            if factor:
                unit = given
            else:
                measured, known, unit = in_unit(given, measured, known, unit, observable, where)
        if kind == "log-normal" and not isinstance(measured, str) and measured <= 0:
            raise InputError(
                f"value {measured:g} of '{observable}'",
                where=where,
                why="on a log scale it is positive",
                fix='choose noise="normal" for it, or leave it out',
            )
        if "error" in known:
            size = ""
            error = known.pop("error") / math.sqrt(count)
            if kind == "log-normal":
                assert not isinstance(measured, str)
                error = math.sqrt(math.log1p((error / measured) ** 2))
            known[ESTIMATED[kind]] = error
        elif size:
            known[ESTIMATED[kind]] = 1 / math.sqrt(count)
        weight = _number(cells["weight"], "weight", where) if _name(cells, "weight") else 1.0
        if weight <= 0:
            raise InputError(f"weight {weight:g} is not positive", where=where)
        row = Row(
            where=where,
            observable=observable,
            reads=quantity.reads(asked),
            measured=measured,
            unit=unit,
            kind=kind,
            known=known,
            size=self._size(cells, observable, kind, shares, where) if size else "",
            factor=factor,
            background=bool(factor) and self.offset,
            weight=weight,
            threshold=threshold,
            statistic=statistic,
            n=count,
            group=group,
        )
        check_row(row, where)
        return row

    def _threshold(
        self, cells: Mapping[str, Any], statistic: str, unit: str, observable: str, where: str
    ) -> float:
        """The level of a share, in the unit of the model; the row's unit is that of the level."""
        if statistic not in SHARES:
            if _name(cells, "threshold"):
                why = "it is the level of a share below or above"
                raise InputError("a threshold", where=where, why=why, fix="leave it out")
            return math.nan
        if not _name(cells, "threshold"):
            fix = "give the level in a column 'threshold'"
            raise InputError(f"no threshold of the {statistic}", where=where, fix=fix)
        told = {"threshold": _number(cells["threshold"], "threshold", where)}
        if "unit" in cells:
            told = in_unit(unit_in(cells, where), "", told, unit, observable, where)[1]
        return told["threshold"]

    def _factor(
        self,
        cells: Mapping[str, Any],
        observable: str,
        kind: str,
        group: str,
        quantity: Quantity,
        statistic: str,
        where: str,
    ) -> str:
        shows = quantity.factor_shows and (not statistic or has_unit(statistic))
        scale = likelihood(kind).scale
        if not self.scale or not shows or scale is None:
            return ""
        if self.offset and scale.logarithmic:
            raise InputError(
                f"a background with the likelihood '{kind}'",
                where=where,
                why="it adds to the level, and the errors are of the logarithm",
                fix='choose the likelihood "normal"',
            )
        return f"scale of {observable}{sharing(self.scale, group, cells, where)} ({kind})"

    def _size(
        self, cells: Mapping[str, Any], observable: str, kind: str, group: str, where: str
    ) -> str:
        """What shares an unknown size of errors: plates differ in brightness, so each its own."""
        by_plate = self.scale if self.scale and "plate" in self.scale else None
        return f"{observable}{sharing(by_plate, group, cells, where)} ({kind})"

    def _kind(self, given: str, observable: str, where: str) -> str:
        noise = self.noise
        by_observable = noise if isinstance(noise, str) else noise.get(observable, "log-normal")
        return likelihood(given or by_observable, where if given else None).kind

    @staticmethod
    def _quantity(cells: Mapping[str, Any], kind: str, where: str) -> Quantity:
        compared = "difference" if _name(cells, "against") else "change"
        name = _name(cells, "quantity") or (compared if kind == "direction" else "value")
        if name not in QUANTITIES:
            raise unknown("quantity", name, QUANTITIES, where)
        return QUANTITIES[name]

    @staticmethod
    def _asked(
        cells: Mapping[str, Any], observable: str, quantity: Quantity, time: str, where: str
    ) -> Asked:
        hours = []
        for column in (time, "start"):
            value = _number(cells[column], column, where) if _name(cells, column) else None
            if value is not None and value < 0:
                raise InputError(f"{column} {value:g} is negative", where=where)
            hours.append(None if value is None else value * TIMES[time])
        at, start = hours
        if at is None:
            raise InputError(f"no {time}", where=where)
        if quantity.needs_start and start is None:
            told = f"{quantity.name} is the {quantity.meaning}"
            raise InputError("no start", where=where, why=told, fix="add it in a column 'start'")
        if (start is not None or quantity.from_start) and (start or 0.0) >= at:
            told = f"start {start or 0.0:g} h is not before {at:g} h"
            raise InputError(told, where=where)
        arm, other = arm_in(cells, where), None
        if quantity.needs_other:
            against = _name(cells, "against")
            if not against:
                why = f"{quantity.name} is the {quantity.meaning}"
                fix = "name the group it is compared with in a column 'against'"
                raise InputError("no other group", where=where, why=why, fix=fix)
            other = (arm_in(cells, where, "against"), start or 0.0, at)
        elif _name(cells, "against"):
            told = f"against '{_name(cells, 'against')}'"
            raise InputError(told, where=where, why=f"{quantity.name} compares with no other group")
        return Asked(observable, arm, at, start or 0.0, other)

    @staticmethod
    def _known(cells: Mapping[str, Any], kind: str, where: str) -> tuple[dict[str, float], str]:
        """What the table tells the likelihood, and its spread where that is to be estimated."""
        names = [item.name for item in likelihood(kind).known]
        check_used([name for name in (*KNOWN, "error") if _name(cells, name)], kind, where)
        filled = [name for name in names if _name(cells, name)]
        known = {name: _number(cells[name], name, where, endless=True) for name in filled}
        if kind in ESTIMATED:
            if _name(cells, "error"):
                error = _number(cells["error"], "error", where)
                if error <= 0:
                    why = "a reading without any spread would decide everything"
                    raise InputError(f"error {error:g} is not positive", where=where, why=why)
                if known:
                    told = f"both error and {ESTIMATED[kind]}"
                    raise InputError(told, where=where, fix="give one of them")
                return {"error": error}, ""
            return known, "" if ESTIMATED[kind] in known else ESTIMATED[kind]
        for item in likelihood(kind).known:
            if item.default is None and item.name not in known:
                raise InputError(
                    f"no {item.name}",
                    where=where,
                    why=f"'{kind}' needs it: {item.meaning}",
                    fix=f"add a column '{item.name}'",
                )
        return known, ""
