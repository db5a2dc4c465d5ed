"""What happened to the patients of one arm, day by day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from il15_sim.trial.luck import Luck

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: What a trial reads of the patient model.
BURDEN, DEATH, TOXICITY = "tumour_burden_mm", "death_hazard", "toxicity_hazard"
LYMPHOCYTES, EXPOSURE = "lymphocytes_per_uL", "sorafenib_total_mg_per_L"
READ = (BURDEN, DEATH, TOXICITY, LYMPHOCYTES)


@dataclass(eq=False)
class Followed:
    """What happened to N patients of one arm.

    Attributes
    ----------
    daily : mapping of observable to array, shape (N, D + 1)
        Before the doses of each day; NaN after a patient's end.
    taken : mapping of drug to array, shape (N, W)
        Share of the planned amount of each window that was taken; NaN where none was planned, and
        after the end.
    exposure : array, shape (N, W)
        Mean level of sorafenib in each window, mg/L.
    windows_d : array, shape (W + 1,)
    end_d : array, shape (N,)
        Day of death, drop-out or failure; infinite otherwise.
    died, dropped, failed : arrays of bool, shape (N,)
    treated_until_d : array, shape (N,)
        Start of the first window without treatment for good, the end, or the follow-up.
    luck : Luck
    """

    daily: dict[str, Array]
    taken: dict[str, Array]
    exposure: Array
    windows_d: Array
    end_d: Array
    died: Flags
    dropped: Flags
    failed: Flags
    treated_until_d: Array
    luck: Luck = field(repr=False)
