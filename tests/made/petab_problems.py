"""Fits that are written as PEtab problems: cells in a dish, doses into the blood, plasma."""

from pathlib import Path

import numpy as np

from il15_sim.files.resources import experiments_dir
from il15_sim.fit import read_fit

DISH = """title = "A dish"
model = "cd4_signalling"
data = "dish.csv"
likelihood = "{kind}"
{scale}
estimate = ["pstat5_half_share", "stat5_use_rate", "receptor_B_number"]
[arms."0.3 nM".values]
il15_soluble = 300
[arms."3 nM".values]
il15_soluble = 3000
stat5_use_rate = 0.2
"""
DOSED = """title = "An agonist in the blood"
model = "il15_agonist"
data = "dosed.csv"
estimate = [
  { id = "agonist_clearance_per_kg" },
  { id = "agonist_volume_per_kg" },
  { id = "body_weight", lower = 45.0, upper = 130.0 },
]
[arms.once]
regimen = "il15 2 ug/kg iv at 0 h"
[arms.often]
regimen = "il15 1 ug/kg iv q12h x 2 d"
"""
CELLS = """title = "Two types of cells"
model = "cd4_signalling"
data = "cells.csv"
dose_of = "il15_soluble"
[groups.naive.values]
receptor_B_number = 50
[[estimate]]
id = "half naive"
parameter = "pstat5_half_share"
groups = ["naive"]
[[estimate]]
id = "half_memory"
parameter = "pstat5_half_share"
groups = ["memory"]
[[estimate]]
id = "receptor_B_number"
groups = ["memory"]
[[estimate]]
id = "stat5_use_rate"
"""
OWN_CLEARANCE = """
[[estimate]]
id = "agonist_clearance_per_kg"
groups = ["often"]
[[estimate]]
id = "agonist_volume_per_kg"
"""
PATIENT = """title = "A patient whose tumour grows only once it is watched"
model = "patient"
data = "patient.csv"
likelihood = "normal"
estimate = ["sorafenib_clearance", "il15ra_induction_max_monocyte", "tumour_growth"]
[arms.both]
regimen = ["sorafenib 400 mg bid x 28 d", "temozolomide 150 mg/m2 q24h d1-5/28 x 56 d"]
[arms.high]
regimen = "sorafenib 600 mg bid x 28 d"
[arms.high.values]
sorafenib_volume = 80
"""
READINGS = """time_d,observable,value,group,error,quantity,start
28,cd4_nkg2d_percent,5,both,1,value,
56,cd4_nkg2d_percent,6,both,1,value,
28,tumour_relative,1.5,both,0.3,fold,0
20,il15ra_monocyte,2000,high,300,value,
30,tumour_relative,1.3,high,0.2,value,
"""


def shipped():
    """The shipped fit of sorafenib."""
    return read_fit(experiments_dir() / "fits" / "sorafenib_pk.toml")


def dish(folder: Path, kind="log-normal", scale=""):
    """pSTAT5 of two groups, one of which has another value of what is estimated."""
    times, low, high = [5, 15, 30, 60], [0.023, 0.08, 0.14, 0.17], [0.58, 0.74, 0.65, 0.48]
    rows = [
        f"{t},pstat5_cd4,{v},{g}"
        for g, values in (("0.3 nM", low), ("3 nM", high))
        for t, v in zip(times, values, strict=True)
    ]
    text = "\n".join(["time_min,observable,value,group", *rows]) + "\n"
    (folder / "dish.csv").write_text(text)
    file = folder / "dish.toml"
    file.write_text(DISH.format(kind=kind, scale=scale))
    return read_fit(file)


def cells(folder: Path):
    """pSTAT5 of two types of cells that differ in what is estimated, and in a given value."""
    levels = {"naive": (0.02, 0.1, 0.2), "memory": (0.1, 0.4, 0.6)}
    rows = [
        f"{t},pstat5_cd4,{v},{group},{dose}"
        for group, values in levels.items()
        for dose in (300, 3000)
        for t, v in zip((5, 15, 60), values, strict=True)
    ]
    text = "\n".join(["time_min,observable,value,group,dose", *rows]) + "\n"
    (folder / "cells.csv").write_text(text)
    (folder / "cells.toml").write_text(CELLS)
    return read_fit(folder / "cells.toml")


def dosed(folder: Path, estimate=""):
    """Levels just before doses into the blood, between them, and an area."""
    name = "agonist_pM"
    rows = [
        *(f"{t},{name},{v},once,value,,{n}" for t, v, n in ((1, 2100, 1), (6, 90, 4), (12, 4, 1))),
        *(f"{t},{name},{v},often,value,,2" for t, v in ((12, 1), (13, 1300), (24, 2), (30, 40))),
        f"24,{name},3100,often,area,12,1",
        f"12,{name},3500,often,area,0,1",
        f"20,{name},1000,often,peak,13,1",
    ]
    text = "\n".join(["time_h,observable,value,group,quantity,start,n", *rows]) + "\n"
    (folder / "dosed.csv").write_text(text)
    file = folder / "dosed.toml"
    head, tail = DOSED.split("estimate = [")[0], DOSED.split("\n]\n")[1]
    file.write_text(head + tail + estimate if estimate else DOSED)
    return read_fit(file)


def patient(folder: Path):
    """The chain under two drugs, whose growth is switched off until the first dose."""
    (folder / "patient.csv").write_text(READINGS)
    file = folder / "patient.toml"
    file.write_text(PATIENT)
    return read_fit(file)


def points(problem, count=3, seed=1):
    """The start of a problem and points around it, as shares."""
    shares = np.random.default_rng(seed).uniform(0.3, 0.7, (count, len(problem.unknowns)))
    shares[0] = [u.share_of(u.start) for u in problem.unknowns]
    return shares
