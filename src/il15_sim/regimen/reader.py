"""Reads the text of a regimen word by word and knows the column of every fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

from il15_sim.errors import InputError, unknown
from il15_sim.regimen.dose import check_unit, number_text, quantity

NUMBER = r"-?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|(?:nan|inf)\b)"
HOURS = {"h": 1.0, "d": 24.0, "w": 168.0}
DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
EVERY_H = {"daily": 24.0, "bid": 12.0, "tid": 8.0, "weekly": 168.0}
_MICRO = str.maketrans({"\u00b5": "u", "\u03bc": "u", "²": "2", "^": None})


@dataclass
class Reader:
    """Reads a regimen from left to right; `pos` is how far it has got."""

    text: str
    pos: int = 0

    def __post_init__(self) -> None:
        """Make every kind of white space, also one pasted from a document, a plain blank."""
        self.text = re.sub(r"\s", " ", self.text)

    def where(self, pos: int | None = None) -> str:
        """The text, shortened around the column, and the column counted from one."""
        pos = self.pos if pos is None else pos
        shown = "".join(c if c.isprintable() else " " for c in self.text)
        if len(shown) > 80:
            start = max(0, pos - 40)
            shown = f"...{shown[start : pos + 40]}..."
        return f"regimen '{shown}', column {pos + 1}"

    @contextmanager
    def told_from(self, pos: int) -> Iterator[None]:
        """Add the column to an error that a value raises about itself."""
        try:
            yield
        except InputError as error:
            raise error.at(self.where(pos)) from None

    def take(self, pattern: str) -> re.Match[str] | None:
        """The next words, if they look like `pattern`."""
        while self.text[self.pos : self.pos + 1] == " ":
            self.pos += 1
        match = re.compile(pattern, re.IGNORECASE | re.ASCII).match(self.text, self.pos)
        if match:
            self.pos = match.end()
        return match

    def keyword(self, *words: str) -> str | None:
        """The next word in lower case, if it is one of `words`."""
        match = self.take(rf"(?:{'|'.join(words)})(?![A-Za-z0-9_])")
        return match.group().lower() if match else None

    def unexpected(self, what: str, expected: Sequence[str], example: str = "") -> InputError:
        """The error for what stands where `what` is due."""
        at = self.pos
        if word := self.take(r"[^\s;,+]+"):
            if near := get_close_matches(word.group().lower(), expected, n=1):
                text, where = f"unknown word '{word.group():.40}'", self.where(word.start())
                return InputError(text, where=where, fix=f"did you mean '{near[0]}'?")
            found, at = f"'{word.group():.40}' stands", word.start()
        else:
            mark = self.take(r"\S")
            found = f"'{mark.group()}' stands" if mark else "the text ends"
        fix = f"write e.g. {example}" if example else f"expected one of: {', '.join(expected)}"
        return InputError(f"{found} where {what} is due", where=self.where(at), fix=fix)

    def number(self, what: str, example: str, *, zero: bool = False) -> float:
        """The next number, checked to be finite and positive (with `zero`, non-negative)."""
        match = self.take(NUMBER)
        if not match:
            raise self.unexpected(f"the {what}", (), example)
        with self.told_from(match.start()):
            return quantity(what, float(match.group()), zero=zero)

    def whole(self, digits: str) -> int:
        """The digits just taken, as a number."""
        # Python refuses to read thousands of digits; no count of days or doses needs ten.
        if len(digits) > 9:
            raise InputError(f"number {digits:.12}... is too long", where=self.where())
        return int(digits)

    def unit(self, amount: float) -> str:
        """The unit of a dose, its signs for micro and square brought into one spelling."""
        # A keyword here means that the unit was left out; say so instead of calling it a unit.
        words = "|".join(("oral", "po", "iv", "sc", "x", "at", "from", *EVERY_H))
        match = self.take(rf"(?!(?:q\s*{NUMBER}|d[0-9]|(?:{words})\b))[^\s;,+]+")
        if match is None:
            shown = number_text(amount)
            fix = f"write e.g. {shown} mg or {shown} mg/m2"
            raise InputError(f"dose {shown} has no unit", where=self.where(), fix=fix)
        unit = re.sub("^mcg", "ug", match.group().translate(_MICRO))
        with self.told_from(match.start()):
            check_unit(unit)
        return unit

    def time(self, what: str, value: float, units: Mapping[str, float], example: str) -> float:
        """`value` times the factor of the unit of time that comes next."""
        match = self.take(r"(?!x\b)[A-Za-z]+")
        if not match:
            raise self.unexpected(f"the unit of the {what}", (), example)
        word = match.group().lower()
        if word not in units:
            raise unknown(f"unit of the {what}", match.group(), units, self.where(match.start()))
        return value * units[word]

    def window(self, what: str, example: str) -> tuple[float, float]:
        """First and last day of `d14-d21`."""
        self.take("d")
        first = self.number(f"first day of a {what}", example, zero=True)
        if not self.take("-"):
            raise self.unexpected(f"the last day of a {what}", (), example)
        self.take("d")
        return first, self.number(f"last day of a {what}", example, zero=True)
