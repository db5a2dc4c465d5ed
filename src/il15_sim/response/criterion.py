"""Criteria of progression and response, as changes of a diameter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from il15_sim.errors import InputError
from il15_sim.frozen import Frozen


@dataclass(frozen=True)
class Criterion:
    """When a sum of diameters has progressed, and when it has responded.

    Attributes
    ----------
    name : str
    rise : float
        Relative growth that is progression: 0.2 is 20 %.
    fall : float
        Relative shrinkage below baseline that is a partial response.
    over_nadir : bool
        Whether growth counts from the smallest burden so far, baseline included; from baseline
        otherwise.
    rise_mm : float
        Growth that is needed besides, in mm.
    gone_mm : float
        A burden at or below it is a complete response.

    Examples
    --------
    >>> Criterion("RECIST 1.1", rise=0.2, fall=0.3, rise_mm=5.0).rise_mm
    5.0
    """

    name: str
    rise: float
    fall: float
    over_nadir: bool = True
    rise_mm: float = 0.0
    gone_mm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse changes that are none.

        Raises
        ------
        InputError
            For a rise that is not positive, a fall outside 0 to 1, and negative sizes.
        """
        for what, value, good, why in (
            ("rise", self.rise, self.rise > 0, "it is positive: 0.2 is 20 %"),
            ("fall", self.fall, 0 < self.fall < 1, "it lies between 0 and 1: 0.3 is 30 %"),
            ("rise_mm", self.rise_mm, self.rise_mm >= 0, "it is not negative"),
            ("gone_mm", self.gone_mm, self.gone_mm >= 0, "it is not negative"),
        ):
            if not (math.isfinite(value) and good):
                raise InputError(f"{what} {value!r:.40}", where=f"criterion '{self.name}'", why=why)


#: Sum of longest diameters, 20 % over the nadir, 30 % below baseline (Therasse 2000,
#: doi:10.1093/jnci/92.3.205). The 5 mm of version 1.1 came later than the trials that are fitted.
RECIST = Criterion("RECIST", rise=0.2, fall=0.3)
#: A product of two diameters that changes by 25 % from baseline, as Eisen 2006
#: (doi:10.1038/sj.bjc.6603291) read sorafenib at week 12: 11.8 % more or 13.4 % less of a diameter.
BIDIMENSIONAL = Criterion(
    "bidimensional", rise=math.sqrt(1.25) - 1, fall=1 - math.sqrt(0.75), over_nadir=False
)
#: Every criterion by its name.
CRITERIA: Mapping[str, Criterion] = Frozen({c.name: c for c in (RECIST, BIDIMENSIONAL)})
