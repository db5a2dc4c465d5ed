"""The canonical text of courses and lists, which `il15_sim.regimen.text` reads back."""

from __future__ import annotations

from il15_sim.regimen.dose import number_text, window_text
from il15_sim.regimen.expand import Course, Track
from il15_sim.regimen.phase import Window


def track_text(track: Track) -> str:
    """The canonical text of one course or list.

    >>> from il15_sim.regimen.expand import Listed
    >>> track_text(Listed("sorafenib", "oral", "mg", ((0.0, 400.0), (12.0, 200.0))))
    'sorafenib 400, 200 mg at 0, 12 h'
    """
    route = {"oral": "", "infusion": f" iv over {number_text(track.duration_h)} h"}.get(
        track.route, f" {track.route}"
    )
    if isinstance(track, Course):
        return _course_text(track, route)
    amounts = [number_text(amount) for _, amount in track.points]
    amount = amounts[0] if len(set(amounts)) == 1 else ", ".join(amounts)
    times = ", ".join(number_text(time) for time, _ in track.points)
    return f"{track.drug} {amount} {track.unit}{route} at {times} h"


def _course_text(course: Course, route: str) -> str:
    parts: list[str] = []
    # A clause may only speak of days already written, so a window follows the phase it ends in.
    windows = [*course.holds, *course.reductions]
    for phase, end in zip(course.phases, course.ends, strict=True):
        dose = f"{number_text(phase.amount)} {phase.unit}"
        cycle = f" {phase.cycle}" if phase.cycle else ""
        often = f"q{number_text(phase.every_h)}h{cycle} x {number_text(phase.days)} d"
        head = f"then {dose} {often}" if parts else f"{course.drug} {dose}{route} {often}"
        if not parts and course.start_day:
            head += f" from d{number_text(course.start_day)}"
        now = [w for w in windows if w.end <= end or end == course.ends[-1]]
        windows = [w for w in windows if w not in now]
        parts += [head, *map(_window_words, now)]
    return "; ".join((*parts, *_number_words(course)))


def change_texts(course: Course) -> list[str]:
    """What was changed about a course, a clause each.

    >>> from il15_sim import Regimen
    >>> plan = Regimen.parse("sorafenib 400 mg bid x 9 d; hold d2-d3; skip dose 1")
    >>> change_texts(plan.tracks[0])
    ['hold d2-d3', 'skip dose 1']
    """
    windows = [*course.holds, *course.reductions]
    return [*map(_window_words, windows), *_number_words(course)]


def _number_words(course: Course) -> list[str]:
    skips = [f"skip {_skip_words(course)}"] if course.skips else []
    lates = [f"dose {number} late by {number_text(by)} h" for number, by in course.lates]
    return [*skips, *lates]


def _window_words(window: Window) -> str:
    days = window_text(window.start, window.end)
    if window.amount is None:
        return f"hold {days}"
    return f"reduce {days} to {number_text(window.amount)} {window.unit}"


def _skip_words(course: Course) -> str:
    skips = course.skips
    if len(skips) > 2 and skips[0] > 1 and skips == course.every(skips[0]):
        ending = {1: "st", 2: "nd", 3: "rd"}.get(skips[0] % 10, "th")
        ending = "th" if skips[0] % 100 in (11, 12, 13) else ending
        return f"every {skips[0]}{ending} dose"
    runs: list[list[int]] = []
    for number in skips:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return "dose " + ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
