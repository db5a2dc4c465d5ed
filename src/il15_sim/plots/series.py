"""What is drawn of a time course: the curve itself, or its daily band where doses make it saw.

One rule per panel: where one curve swings within the day, all of them are drawn as bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Beyond this many days a saw-tooth of two doses a day becomes a solid block on paper.
BAND_AFTER_DAYS = 21.0
#: Labels of bands, by which a caption tells them apart; the underscore keeps them out of legends.
DAILY_RANGE, QUANTILES = "_daily range", "_quantiles"
_SAW, _SAW_DAYS = 0.04, 0.3


def daily_band(times_h: Array, values: Array) -> tuple[Array, Array, Array, Array]:
    """Day (middle), time-weighted mean, minimum and maximum of each 24 h, shape (days,) each."""
    days = int(np.floor(times_h[-1] / 24.0 + 1e-9))
    centre: Array = np.arange(days, dtype=np.float64) + 0.5
    mean: Array = np.full(days, np.nan)
    low, high = mean.copy(), mean.copy()
    for day in range(days):
        inside = (times_h >= 24.0 * day) & (times_h <= 24.0 * (day + 1))
        t, v = times_h[inside], values[inside]
        span = t[-1] - t[0] if t.size else 0.0
        if span > 0:
            mean[day] = np.trapezoid(v, t) / span
            low[day], high[day] = v.min(), v.max()
    return centre, mean, low, high


def swings_daily(times_h: Array, values: Array) -> bool:
    """True when the curve saws within the day and the axis is too long to show the teeth."""
    if times_h[-1] < BAND_AFTER_DAYS * 24.0 or not np.all(np.isfinite(values)):
        return False
    _, _, low, high = daily_band(times_h, values)
    scale = float(np.max(np.abs(values)))
    # Pulses on a few days of a cycle stand apart and are drawn as they are.
    return scale > 0 and float(np.mean(high - low > _SAW * scale)) > _SAW_DAYS


def draw(axes: Any, times_h: Array, values: Array, *, band: bool, **style: Any) -> None:
    """Draw one curve against days, as it is or as 24 h mean and daily range."""
    if band:
        day, mean, low, high = daily_band(times_h, values)
        # A range belongs to a whole day: it is drawn from midnight to midnight.
        edges = np.arange(len(day) + 1)
        low, high = np.append(low, low[-1:]), np.append(high, high[-1:])
        tint = style.get("color")
        look = {"color": tint, "alpha": 0.18, "linewidth": 0, "label": DAILY_RANGE}
        axes.fill_between(edges, low, high, step="post", **look)
        axes.plot(day, mean, **style)
    else:
        axes.plot(times_h / 24.0, values, **style)


def draw_together(axes: Any, times_h: Array, curves: Sequence[tuple[Array, Any]]) -> bool:
    """Draw (values, style) in one panel: all as bands where one of them swings within the day.

    Returns whether they were drawn as bands: a mean beside a raw curve would not compare.
    """
    band = any(swings_daily(times_h, values) for values, _ in curves)
    for values, style in curves:
        draw(axes, times_h, values, band=band, **style)
    return band
