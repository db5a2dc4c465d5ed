"""How people spell dose units and words, and hints that never change what was meant.

A hint that is taken without a second look must not change a dose, a frequency or a route: `civ`
is not `iv`, `ug/kg/min` not `ug/kg`, `biweekly` not `weekly`. So units are only told apart by
their spelling, and words only where a single letter is amiss.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

UNITS = ("mg", "mg/m2", "mg/kg", "ug", "ug/m2", "ug/kg")

_GRAMS = {"g": "mg", "g/m2": "mg/m2", "g/kg": "mg/kg"}
_SIGNS = str.maketrans({"\u00b5": "u", "\u03bc": "u", "²": "2", "^": None})
_RATE = re.compile(r"/\s*(?:s|sec|min|h|hr|hours?|d|days?|w|wk|weeks?)\.?$", re.IGNORECASE)


def typo(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate of four letters or more that `word` misspells by one letter, or None.

    >>> typo("dayly", ["daily", "weekly"]), typo("civ", ["iv"]), typo("biweekly", ["weekly"])
    ('daily', None, None)
    """
    word = word.lower()
    near = [c for c in candidates if len(c) > 3 and c[0] == word[:1] and _is_one_off(word, c)]
    return near[0] if len(near) == 1 else None


def _is_one_off(one: str, two: str) -> bool:
    """Whether one letter was left out, added, changed, or swapped with the next."""
    if len(one) == len(two):
        odd = [i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
        swapped = len(odd) == 2 and one[odd[0]] + one[odd[1]] == two[odd[1]] + two[odd[0]]
        return len(odd) == 1 or (swapped and odd[1] == odd[0] + 1)
    short, long = sorted((one, two), key=len)
    left_out = (long[:i] + long[i + 1 :] for i in range(len(long)))
    return len(long) == len(short) + 1 and short in left_out


def read_unit(text: str) -> tuple[str, int]:
    """A unit as it is kept, and by how much an amount in the unit as written is multiplied.

    A unit that does not exist comes back as it is.

    >>> read_unit("µg/m²"), read_unit("mcg"), read_unit("g"), read_unit("ng")
    (('ug/m2', 1), ('ug', 1), ('mg', 1000), ('ng', 1))
    """
    plain = re.sub("^mcg", "ug", text.translate(_SIGNS))
    return (_GRAMS[plain], 1000) if plain in _GRAMS else (plain, 1)


def unit_hint(text: str) -> str | None:
    """The unit that is spelled otherwise in `text`, or None: no other unit is near enough.

    >>> unit_hint("MG"), unit_hint("mg/sqm"), unit_hint("ng"), unit_hint("ug/kg/min")
    ('mg', 'mg/m2', None, None)
    """
    plain = text.translate(_SIGNS).lower().replace(" ", "").rstrip(".")
    plain = re.sub(r"/(?:sqm|qm|m\*\*2|sq\.?m)$", "/m2", plain)
    plain = re.sub(r"^(?:mgs|milligrams?)(?=/|$)", "mg", plain)
    plain = re.sub(r"^(?:mcgs?|ugs|micrograms?)(?=/|$)", "ug", plain)
    return plain if plain in UNITS else None


def is_rate(unit: str) -> bool:
    """Whether a unit is an amount per time.

    >>> is_rate("ug/kg/min"), is_rate("mg/day"), is_rate("mg/kg")
    (True, True, False)
    """
    return bool(_RATE.search(unit))
