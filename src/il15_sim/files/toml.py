"""Tables of a TOML file whose faults are told with file, line, key and the closest valid key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from il15_sim.errors import InputError, unknown
from il15_sim.files.numeric import real
from il15_sim.files.text import read_text


def _kind(value: object) -> str:
    words = {bool: "true or false", int: "a number", float: "a number", str: "text"}
    words |= {dict: "a table", list: "a list"}
    return words.get(type(value), "a date or time")


@dataclass
class Table:
    """One table of a file: its data, the lines it was written on, and a label for errors."""

    data: dict[str, Any]
    file: str
    lines: dict[int, str]
    label: str = ""

    def at(self, key: str = "") -> str:
        """File, line of a key (of the table itself where the key is not found) and label."""
        # tomllib tells no lines; a key stands at the start of its line in all but odd layouts.
        name = rf"[\"']?{re.escape(key)}[\"']?\s*"
        found = self._first(rf"\s*(?:{name}[=.]|\[+\s*(?:[\w-]+\.)*{name}[\].])") if key else 0
        line = found or (min(self.lines, default=0) if self.label else 0)
        place = f"{self.file}:{line}" if line else self.file
        return f"{place}: {self.label}" if self.label else place

    def _first(self, pattern: str) -> int:
        inside = True
        for number, line in self.lines.items():
            # The top table ends at the first header; after it only headers are of interest.
            header = line.lstrip().startswith("[")
            inside = inside and (bool(self.label) or not header)
            if (inside or header) and re.match(pattern, line):
                return number
        return 0

    @contextmanager
    def told_at(self, key: str) -> Iterator[None]:
        """Add the place of a key to an error that a value raises about itself."""
        try:
            yield
        except InputError as error:
            raise error.at(self.at(key)) from None

    def fault(self, key: str, rule: str) -> InputError:
        """The error for a value of the wrong kind."""
        text = f"{key} is {_kind(self.data[key])}"
        return InputError(text, where=self.at(key), why=f"it must be {rule}")

    def allow(self, keys: Sequence[str]) -> None:
        """Raise InputError for a key that is not one of `keys`."""
        for key in self.data:
            if key not in keys:
                raise unknown("key", key, keys, self.at(key))

    def need(self, key: str, example: str) -> None:
        """Raise InputError where a key is missing."""
        if key not in self.data:
            raise InputError(f"{key} is missing", where=self.at(), fix=f"add e.g. {example}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not blank."""
        if default is not None and key not in self.data:
            return default
        self.need(key, f'{key} = "..."')
        value = self.data[key]
        if not isinstance(value, str):
            raise self.fault(key, "text in quotes")
        if not value.strip() and default is None:
            raise InputError(f"{key} is empty", where=self.at(key))
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of different texts, none of them blank; nothing where it is missing."""
        if key not in self.data:
            return ()
        value = self.data[key]
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise self.fault(key, "text or a list of texts")
        if not items or not all(item.strip() for item in items):
            raise InputError(f"{key} is empty", where=self.at(key), fix="leave it out or fill it")
        for item in items:
            if items.count(item) > 1:
                raise InputError(f"{key} has '{item}' twice", where=self.at(key))
        return tuple(item.strip() for item in items)

    def numbers(self, key: str) -> dict[str, float]:
        """A table of finite numbers; nothing where it is missing."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise self.fault(key, "a table such as { id = 1.5 }")
        return {name: real(v, f"{key} of {name}", self.at(key)) for name, v in value.items()}

    def text_list(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them blank; it may be empty but must be there."""
        self.need(key, f"{key} = []")
        value = self.data[key]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fault(key, 'a list of texts such as ["..."], or []')
        if not all(item.strip() for item in value):
            raise InputError(f"{key} has an empty text", where=self.at(key))
        return tuple(item.strip() for item in value)

    def named_tables(self, key: str) -> dict[str, Table]:
        """The tables written as `[key.name]`, by name, each with its own lines."""
        example = f"[{key}.name]"
        self.need(key, example)
        rows = self.data[key]
        if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
            raise self.fault(key, f"tables, each written as {example}")
        if not rows:
            raise InputError(f"there are no {key}", where=self.at(key), fix=f"add {example}")
        return {
            name: Table(row, self.file, self._lines_of(key, name), f"{key}.{name}")
            for name, row in rows.items()
        }

    def table(self, key: str) -> Table | None:
        """The table written as `[key]`, with its own lines; None where it is missing."""
        if key not in self.data:
            return None
        if not isinstance(self.data[key], dict):
            raise self.fault(key, f"a table, written as [{key}]")
        return Table(self.data[key], self.file, self._lines_of(key), f"[{key}]")

    def _lines_of(self, *names: str) -> dict[int, str]:
        """Lines from the header `[key.name]` up to the next header that is not below it."""
        dotted = r"\.\s*".join(rf"[\"']?{re.escape(name)}[\"']?\s*" for name in names)
        path = rf"\s*\[\s*{dotted}"
        own: dict[int, str] = {}
        for number, line in self.lines.items():
            if re.match(rf"{path}\]" if not own else rf"{path}[.\]]", line):
                own[number] = line
            elif own and line.lstrip().startswith("["):
                break
            elif own:
                own[number] = line
        return own

    def tables(self, key: str) -> list[Table]:
        """The tables written as `[[key]]`, each with its own lines."""
        self.need(key, f"[[{key}]] with name and regimen")
        rows = self.data[key]
        if isinstance(rows, dict):
            raise InputError(f"[{key}] is one table", where=self.at(key), fix=f"write [[{key}]]")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.fault(key, f"tables, each written as [[{key}]]")
        if not rows:
            raise InputError(f"there are no {key}", where=self.at(key), fix=f"add [[{key}]]")
        head = re.compile(rf"\s*\[\[\s*{re.escape(key)}\s*\]\]")
        starts = [number for number, line in self.lines.items() if head.match(line)]
        known = len(starts) == len(rows)
        ends = [*starts[1:], max(self.lines, default=0) + 1]
        out = []
        for index, row in enumerate(rows):
            span = range(starts[index], ends[index]) if known else range(0)
            own = {number: self.lines[number] for number in span}
            out.append(Table(row, self.file, own, f"{key} number {index + 1}"))
        return out


def read_toml(file: Path) -> Table:
    """The top table of a TOML file.

    Raises
    ------
    InputError
        Where the file cannot be read or is no TOML, with the line of the fault.
    """
    text = read_text(file)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise InputError("the file is nested too deeply", where=file) from None
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        told = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
        if told is None:
            at_end = str(error).endswith("(at end of document)")
            where = f"{file}:{text.count(chr(10)) + 1}" if at_end else str(file)
            raise InputError(f"no valid TOML: {error}", where=where) from None
        where = f"{file}:{told[2]}"
        text = f"no valid TOML at column {told[3]}: {told[1]}"
        raise InputError(text, where=where) from None
    lines = text.split("\n")
    return Table(data, str(file), dict(enumerate(lines, start=1)))
