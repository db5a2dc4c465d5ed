"""Weeks of remission in leukaemia (Freireich 1963, doi:10.1182/blood.V21.6.699.699)."""

import numpy as np

#: Weeks on 6-mercaptopurine, negative where the child was censored.
TREATED = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
TIME = np.abs([*TREATED, *PLACEBO]).astype(float)
EVENT = np.array([*TREATED, *PLACEBO]) > 0
ON_PLACEBO = np.repeat([0, 1], 21)
