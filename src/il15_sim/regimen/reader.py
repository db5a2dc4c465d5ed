"""Reads the text of a regimen word by word and knows the column of every fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import TypeVar

from il15_sim.errors import InputError
from il15_sim.regimen.dose import check_unit, number_text, quantity
from il15_sim.regimen.spelling import read_unit, typo
from il15_sim.regimen.words import NO_UNIT, read_time, why_no_time

NUMBER = r"-?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|(?:nan|inf)\b)"
DASH = r"[-\u2010-\u2015]"
T = TypeVar("T")


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
        match = re.compile(pattern, re.IGNORECASE | re.ASCII).match(self.text, self.start)
        if match:
            self.pos = match.end()
        return match

    def keyword(self, *words: str) -> str | None:
        """The next word in lower case, if it is one of `words`."""
        match = self.take(rf"(?:{'|'.join(words)})(?![A-Za-z0-9_])")
        return match.group().lower() if match else None

    def meant(self, patterns: Mapping[str, T]) -> tuple[str, T] | None:
        """The next words and their meaning, if they look like one of `patterns`."""
        for pattern, meaning in patterns.items():
            if match := self.take(pattern):
                return match.group(), meaning
        return None

    def refuse(self, patterns: Mapping[str, tuple[str, str]]) -> None:
        """Raise InputError with the reason, if words come next that are not to be guessed at."""
        start = self.start
        if found := self.meant(patterns):
            word, (why, fix) = found
            raise InputError(f"'{word}' is not read", where=self.where(start), why=why, fix=fix)

    @property
    def start(self) -> int:
        """Where the next word starts."""
        while self.text[self.pos : self.pos + 1] == " ":
            self.pos += 1
        return self.pos

    def unexpected(
        self, what: str, expected: Sequence[str], example: str = "", spelled: Sequence[str] = ()
    ) -> InputError:
        """The error for what stands where `what` is due.

        `expected` are words whose mix-up is seen at once; a word for how often or by which route
        is only suggested (from `spelled`) where one letter is amiss.
        """
        at = self.pos
        if word := self.take(r"[^\s;,+]+"):
            said = word.group()
            close = [] if spelled else get_close_matches(said.lower(), expected, n=1)
            if near := typo(said, spelled) or next(iter(close), None):
                text, where = f"unknown word '{said:.40}'", self.where(word.start())
                return InputError(text, where=where, fix=f"did you mean '{near}'?")
            found, at = f"'{said:.40}' stands", word.start()
        else:
            mark = self.take(r"\S")
            found = f"'{mark.group()}' stands" if mark else "the text ends"
        fix = f"write e.g. {example}" if example else f"expected one of: {', '.join(expected)}"
        return InputError(f"{found} where {what} is due", where=self.where(at), fix=fix)

    def number(self, what: str, example: str, *, zero: bool = False) -> float:
        """The next number, checked to be finite and positive (with `zero`, non-negative)."""
        self.no_comma(what, r"[0-9.]+(?:,[0-9.]+)+")
        if odd := self.take(r"[0-9]{1,3}(?:\.[0-9]{3})*\.000(?![0-9.e])"):
            plain = odd.group().replace(".", "")
            raise InputError(
                f"{what} is {odd.group():.40}",
                where=self.where(odd.start()),
                why="its point can part thousands",
                fix=f"write {plain:.30}, or without the zeros after a decimal point",
            )
        match = self.take(NUMBER)
        if not match:
            raise self.unexpected(f"the {what}", (), example)
        with self.told_from(match.start()):
            return quantity(what, float(match.group()), zero=zero)

    def no_comma(self, what: str, pattern: str) -> None:
        """Refuse a number with a comma: it parts thousands here and decimals elsewhere."""
        if odd := self.take(pattern):
            first, _, part = odd.group().rpartition(",")
            readings = f"{first}{part} or {first}.{part}".replace(",", "")
            raise InputError(
                f"{what} is {odd.group():.40}",
                where=self.where(odd.start()),
                why="a comma inside a number can part thousands or decimals",
                fix=f"write {readings:.60}, or in a list a blank after each comma",
            )

    def whole(self, digits: str) -> int:
        """The digits just taken, as a number."""
        # Python refuses to read thousands of digits; no count of days or doses needs ten.
        if len(digits) > 9:
            raise InputError(f"number {digits:.12}... is too long", where=self.where())
        return int(digits)

    def unit(self, *amounts: float) -> tuple[list[float], str]:
        """The unit of doses as it is kept (grams become mg), and the amounts in that unit."""
        start, shown = self.start, number_text(amounts[-1])
        if self.take(rf"(?:{DASH}|to\b)\s*[0-9]"):
            what, fix = f"dose {shown} to another one", "write one amount"
            raise InputError(what, where=self.where(start), why="a range is no dose", fix=fix)
        if self.take(r"['\u2019_]?[0-9]"):
            fix = "write one amount without blanks or marks between its digits, e.g. 1000 mg"
            what = f"a number stands after dose {shown} where its unit is due"
            raise InputError(what, where=self.where(start), fix=fix)
        # A keyword here means that the unit was left out; say so instead of calling it a unit.
        match = None if NO_UNIT.match(self.text, start) else self.take(r"[^\s;,+]+")
        if match is None:
            fix = f"write e.g. {shown} mg or {shown} mg/m2"
            raise InputError(f"dose {shown} has no unit", where=self.where(start), fix=fix)
        unit, times = read_unit(match.group())
        with self.told_from(match.start()):
            check_unit(unit)
        # In decimals, so that 0.0003 g is 0.3 mg to the last digit.
        return [float(Decimal(repr(x)) * times) for x in amounts], unit

    def time(self, what: str, value: float, example: str, *, in_days: bool = False) -> float:
        """The hours (or days) that `value` is in the unit of time that comes next."""
        match = self.take(r"(?!x\b)[A-Za-z]+")
        if not match:
            raise self.unexpected(f"the unit of the {what}", (), example)
        time = read_time(value, match.group(), in_days=in_days)
        if time is None:
            fault = f"unknown unit of the {what} '{match.group():.40}'"
            why, where = why_no_time(match.group()), self.where(match.start())
            raise InputError(fault, where=where, why=why, fix="choose one of: min, h, d, w")
        return time

    def day(self, what: str, example: str) -> float:
        """A day such as `d14`, `day 14` or `14`."""
        self.take(r"d(?:ays?)?(?![A-Za-z])")
        return self.number(what, example, zero=True)

    def window(self, what: str, example: str) -> tuple[float, float]:
        """First and last day of `d14-d21`."""
        first = self.day(f"first day of a {what}", example)
        if not self.take(DASH):
            raise self.unexpected(f"the last day of a {what}", (), example)
        return first, self.day(f"last day of a {what}", example)
