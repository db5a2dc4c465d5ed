"""Published measurements: studies, their arms and their tables.

>>> read_study("flaherty2011").measurements[0].value
38.1
"""

from il15_sim.data.studies import Experiment, Study, data_dir, read_study, study_names
from il15_sim.data.table import (
    MeasuredQuantity,
    Measurement,
    Window,
    read_measurements,
    read_quantities,
)

__all__ = [
    "Experiment",
    "MeasuredQuantity",
    "Measurement",
    "Study",
    "Window",
    "data_dir",
    "read_measurements",
    "read_quantities",
    "read_study",
    "study_names",
]
