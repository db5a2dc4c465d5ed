"""The text form of a regimen, such as `sorafenib 400 mg q12h x 56 d; hold d14-d21`.

::

    regimen  = "none" | track { "+" track }
    track    = drug amount unit [route] schedule ["from" dN] { ";" clause }
             | drug amount {"," amount} unit [route] "at" time {"," time} "h"
    route    = "oral" (the default) | "iv" | "iv over" number "h" | "sc"
    schedule = [interval] [cycle] "x" number "d"
    interval = "q" number "h" | "daily" | "bid" | "tid" | "qid" | "weekly"
    cycle    = "d" first ["-" last] "/" length
    clause   = "hold" dA-dB | "reduce" dA-dB "to" amount unit | "then" amount unit schedule
             | "skip dose" n {"," n} (n or n-m) | "skip every" n"th dose"
             | "dose" n "late by" number "h"

A clause acts on the course written before it, and its days count from the start of that course.
A cycle without an interval is dosed daily; `then` without an interval keeps the last interval
and cycle. Keywords may be written in any case.

What people write is read too: times in min, h, d or w and in words (`28 days`, `4 weeks`), `for`
instead of `x`, grams, `od`, `bd`, `qd`, `twice daily`, `every 12 h`, `once every 3 weeks`, `po`,
`i.v.`, `day 14-21`. Days of a hold are half-open however they are written. What can mean two
things (`biweekly`, `1,000 mg`) is refused with the reason.

What is added to a dish has a grammar of its own, in `simulation/change_text.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from il15_sim.errors import InputError
from il15_sim.regimen.dose import check_kind
from il15_sim.regimen.expand import Course, Listed, Track
from il15_sim.regimen.phase import Cycle, Phase, Window
from il15_sim.regimen.reader import DASH, NUMBER, Reader
from il15_sim.regimen.words import (
    INTERVAL_PATTERNS,
    ROUTE_PATTERNS,
    SPELLED,
    UNCLEAR_PATTERNS,
    UNCLEAR_ROUTE_PATTERNS,
)

_CLAUSES = ("hold", "reduce", "then", "skip", "dose")
_OFTEN = ("q12h", "daily", "bid", "tid", "qid", "weekly", "d1-5/28")


def parse_tracks(text: object) -> list[Track]:
    """The courses and lists that a regimen text tells.

    Raises
    ------
    InputError
        With the column of the fault and the closest valid word.

    Examples
    --------
    >>> from il15_sim.regimen.wording import track_text
    >>> [track_text(t) for t in parse_tracks("sorafenib 400 mg BID x 8 w")]
    ['sorafenib 400 mg q12h x 56 d']
    """
    if not isinstance(text, str):
        raise InputError(f"regimen {text!r:.40}", why="a regimen is told in text")
    if not text.strip():
        raise InputError("the regimen is empty", fix="write none for no treatment")
    reader, tracks = Reader(text), list[Track]()
    while True:
        if not reader.keyword("none"):
            tracks.append(_track(reader))
        if reader.take(r"\+"):
            continue
        if reader.take(r"\Z"):
            return tracks
        if word := reader.keyword(*_CLAUSES):
            raise InputError(f"';' is missing before '{word}'", where=reader.where())
        raise reader.unexpected("the end", ("+", ";", "from"))


def _track(reader: Reader) -> Track:
    example = "sorafenib 400 mg q12h x 56 d"
    name = reader.take(r"[^\s;,+]+")
    if not name:
        raise reader.unexpected("a drug", (), example)
    with reader.told_from(name.start()):
        check_kind(name.group(), "oral", 0)
    what = f"dose of {name.group()}"
    amounts = [reader.number(what, example)]
    while reader.take(","):
        amounts.append(reader.number(what, example))
    amounts, unit = reader.unit(*amounts)
    route, duration_h = _route(reader)
    if reader.keyword("at"):
        return _listed(reader, name, amounts, (unit, route, duration_h))
    if len(amounts) > 1:
        raise reader.unexpected("'at' and the times of the doses", ("at",))
    every_h, cycle, days = _schedule(reader, ("oral", "iv", "sc", *_OFTEN, "at"))
    start_day = 0.0
    if reader.keyword("from"):
        start_day = reader.day("start day", "from d7")
    with reader.told_from(name.start()):
        phase = Phase(amounts[0], unit, 24.0 if every_h is None else every_h, days, cycle)
        course = Course(name.group(), route, (phase,), start_day, duration_h)
    while reader.take(";"):
        course = _clause(reader, course)
    return course


def _route(reader: Reader) -> tuple[str, float]:
    reader.refuse(UNCLEAR_ROUTE_PATTERNS)
    found = reader.meant(ROUTE_PATTERNS)
    route = found[1] if found else "oral"
    if route == "iv":
        if reader.take(r"(?:infusion\s+)?over\b"):
            hours = reader.number("infusion time", "iv over 2 h")
            return "infusion", reader.time("infusion time", hours, "iv over 2 h")
        if not reader.keyword("bolus", "push"):
            reader.refuse(UNCLEAR_ROUTE_PATTERNS)
    return route, 0.0


def _listed(
    reader: Reader, name: re.Match[str], amounts: list[float], kind: tuple[str, str, float]
) -> Listed:
    example = "sorafenib 400 mg at 0, 12, 25.5 h"
    times = [reader.number("time of a dose", example, zero=True)]
    while reader.take(","):
        times.append(reader.number("time of a dose", example, zero=True))
    factor = reader.time("dose times", 1.0, example)
    if len(amounts) not in (1, len(times)):
        text = f"{len(amounts)} doses of {name.group()} at {len(times)} times"
        fix = "give one dose for all times or as many doses as times"
        raise InputError(text, where=reader.where(name.start()), fix=fix)
    points = zip(times, amounts * len(times) if len(amounts) == 1 else amounts, strict=True)
    unit, route, duration_h = kind
    with reader.told_from(name.start()):
        pairs = tuple((time * factor, amount) for time, amount in points)
        listed = Listed(name.group(), route, unit, pairs, duration_h)
    if reader.take(";"):
        fix = "leave the dose out of the list, or change its time or amount there"
        raise InputError("listed doses take no clause", where=reader.where(), fix=fix)
    return listed


def _schedule(
    reader: Reader, expected: Sequence[str] = ()
) -> tuple[float | None, Cycle | None, float]:
    """Interval, cycle and days; one of the first two is needed if words are `expected`."""
    every_h, cycle = _interval(reader), None
    number = r"([0-9]+)"
    if days := reader.take(rf"d\s*{number}\s*(?:{DASH}\s*d?\s*{number}\s*)?/\s*{number}"):
        numbers = [reader.whole(d) for d in (days[1], days[2] or days[1], days[3])]
        with reader.told_from(days.start()):
            cycle = Cycle(*numbers)
    elif days := reader.take(rf"d[0-9]+(?:{DASH}d?[0-9]+)?(?![A-Za-z0-9_])"):
        why, fix = "how often do its days come back?", "write e.g. d1-5/28 for 5 of every 28 days"
        fault = f"cycle '{days.group():.40}' has no length"
        raise InputError(fault, where=reader.where(days.start()), why=why, fix=fix)
    times = reader.take(r"(?:x(?![A-Za-z])|×|for\b)")
    if expected and every_h is None and cycle is None:
        if times:
            where = reader.where(times.start())
            fault = f"no interval before '{times.group()}'"
            raise InputError(fault, where=where, fix="write e.g. q12h x 56 d")
        raise reader.unexpected("an interval", expected, spelled=SPELLED)
    if not times:
        due = ("x",) if cycle else ("d1-5/28", "x") if every_h else (*_OFTEN, "x")
        raise reader.unexpected("'x' and a duration", due, spelled=SPELLED)
    count = reader.number("duration", "x 56 d")
    return every_h, cycle, reader.time("duration", count, "x 56 d", in_days=True)


def _interval(reader: Reader) -> float | None:
    reader.refuse(UNCLEAR_PATTERNS)
    if found := reader.meant(INTERVAL_PATTERNS):
        return found[1]
    if reader.take(rf"(?:q|(?:once\s+)?every\b)(?=\s*{NUMBER})"):
        every = reader.number("interval", "q12h")
        return reader.time("interval", every, "q12h")
    return None


def _clause(reader: Reader, course: Course) -> Course:
    word = reader.keyword(*_CLAUSES)
    if word is None:
        raise reader.unexpected("a clause", _CLAUSES)
    start = reader.pos - len(word)
    if word == "hold":
        first, last = reader.window("hold", "hold d14-d21")
        with reader.told_from(start):
            return replace(course, holds=(*course.holds, Window(first, last)))
    if word == "reduce":
        example = "reduce d28-d42 to 200 mg"
        first, last = reader.window("reduction", example)
        if not reader.keyword("to"):
            raise reader.unexpected("'to' and a dose", ("to",))
        amount = reader.number("reduced dose", example)
        (amount,), unit = reader.unit(amount)
        with reader.told_from(start):
            lower = Window(first, last, amount, unit)
            return replace(course, reductions=(*course.reductions, lower))
    if word == "then":
        amount = reader.number("next dose", "then 200 mg q12h x 28 d")
        (amount,), unit = reader.unit(amount)
        every_h, cycle, days = _schedule(reader)
        with reader.told_from(start):
            return course.then(amount, unit, days=days, every_h=every_h, cycle=cycle)
    return _skip(reader, course, start) if word == "skip" else _late(reader, course, start)


def _skip(reader: Reader, course: Course, start: int) -> Course:
    numbers: list[int] = []
    if every := reader.take(r"every\s+([0-9]+)(?:st|nd|rd|th)?\s+dose\b"):
        with reader.told_from(start):
            numbers += course.every(reader.whole(every[1]))
    elif reader.keyword("doses?"):
        while not numbers or reader.take(","):
            reader.no_comma("number of a dose", r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")
            ends = reader.take(rf"([0-9]+)(?:\s*{DASH}\s*([0-9]+))?")
            if not ends:
                raise reader.unexpected("the number of a dose", (), "skip dose 5, 9-11")
            first, last = (reader.whole(n) for n in (ends[1], ends[2] or ends[1]))
            with reader.told_from(ends.start()):
                if last < first:
                    raise InputError(f"doses {first}-{last} are reversed")
                # Both ends are checked before a long range is written out.
                replace(course, skips=(first, last))
            numbers += range(first, last + 1)
    else:
        raise reader.unexpected("'dose' or 'every'", ("dose", "every"))
    with reader.told_from(start):
        return replace(course, skips=(*course.skips, *numbers))


def _late(reader: Reader, course: Course, start: int) -> Course:
    example = "dose 7 late by 3 h"
    number = reader.take(r"[0-9]+")
    if not number:
        raise reader.unexpected("the number of a dose", (), example)
    if not (reader.keyword("late") and reader.keyword("by")):
        raise reader.unexpected("'late by'", ("late", "by"))
    delay = reader.number("delay", example)
    hours = reader.time("delay", delay, example)
    late = (reader.whole(number.group()), hours)
    with reader.told_from(start):
        return replace(course, lates=(*course.lates, late))
