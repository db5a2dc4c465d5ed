"""The axis that suits the draws of one parameter: logarithmic where it was searched so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from il15_sim.fit.sampling import Posterior

    Array = NDArray[np.float64]

#: A log axis of a narrower range would have next to no ticks.
_WIDE = 3.0
#: Bins over an axis.
BINS = 32


class PosteriorScale:
    """The draws of one parameter on the axis that suits them.

    `drawn` are values, or their logs to base 10; so are `low` and `high`, the ends of the axis.
    """

    def __init__(self, found: Posterior, at: int) -> None:
        values = found.values[:, :, at].ravel()
        low, high = np.quantile(values, [0.001, 0.999])
        self.log = bool(found.logarithmic[at] and low > 0 and high > _WIDE * low)
        self.drawn = np.log10(values) if self.log else values
        low, high = np.quantile(self.drawn, [0.001, 0.999])
        # Walkers that never moved, all at one place, still need an axis.
        room = 0.06 * (high - low) or 0.5 * abs(float(high)) or 0.5
        least, most = self.drawn.min(), self.drawn.max()
        self.low, self.high = max(low - room, least - room / 6), min(high + room, most + room / 6)

    @property
    def edges(self) -> Array:
        """Of bins over the axis, in its own numbers."""
        return np.linspace(self.low, self.high, BINS + 1)

    def set_ticks(self, axis: Any, *, shown: bool = True, upright: bool = False) -> None:
        """Two to four ticks at plain numbers, on an axis that is linear in `drawn`."""
        from matplotlib.ticker import MaxNLocator

        if self.log:
            places = self._log_ticks()
            texts = [f"{10**place:.4g}" for place in places]
        else:
            ticks = MaxNLocator(3, steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
            places = [float(place) for place in ticks if self.low <= place <= self.high]
            texts = [f"{place:.6g}" for place in places]
        axis.set_ticks(places, texts if shown else [""] * len(texts))
        if upright:
            axis.set_tick_params(rotation=90)

    def _log_ticks(self) -> list[float]:
        for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0)):
            decades = np.arange(np.floor(self.low), np.ceil(self.high) + 1)
            places = [d + np.log10(s) for d in decades for s in steps]
            inside = [float(place) for place in places if self.low <= place <= self.high]
            if len(inside) >= 2:
                return inside[:: -(-len(inside) // 4)]
        return inside
