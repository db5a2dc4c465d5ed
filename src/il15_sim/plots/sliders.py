"""Live sliders in a notebook: a dose and some parameters, and what the model makes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from il15_sim.errors import InputError
from il15_sim.finite import as_number
from il15_sim.plots.labels import name_of, unit_text
from il15_sim.plots.timecourses import trajectories
from il15_sim.regimen import Regimen
from il15_sim.sensitivity import Factor, factors
from il15_sim.simulation import simulate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from il15_sim.model import Model

#: Hours between doses that can be chosen.
INTERVALS_H = (6.0, 8.0, 12.0, 24.0, 48.0)
#: What the two curves are called.
START, MOVED = "where the sliders began", "as the sliders say"


def explore(
    model: Model,
    observables: Sequence[str],
    parameters: Sequence[str] = (),
    *,
    drug: str | None = None,
    dose_mg: float = 400.0,
    every_h: float = 12.0,
    days: float = 28.0,
    until_days: float | None = None,
) -> Any:
    """Sliders over a dose and parameters, with time courses that follow them.

    One curve stays where the sliders began, the other one goes with them. A move is one call of
    `simulate` on the model that is compiled already, made when the slider is let go.

    Parameters
    ----------
    model : Model
    observables : sequence of str
        Ids to draw, one panel each.
    parameters : sequence of str
        Ids with a slider each. Ranges and units are those of the parameter table; ranges of more
        than a decade are logarithmic.
    drug, dose_mg, every_h, days
        Where the sliders begin: a dose by mouth in mg, hours between doses, days of treatment.
        Default of the drug: the model's first one that is given by mouth.
        The dose can be moved from zero to twice this one, the treatment from one day to the end.
    until_days : float, optional
        End of the curves. Default: twice the days of treatment.

    Returns
    -------
    ipywidgets.interactive
        It shows itself as the last line of a cell. `children` are the sliders and the picture,
        `kwargs` what they say, and `result` is the matplotlib Figure drawn last.

    Raises
    ------
    InputError
        Where ipywidgets is not installed; for unknown ids, parameters without a range, and a
        schedule that cannot be moved.

    Examples
    --------
    >>> from il15_sim import Model, plots
    >>> model = Model.load("sorafenib_pk")
    >>> observables, parameters = ["sorafenib_total_mg_per_L"], ["sorafenib_volume"]
    >>> plots.explore(model, observables, parameters, days=7)  # doctest: +SKIP
    """
    try:
        import ipywidgets
    except ImportError:
        raise InputError(
            "plots.explore needs ipywidgets, which is not installed",
            fix="pip install 'il15-sim[notebook]'",
        ) from None
    end = _positive("until_days", 2 * days if until_days is None else until_days)
    dose, treated = _positive("dose_mg", dose_mg), _positive("days", days)
    if every_h not in INTERVALS_H:
        told = ", ".join(f"{hours:g}" for hours in INTERVALS_H)
        raise InputError(f"every_h={every_h!r}", fix=f"choose one of: {told}")
    if not 1 <= treated <= end:
        raise InputError(f"days={days:g}", why=f"treatment lasts from 1 to until_days={end:g} days")
    if drug is None:
        drug = next((d.drug for d in model.drugs if d.route == "oral"), None)
        if drug is None:
            raise InputError(f"model '{model.name}' has no drug that is given by mouth")
    # No parameter is a list of nothing, which `factors` reads as all of them.
    swept = factors(model, list(parameters)) if len(parameters) else ()
    begun = Regimen.oral(drug, dose_mg=dose, every_h=every_h, days=treated)
    image = ipywidgets.Image(format="png", layout={"width": "720px"})

    def draw(dose_mg: float, every_h: float, days: float, **values: float) -> Figure:
        given = Regimen.none()
        if dose_mg > 0:
            given = Regimen.oral(drug, dose_mg=dose_mg, every_h=every_h, days=days)
        own = {factor.name: model.values[factor.name] for factor in swept}
        runs = simulate(
            model,
            [begun, given],
            [own, values] if swept else None,
            names=[START, MOVED],
            until_days=end,
            observables=list(observables),
            progress=False,
        )
        figure = trajectories(runs, list(observables))
        shown: Any = figure
        image.value = shown._repr_png_()
        return figure

    wide: dict[str, Any] = {
        "continuous_update": False,  # a picture per pixel of a move would queue up behind it
        "style": {"description_width": "340px"},
        "layout": {"width": "720px"},
    }
    sliders: dict[str, Any] = {
        "dose_mg": ipywidgets.FloatSlider(
            dose, min=0.0, max=2 * dose, step=dose / 8, description=f"{drug}, dose (mg)", **wide
        ),
        "every_h": ipywidgets.SelectionSlider(
            options=[(f"{hours:g}", hours) for hours in INTERVALS_H],
            value=float(every_h),
            description="hours between doses",
            **wide,
        ),
        "days": ipywidgets.FloatSlider(
            treated, min=1.0, max=end, step=1.0, description="days of treatment", **wide
        ),
    }
    for factor in swept:
        sliders[factor.name] = _slider(ipywidgets, model, factor, wide)
    # Told here, bad input is an error; inside a widget it would be a line beside the picture.
    draw(**{name: slider.value for name, slider in sliders.items()})
    panel = ipywidgets.interactive(draw, {"manual": False, "auto_display": False}, **sliders)
    panel.children = [*panel.children[:-1], image, panel.children[-1]]
    return panel


def _slider(ipywidgets: Any, model: Model, factor: Factor, wide: dict[str, Any]) -> Any:
    """Slider of one parameter, over the range of the table."""
    value = model.values[factor.name]
    low, high = min(factor.low, value), max(factor.high, value)
    unit = unit_text(model.parameters[factor.name].unit) or "relative"
    told = {"description": f"{name_of(factor.name)} ({unit})", **wide}
    if factor.distribution.startswith("log-") and low > 0:
        ends = {"min": math.log10(low), "max": math.log10(high)}
        return ipywidgets.FloatLogSlider(value, base=10.0, step=0.01, **ends, **told)
    step = (high - low) / 100
    return ipywidgets.FloatSlider(value, min=low, max=high, step=step, readout_format=".3g", **told)


def _positive(name: str, value: float) -> float:
    number = as_number(value)
    if number is None or not 0 < number < math.inf:
        raise InputError(f"{name}={value!r}", why="it is a number above zero")
    return number
