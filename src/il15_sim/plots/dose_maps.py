"""An endpoint over doses and schedules: a line over one axis, a map over two."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError, unknown
from il15_sim.finite import as_number
from il15_sim.plots.axes import add_legend, frame_y
from il15_sim.plots.index_rows import Labels, output_name
from il15_sim.plots.labels import unit_text

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

#: Values that span more are drawn on a logarithmic axis.
_DECADE = 10.0


def dose_map(
    found: xr.Dataset,
    endpoint: str | None = None,
    *,
    approved: Mapping[str, float] | None = None,
    labels: Labels = None,
    width_mm: float = 85.0,
) -> Figure:
    """One endpoint of a sweep: points on a line over one axis; a map with contours over two.

    Each cell of a map is one simulation, coloured by its own number; contours are interpolated
    between them. A run without a number (it failed, or has no such endpoint) leaves a grey cell.

    Parameters
    ----------
    found : Dataset
        From `dose_sweep`. The first axis runs to the right, the second upwards.
    endpoint : str, optional
        Name of a variable. Default: the only one.
    approved : mapping of axis to value, optional
        A regimen to mark, such as the approved one: `{"dose": 400, "every": 12}`.
    labels : mapping of axis or endpoint to words, optional
        Instead of their names; write the unit with them.

    Raises
    ------
    InputError
        For unknown endpoints and axes, more than two axes, and where every number is missing.

    Examples
    --------
    >>> from il15_sim import Model, dose_sweep, plots
    >>> from il15_sim.endpoints import cmax
    >>> found = dose_sweep(
    ...     Model.load("sorafenib_pk"),
    ...     "sorafenib {dose} mg bid x 7 d",
    ...     {"dose": [200, 400, 800]},
    ...     cmax("sorafenib_total_mg_per_L"),
    ... )
    >>> figure = plots.dose_map(found, approved={"dose": 400})
    """
    from il15_sim.plots import figure as look

    endpoint = _endpoint(found, endpoint)
    names = [str(name) for name in found[endpoint].dims]
    if len(names) > 2:
        raise InputError(
            f"a map of {len(names)} axes ({', '.join(names)})",
            why="a figure has room for two",
            fix=f"choose a value, such as found.sel({names[-1]}={found[names[-1]].values[0]:g})",
        )
    mark = _marked(approved, names)
    ordered = found[endpoint].sortby(names)
    axis_values = [ordered[name].values.astype(np.float64) for name in names]
    values = ordered.values.astype(np.float64)
    if not np.isfinite(values).any():
        raise InputError(f"no number of '{endpoint}'", why="every run failed or has none")
    label = _endpoint_label(endpoint, found, labels)
    with look.themed():
        figure = look.new_figure(width_mm, 66.0)
        axes = figure.subplots()
        if len(names) == 1:
            handles = _line(axes, axis_values[0], values, mark)
            axes.set_ylabel(label)
        else:
            drawn, handles = _map(axes, axis_values[0], axis_values[1], values.T, mark)
            bar = figure.colorbar(drawn, ax=axes, fraction=0.06, pad=0.03)
            bar.set_label(label)
            bar.outline.set_visible(False)
            _scale(axes.yaxis, axis_values[1])
            axes.set_ylabel(_axis_label(names[1], found, labels))
        _scale(axes.xaxis, axis_values[0])
        axes.set_xlabel(_axis_label(names[0], found, labels))
        add_legend(figure, handles, width_mm)
    return figure


def _endpoint(found: xr.Dataset, endpoint: str | None) -> str:
    names = [str(name) for name, v in found.data_vars.items() if "units" in v.attrs]
    if endpoint is None and len(names) == 1:
        return names[0]
    if endpoint is None:
        raise InputError("which endpoint?", fix=f"choose one of: {', '.join(names)}")
    if endpoint not in names:
        raise unknown("endpoint", str(endpoint), names)
    return endpoint


def _marked(approved: Mapping[str, float] | None, names: list[str]) -> list[float]:
    """Where the mark stands on each axis; nowhere without one."""
    if not approved:
        return []
    for name in approved:
        if name not in names:
            raise unknown("axis", str(name), names, "approved")
    places = []
    for name in names:
        place = as_number(approved[name]) if name in approved else None
        if place is None:
            raise InputError(f"no number for axis '{name}'", where="approved", fix="give one")
        places.append(place)
    return places


def _line(axes: Any, x: Any, values: Any, mark: list[float]) -> list[Any]:
    from il15_sim.plots import figure as look

    axes.plot(x, values, color=look.colour(0), marker="o", clip_on=False, zorder=3)
    frame_y(axes)
    span = x[-1] - x[0]
    axes.set_xlim(x[0] - 0.04 * span, x[-1] + 0.04 * span)
    if not mark:
        return []
    return [axes.axvline(mark[0], color=look.colour(1), linestyle="--", label="approved")]


def _map(axes: Any, x: Any, y: Any, values: Any, mark: list[float]) -> tuple[Any, list[Any]]:
    from matplotlib.patches import Patch
    from matplotlib.patheffects import withStroke

    from il15_sim.plots import figure as look

    missing = ~np.isfinite(values)
    shown = np.ma.array(values, mask=missing)
    drawn = axes.pcolormesh(_edges(x), _edges(y), shown, cmap="cividis")
    handles: list[Any] = []
    halo = [withStroke(linewidth=2.0, foreground="white")]
    if np.ptp(values[~missing]) > 0:
        lines = axes.contour(x, y, shown, levels=5, colors="black", linewidths=0.7)
        lines.set_path_effects([withStroke(linewidth=1.7, foreground="white")])
        for text in axes.clabel(lines, fontsize=7, fmt="%g"):
            text.set_path_effects(halo)
    if missing.any():
        axes.set_facecolor("#d0d0d0")
        handles.append(Patch(color="#d0d0d0", label="no number"))
    if mark:
        style: dict[str, Any] = {"linestyle": "none", "marker": "*", "markersize": 9}
        (star,) = axes.plot(
            *mark, color=look.colour(1), markeredgecolor="white", label="approved", **style
        )
        handles.append(star)
    axes.grid(visible=False)
    return drawn, handles


def _is_log(values: Any) -> bool:
    return bool(values[0] > 0 and values[-1] / values[0] > _DECADE)


def _edges(centres: Any) -> Any:
    """Borders of the cells around ascending values, half-way between neighbours."""
    places = np.log(centres) if _is_log(centres) else centres
    half = np.diff(places) / 2
    edges = np.concatenate([[places[0] - half[0]], places[:-1] + half, [places[-1] + half[-1]]])
    return np.exp(edges) if _is_log(centres) else edges


def _scale(axis: Any, values: Any) -> None:
    """Ticks at the values simulated, as many as can be read."""
    limits = axis.get_view_interval()
    if _is_log(values):
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    places = np.log(values) if _is_log(values) else values
    apart = 0.12 if axis.axis_name == "x" else 0.08
    kept: list[float] = []
    last = -1.0
    for value, place in zip(values, (places - places[0]) / np.ptp(places), strict=True):
        if place - last >= apart:
            kept.append(value)
            last = place
    axis.set_ticks(kept, [f"{value:g}" for value in kept])
    axis.set_ticks([], minor=True)
    axis.set_view_interval(*limits, ignore=True)


def _axis_label(name: str, found: xr.Dataset, labels: Labels) -> str:
    from il15_sim.plots import figure as look

    if labels and name in labels:
        return look.plain(labels[name])
    unit = unit_text(str(found[name].attrs.get("units", ""))).replace("m2", "m²")
    told = name.replace("_", " ").strip().capitalize()
    return look.plain(f"{told} ({unit})" if unit else told)


def _endpoint_label(endpoint: str, found: xr.Dataset, labels: Labels) -> str:
    from il15_sim.plots import figure as look

    if labels and endpoint in labels:
        return look.plain("\n".join(textwrap.wrap(labels[endpoint], 32)))
    name = "\n".join(textwrap.wrap(output_name(endpoint, None), 34))
    return look.plain(f"{name}\n({endpoint_unit(found, endpoint) or 'no unit'})")


def endpoint_unit(found: xr.Dataset, endpoint: str) -> str:
    """The unit of an endpoint as people write it, of areas too: `mg·h/L`; empty without one."""
    unit = str(found[endpoint].attrs["units"])
    if unit.endswith(" h"):
        own = unit_text(unit[:-2])
        unit = own.replace("/", "·h/", 1) if "/" in own else f"{own}·h".lstrip("·")
    return unit_text(unit)
