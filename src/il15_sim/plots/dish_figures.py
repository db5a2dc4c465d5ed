"""Figures of a dish: response against dose at the times of reading, or the courses of the arms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from il15_sim.model.units import convert
from il15_sim.plots.axes import add_legend, frame_y
from il15_sim.plots.captions import caption, story
from il15_sim.plots.labels import axis_label, name_of, unit_text
from il15_sim.plots.panels import MAX_ARMS, MAX_PANELS, arm_handles, course, good_runs
from il15_sim.plots.scenario_figures import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.model import Model
    from il15_sim.results import Runs
    from il15_sim.scenario import Scenario

#: Up to here times are told in minutes, then in hours.
_MINUTES_TO = 360.0
_PANEL_MM, _WIDTH_MM = 58.0, 180.0


def dish_figures(runs: Runs, model: Model, scenario: Scenario) -> Iterator[Shown]:
    """The figure of a dish: against dose where its arms are a ladder of one, else against time."""
    if not good_runs(runs):
        return
    shown = list(runs.observables)[:MAX_PANELS]
    found = dish_ladder(scenario, model)
    if found is None:
        few = runs.select(*runs.names[:MAX_ARMS])
        figure, name, title = dish_courses(few, shown), "trajectories", "Time courses of the arms"
        what, data = f"{len(few)} of {len(runs)} arms overlaid", "data/trajectories.csv"
    else:
        target, doses = found
        figure = dish_response(runs, shown, target, doses, scenario.times_min, model)
        name, title, data = "dose_response", "Response against dose", "data/readings.csv"
        what = f"{len(doses)} doses of {name_of(target)}, read after {_spoken(scenario.times_min)}"
    words = caption(runs, shown, model, what=what, figure=figure)
    quantities = ", ".join(map(name_of, shown))
    alt = f"{title}, one panel per quantity: {quantities}; {what}."
    lines = [f"{arm.name}: {', '.join(arm.changed) or 'nothing'}" for arm in scenario.arms]
    upstream = [line for line in story(runs, shown, model) if line.startswith("Upstream")]
    yield Shown(name, figure, title, alt, words, (*lines, *upstream), (data,))


def dish_ladder(scenario: Scenario, model: Model) -> tuple[str, list[float]] | None:
    """The target in whose dose alone the arms differ, and each arm's dose in the target's unit.

    None where they differ in anything else, or have fewer than three doses above zero.
    """
    first = scenario.arms[0]
    doses, rest = [], set()
    for arm in scenario.arms:
        same = (arm.regimen, arm.variants, arm.overrides)
        if len(arm.changes) != 1 or same != (first.regimen, first.variants, first.overrides):
            return None
        change = arm.changes[0]
        unit = model.units.get(change.target, "")
        doses.append(convert(change.amount, change.unit, unit) if change.unit else change.amount)
        rest.add(replace(change, amount=0.0, unit=""))
    if len(rest) > 1 or min(doses) < 0 or len({d for d in doses if d > 0}) < 3:
        return None
    return first.changes[0].target, doses


def dish_response(
    runs: Runs,
    observables: Sequence[str],
    target: str,
    doses: Sequence[float],
    times_min: Sequence[float],
    model: Model,
) -> Figure:
    """Each observable against dose on a logarithmic axis, one line for each time of reading.

    A dose of zero has no place on it: it is a dotted line.
    """
    from il15_sim.plots import figure as look

    labels = [_spoken([t], long=max(times_min) > _MINUTES_TO) for t in times_min]
    good = good_runs(runs)
    order = sorted((i for i in good if doses[i] > 0), key=lambda i: doses[i])
    without = [i for i in good if doses[i] == 0]
    rows, columns = -(-len(observables) // 3), min(len(observables), 3)
    with look.themed():
        # One panel over the whole width would be read as a slope, not as a sigmoid.
        width = _WIDTH_MM if columns > 1 else 110.0
        figure = look.new_figure(width, _PANEL_MM * rows + 8)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        handles = []
        for axes, observable in zip(panels, observables, strict=False):
            drawn = []
            for k, (minute, label) in enumerate(zip(times_min, labels, strict=True)):
                at = int(np.flatnonzero(np.isclose(runs.times_h, minute / 60, atol=1e-8))[-1])
                x, y = [doses[i] for i in order], [course(runs, i, observable)[at] for i in order]
                drawn += axes.plot(x, y, color=look.colour(k), marker="osD^vP*"[k % 7],
                                   linestyle=look.dash(k), label=label)  # fmt: skip
                for i in without:
                    level = course(runs, i, observable)[at]
                    axes.axhline(level, color=look.colour(k), linestyle=":", linewidth=0.8)
            axes.set_xscale("log")
            axes.margins(x=0.04)
            unit = unit_text(model.units.get(target, ""))
            axes.set_xlabel(name_of(target) + (f" ({unit})" if unit else ""))
            axes.set_ylabel(axis_label(observable, runs.units, lines=True))
            frame_y(axes)
            handles = drawn
        for axes in panels[len(observables) :]:
            axes.remove()
        add_legend(figure, handles, width)
    return figure


def dish_courses(runs: Runs, observables: Sequence[str]) -> Figure:
    """Each observable against minutes or hours, arms overlaid."""
    from il15_sim.plots import figure as look

    rows, columns = -(-len(observables) // 3), min(len(observables), 3)
    end_h = float(runs.times_h[-1])
    times, unit = (runs.times_h * 60, "min") if end_h * 60 <= _MINUTES_TO else (runs.times_h, "h")
    with look.themed():
        width = _WIDTH_MM if columns > 1 else 110.0
        figure = look.new_figure(width, _PANEL_MM * rows + 8)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, observable in zip(panels, observables, strict=False):
            for i in good_runs(runs):
                axes.plot(times, course(runs, i, observable), color=look.colour(i),
                          linestyle=look.dash(i))  # fmt: skip
            axes.set_xlabel(f"Time ({unit})")
            axes.set_ylabel(axis_label(observable, runs.units, lines=True))
            frame_y(axes)
        for axes in panels[len(observables) :]:
            axes.remove()
        add_legend(figure, arm_handles(runs), width)
    return figure


def _spoken(times_min: Sequence[float], *, long: bool | None = None) -> str:
    """Times of reading as text: `30, 120, 240 min`, or in hours where they are `long`."""
    if long is None:
        long = max(times_min) > _MINUTES_TO
    return ", ".join(f"{t / 60 if long else t:g}" for t in times_min) + (" h" if long else " min")
