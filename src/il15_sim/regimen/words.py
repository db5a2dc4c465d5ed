"""What people write for how often and by which route, and what can mean two things.

Every word is either read in its one meaning or refused with the reason; none is guessed.
"""

from __future__ import annotations

import re

_A_DAY = r"(?:daily|(?:a|per|every)\s+day|/\s*d(?:ay)?)"
_A_WEEK = r"(?:weekly|(?:a|per|every)\s+w(?:ee)?k|/\s*w(?:ee)?k)"
_TIMES = r"(?:times|x)\s*"

#: Interval in hours by what is written for it.
INTERVALS = {
    rf"daily|every\s+day|once\s+{_A_DAY}|q\.?d\.?|qday|o\.?d\.?": 24.0,
    rf"(?:twice|(?:two|2)\s*{_TIMES})\s*{_A_DAY}|b\.?i\.?d\.?|b\.?d\.?": 12.0,
    rf"(?:thrice|(?:three|3)\s*{_TIMES})\s*{_A_DAY}|t\.?i\.?d\.?|t\.?d\.?s\.?": 8.0,
    rf"(?:four|4)\s*{_TIMES}{_A_DAY}|q\.?i\.?d\.?|q\.?d\.?s\.?": 6.0,
    r"every\s+(?:other|second)\s+day|q\.?o\.?d\.?": 48.0,
    rf"weekly|every\s+week|once\s+{_A_WEEK}|qw|qwk": 168.0,
    r"every\s+(?:other|second)\s+week|fortnightly": 336.0,
}

#: What is refused where an interval is due: why, and what to write instead.
UNCLEAR = {
    r"bi-?weekly|biw": (
        "it can mean twice a week or every two weeks",
        "write twice a week as q84h, or every two weeks as q2w",
    ),
    rf"(?:twice|(?:two|2)\s*{_TIMES})\s*{_A_WEEK}": (
        "it does not tell on which days",
        "write q84h, or list the times, e.g. at 0, 72 h",
    ),
    rf"t\.?i\.?w\.?|tri-?weekly|(?:thrice|(?:three|3)\s*{_TIMES})\s*{_A_WEEK}": (
        "it does not tell on which days, and triweekly can mean every three weeks",
        "write q56h or q3w, or list the times, e.g. at 0, 48, 96 h",
    ),
    r"(?:bi-?)?monthly|(?:once|twice)\s+a\s+month|(?:q|every\s+)month|qm": (
        "months differ in length",
        "write it in days or weeks, e.g. q4w",
    ),
    r"(?:(?:a|per)\s+|/\s*)(?:d(?:ay)?|w(?:ee)?k)": (
        "the amount can be one dose or the sum of several",
        "write the single dose and e.g. once daily or bid",
    ),
    r"bi-?daily": ("it can mean twice a day or every two days", "write bid or q48h"),
    r"prn|as\s+needed": ("it does not tell when", "write an interval, or list the times"),
    r"q?hs|q?am|q?pm|nightly|nocte|mane": (
        "the text knows no time of day",
        "write daily; time zero is the first dose",
    ),
}

_ROUTES = {
    r"orally|oral|p\.?o\.?|by\s+mouth": "oral",
    r"intravenous(?:ly)?|i\.?v\.?": "iv",
    r"subcutaneous(?:ly)?|subcut|sub-?q|s\.?q\.?|s\.?c\.?": "sc",
}
#: A route that no model has, or one that needs its time.
UNCLEAR_ROUTES = {
    r"c\.?i\.?v\.?i?|c\.?i\.?|cont(?:inuous)?(?:ly)?(?:\s+(?:iv|infusion))?|(?:iv\s+)?infusion": (
        "an infusion needs its length",
        "write e.g. iv over 24 h",
    ),
    r"i\.?m\.?|i\.?t\.?|i\.?p\.?|i\.?d\.?|s\.?l\.?|p\.?r\.?|topical(?:ly)?|inhaled": (
        "this route is not known",
        "routes are oral, iv, iv over 2 h, sc",
    ),
}

_END = r"(?![A-Za-z0-9_])"
#: Patterns with the end of a word, the form in which they are looked for.
INTERVAL_PATTERNS = {rf"(?:{p}){_END}": hours for p, hours in INTERVALS.items()}
ROUTE_PATTERNS = {rf"(?:{p}){_END}": route for p, route in _ROUTES.items()}
UNCLEAR_PATTERNS = {rf"(?:{p}){_END}": told for p, told in UNCLEAR.items()}
UNCLEAR_ROUTE_PATTERNS = {rf"(?:{p}){_END}": told for p, told in UNCLEAR_ROUTES.items()}

#: Words after an amount that show that its unit was left out.
NO_UNIT = re.compile(
    "|".join(
        (
            *INTERVAL_PATTERNS,
            *ROUTE_PATTERNS,
            *UNCLEAR_PATTERNS,
            *UNCLEAR_ROUTE_PATTERNS,
            rf"(?:x|at|from|for|every|once|to){_END}|q\s*\.?[0-9]|d[0-9]|×",
        )
    ),
    re.IGNORECASE | re.ASCII,
)

#: Words that a misspelt one may be meant for: none is another one's misspelling.
SPELLED = ("oral", "orally", "daily", "weekly", "once", "twice", "every", "from", "over")

_HOURS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 1),
    **dict.fromkeys(("d", "day", "days"), 24),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 168),
}
_MINUTES = ("min", "mins", "minute", "minutes")
_NOT_FIXED = ("mo", "mos", "month", "months", "y", "yr", "yrs", "year", "years")


def read_time(value: float, unit: str, *, in_days: bool = False) -> float | None:
    """A time in hours (or days), or None for a unit that is not read.

    >>> read_time(2, "weeks"), read_time(90, "min"), read_time(3, "months")
    (336, 1.5, None)
    >>> read_time(0.3, "d", in_days=True)
    0.3
    """
    unit = unit.lower()
    per = 24 if in_days else 1
    if unit in _MINUTES:
        return value / (60 * per)
    hours = _HOURS.get(unit)
    if hours is None:
        return None
    # Days stay as they are written: there and back over hours may change the last digit.
    return value / per if hours < per else value * (hours // per)


def why_no_time(unit: str) -> str | None:
    """Why a unit of time is not read, where there is more to tell than that it is unknown."""
    if unit.lower() in _NOT_FIXED:
        return "it has no fixed number of days"
    return "it can be minutes or months" if unit.lower() == "m" else None
