"""A user's own measurements: read from a table, drawn as points with error bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from il15_sim.errors import InputError, unknown

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("time_h", "time_d", "value", "error", "group")
_MARKERS = "osD^vPX"


def read_points(data: pd.DataFrame) -> pd.DataFrame:
    """The table of a user as columns `day, value, error, group`.

    Raises
    ------
    InputError
        With the column and the row that cannot be used.
    """
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        raise InputError(f"data {type(data).__name__}", fix="give a DataFrame")
    for column in data.columns:
        if column not in _COLUMNS:
            raise unknown("column", str(column), _COLUMNS, "data")
    if ("time_h" in data) == ("time_d" in data):
        raise InputError("time of the data", fix="give one of the columns 'time_h' and 'time_d'")
    if "value" not in data:
        raise InputError("missing column 'value'", where="data")
    if not len(data):
        raise InputError("the data have no rows")
    time = "time_h" if "time_h" in data else "time_d"
    found = pd.DataFrame(
        {
            "day": _numbers(data, time) / (24.0 if time == "time_h" else 1.0),
            "value": _numbers(data, "value"),
            "error": _numbers(data, "error") if "error" in data else np.nan,
        }
    )
    if (found["error"] < 0).any():
        raise InputError("column 'error'", where="data", why="an error bar is not negative")
    # A run may be called 1: groups are compared as they are, and told as text.
    found["group"] = data["group"].to_numpy() if "group" in data else "data"
    return found


def _numbers(data: pd.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    numbers = []
    for index, cell in data[column].items():
        missing = column == "error" and (cell is None or cell != cell)
        try:
            number = np.nan if missing else float(cell)
        except (TypeError, ValueError):
            number = np.inf
        if not (missing or np.isfinite(number)) or isinstance(cell, bool | np.bool_):
            what = f"'{cell}' in column '{column}', row {index}"
            raise InputError(what, where="data", why="it is no finite number")
        numbers.append(number)
    return np.array(numbers, dtype=np.float64)


def draw_points(axes: Any, points: pd.DataFrame, names: Sequence[str] = ()) -> list[Any]:
    """Draw each group into the axes, if given; returns one legend entry per group.

    A group that is called like a run, one of `names`, has the colour of its curve, any other one
    is black.
    """
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    handles = []
    for number, group in enumerate(dict.fromkeys(points["group"])):
        rows = points[points["group"] == group]
        position = names.index(group) if group in names else None
        style: dict[str, Any] = {
            "linestyle": "none",
            "marker": _MARKERS[number % len(_MARKERS)],
            "color": "#000000" if position is None else look.colour(position),
            "markeredgecolor": "#ffffff",
            "markeredgewidth": 0.4,
            "markersize": 4.5,
            "clip_on": False,
            "zorder": 4,
        }
        if axes is not None:
            day, value, error = rows[["day", "value", "error"]].to_numpy().T
            bars = None if np.isnan(error).all() else np.nan_to_num(error)
            axes.errorbar(day, value, bars, elinewidth=0.8, capsize=1.5, **style)
        told = str(group) if position is None else f"{group}, measured"
        handles.append(Line2D([], [], **style, label=look.plain(told)))
    return handles
