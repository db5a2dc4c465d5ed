"""The figures of a map of doses and schedules, each with its caption and text for the blind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from il15_sim.plots.axes import cut_axes
from il15_sim.plots.dose_maps import dose_map, endpoint_unit
from il15_sim.plots.scenario_figures import Shown
from il15_sim.sensitivity.map_file import shown_name, shown_title

if TYPE_CHECKING:
    import xarray as xr

    from il15_sim.sensitivity.map_file import DoseMap


def map_figures(asked: DoseMap, found: xr.Dataset) -> Iterator[Shown]:
    """Draw one figure per endpoint that has a number.

    Parameters
    ----------
    asked : DoseMap
    found : Dataset
        One variable per endpoint, by `shown_name`.
    """
    axes = " and ".join(asked.axes)
    for one in asked.endpoints:
        name, title = shown_name(one), shown_title(one)
        if not np.isfinite(found[name].values).any():
            continue
        unit = endpoint_unit(found, name)
        label = f"{title} ({unit})" if unit else title
        figure = dose_map(found, name, approved=asked.approved or None, labels={name: label})
        what = "One point a run."
        if len(asked.axes) > 1:
            what = "Each cell is one run; contours are interpolated."
        elif cut_axes(figure):
            what += " The axis does not begin at zero."
        yield Shown(
            f"map_{name}",
            figure,
            title,
            f"{'Map' if len(asked.axes) > 1 else 'Line'} of {title} over {axes}.",
            f"Reference patient, {asked.template}. {what} A simulation; research only.",
            (),
            ("data/map.csv",),
        )
