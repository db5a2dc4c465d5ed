"""The answer of a map in words: where each endpoint is largest and smallest, and at the mark."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from il15_sim.plots.dose_maps import endpoint_unit
from il15_sim.sensitivity.map_file import DoseMap, shown_name, shown_title

#: Share of the size of an endpoint below which it is told as the same everywhere.
_SAME = 1e-4


def answer(asked: DoseMap, found: xr.Dataset) -> list[dict[str, Any]]:
    """`title` and `lines` of each endpoint.

    Parameters
    ----------
    asked : DoseMap
    found : Dataset
        From `jobs.map.simulated`.
    """
    sections = []
    for one in asked.endpoints:
        name = shown_name(one)
        unit = endpoint_unit(found, name)
        unit = "-fold" if one.compare == "log_ratio" else f" {unit}" if unit else ""
        lines = _lines(found, name, asked.approved, unit)
        sections.append({"title": shown_title(one), "lines": lines})
    return sections


def _lines(found: xr.Dataset, name: str, approved: Any, unit: str) -> list[str]:
    values = found[name]
    numbers = values.to_numpy()
    if not np.isfinite(numbers).any():
        return ["No run has a number of it."]
    least, most = np.nanmin(numbers), np.nanmax(numbers)
    if most - least <= _SAME * abs(most):
        lines = [f"The same everywhere: {most:.3g}{unit}."]
    else:
        lines = [
            f"{word} at {_place(found, place)}: {numbers[place]:.3g}{unit}."
            for word, place in (
                ("Largest", np.unravel_index(np.nanargmax(numbers), numbers.shape)),
                ("Smallest", np.unravel_index(np.nanargmin(numbers), numbers.shape)),
            )
        ]
    if approved:
        there = float(values.sel(dict(approved)))
        told = f"{there:.3g}{unit}" if np.isfinite(there) else "no number"
        marked = [int(np.flatnonzero(found[key].values == v)[0]) for key, v in approved.items()]
        where = _place(found, tuple(marked))
        lines.append(f"At the approved {where}: {told}.")
    missing = int((~np.isfinite(numbers)).sum())
    if missing:
        lines.append(f"{missing} of {numbers.size} runs have no number of it.")
    return lines


def _place(found: xr.Dataset, place: tuple[Any, ...]) -> str:
    """The values of the axes there, with their units."""
    axes = zip(found["status"].dims, place, strict=True)
    told = []
    for axis, k in axes:
        unit = str(found[axis].attrs.get("units", ""))
        told.append(f"{str(axis).replace('_', ' ')} {found[axis].values[k]:g} {unit}".rstrip())
    return ", ".join(told)
