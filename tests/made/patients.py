"""What tests of arms of patients share: tables of every statistic, and what predicts them."""

import functools

import numpy as np
import pandas as pd

from il15_sim.fit.estimates import read_unknowns
from il15_sim.fit.patient_predictor import predictor_of
from il15_sim.fit.rows import Rows
from il15_sim.fit.tables.cells import Table
from il15_sim.fit.tables.groups import groups_of
from il15_sim.fit.tables.readings import Reader
from il15_sim.fit.treatments import read_arms
from il15_sim.simulation.subject import subject_of
from tests.made import own_tables

CV = 50.0
SD = np.sqrt(np.log1p((CV / 100) ** 2))
BOUNDS = {"rate": (0.01, 10.0), "size": (0.01, 100.0), "more": (0.01, 100.0)}
#: Every statistic, with the threshold of shares.
EVERY = {
    "mean": None, "median": None, "geometric mean": None, "SD": None, "CV%": None,
    "geometric CV%": None, "q10": None, "q25": None, "q75": None, "q97.5": None,
    "share below": 0.4, "share above": 0.4,
}  # fmt: skip

decay, explosion = map(functools.cache, (own_tables.decay, own_tables.explosion))


def predictor(model, table, arms, estimate=("rate",), threads=None):
    """What predicts the rows of a table, as in a fit."""
    subject = subject_of(model)
    rows = Reader(subject, "normal").rows(Table.of(table))
    given = read_arms(arms, subject, groups_of(rows), "data")
    bounds = {name: BOUNDS[name] for name in estimate}
    unknowns = read_unknowns(list(estimate), bounds, subject, given)
    return predictor_of(subject, Rows(rows, "data"), given, unknowns, threads)


def told(time_h=2.0, statistics=EVERY, **columns):
    """A row of every statistic."""
    frame = pd.DataFrame({"statistic": list(statistics), "threshold": list(statistics.values())})
    return frame.assign(time_h=time_h, observable="y", value=0.5, error=0.1, **columns)


def predicted(model, table, arms, point, estimate=("rate",), threads=None):
    found, why = predictor(model, table, arms, estimate, threads).predict(np.array([point]))
    assert why == [""]
    return dict(zip(table["statistic"], found[0], strict=True))


LYMPHOPENIA = """
title = "Lymphopenia on temozolomide"
model = "patient"
data = "lymphopenia.csv"

[arms.tmz]
regimen = "temozolomide 150 mg/m2 q24h d1-7/14 x 28 d"
patients = { n = 16, seed = 1, vary = ["lymphocyte_size", "lymphocyte_sensitivity"] }

[[estimate]]
id = "lymphocyte_kill"
"""
MADE_UP = """# made up
group,observable,quantity,start,time_d,statistic,threshold,unit,value,n,likelihood
tmz,lymphocytes_per_uL,lowest,0,28,share below,1100,cell/uL,9,12,binomial
"""
