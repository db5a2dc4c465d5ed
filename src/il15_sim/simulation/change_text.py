"""The text form of a change, such as `il15_soluble = 0.5 nM at 30 min`.

::

    change = target ("=" | "+" | "-") amount [unit] ["times" parameter] "at" time ("min"|"h"|"d")

`=` sets a state or a parameter, `+` adds to it and `-` takes away. Without a unit the amount is
in the unit of the target. `times` multiplies it by a parameter (a dose per body surface). A
parameter keeps its value until the next change; time counts from the start of the run.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from il15_sim.errors import InputError

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_CHANGE = re.compile(
    rf"(?P<target>[A-Za-z_]\w*)\s*(?P<sign>[=+-])\s*(?P<amount>{_NUMBER})(?![\d.,])"
    rf"\s*(?P<unit>.*?)(?:\s*\btimes\s+(?P<per>[A-Za-z_]\w*))?"
    rf"\s*\bat\s+(?P<time>{_NUMBER})\s*(?P<clock>[^\W\d]+)",
    re.ASCII,
)
#: A time times the first over the second is in hours: 20 min is 20 / 60 h, to the bit.
_CLOCKS = {"min": (1.0, 60.0), "h": (1.0, 1.0), "d": (24.0, 1.0)}
_FIX = "write it like 'il15_soluble = 500 pM at 30 min' or 'sorafenib_gut + 400 at 2 d'"


class Told(NamedTuple):
    """What a text says of a change: its fields, in their order."""

    time_h: float
    target: str
    amount: float
    per: str
    sets: bool
    unit: str


def parsed(text: object) -> Told:
    """The fields of a change that a text tells.

    Raises
    ------
    InputError
        For what is no such text, an unknown unit of time, a number that is not finite, or a time
        before the start.

    Examples
    --------
    >>> parsed("il15_soluble = 0.5 nM at 30 min")
    Told(time_h=0.5, target='il15_soluble', amount=0.5, per='', sets=True, unit='nM')
    """
    shown = f"change {text!r:.100}"
    found = _CHANGE.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise InputError(shown, why="it does not read", fix=_FIX)
    if found["clock"] not in _CLOCKS:
        # No closest one: a hint must not move a dose in time.
        what = f"unknown unit of time '{found['clock']}'"
        raise InputError(what, where=shown, fix="choose one of: min, h, d")
    times, over = _CLOCKS[found["clock"]]
    time_h, amount = float(found["time"]) * times / over, float(found["amount"])
    if not math.isfinite(time_h + amount):
        raise InputError(shown, why="time and amount are finite numbers")
    if time_h < 0:
        raise InputError(shown, why="time begins at 0 h")
    if found["sign"] == "-":
        amount = -amount
    per, sets = found["per"] or "", found["sign"] == "="
    return Told(time_h, found["target"], amount, per, sets, found["unit"])
