"""Made-up runs and fits for tests of figures: numbers that can be told without a model."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from il15_sim import InputError, Regimen
from il15_sim.model.observables import read_observables
from il15_sim.results import Runs

UNITS = {o.id: o.unit for o in read_observables().observables.values()}
# A made-up baseline per observable: figures need curves of the right size, not a model.
LEVELS = dict(zip(UNITS, itertools.cycle([1.0, 20.0, 900.0, 60.0, 3.0, 0.1]), strict=False))
COMBINED = "sorafenib 400 mg q12h x 56 d + temozolomide 150 mg/m2 q24h d1-5/28 x 56 d"


def made_runs(texts, names=None, days=84, gain=None, status=None, overrides=None):
    """Runs whose exposure is proportional to the dose and whose response follows slowly."""
    regimens = [Regimen.parse(text) for text in texts]
    doses = sorted({d.time_h for r in regimens for d in r.doses() if d.time_h <= 24 * days})
    hours = np.setdiff1d(np.arange(24.0 * days + 1), doses)
    times = np.concatenate([hours, doses, doses])
    sample = np.repeat(["grid", "pre", "post"], [len(hours), len(doses), len(doses)])
    order = np.argsort(times, kind="stable")
    times, sample = times[order], sample[order]
    values = np.zeros((len(regimens), len(times), len(UNITS)))
    for i, regimen in enumerate(regimens):
        exposure = np.zeros_like(times)
        for dose in regimen.doses():
            after = times - dose.time_h
            exposure += np.where(after > 0, dose.amount * np.exp(-after.clip(0) / 24), 0.0)
        slow = np.minimum(times / (24 * 28), 1.0) * (gain or [1.0] * len(regimens))[i]
        for j, (name, level) in enumerate(LEVELS.items()):
            drug = "sorafenib" in name or "temozolomide" in name
            values[i, :, j] = level * exposure / 100 if drug else level * (1 + 0.5 * slow)
    return runs_of(
        names or texts,
        times,
        sample,
        dict(zip(UNITS, np.moveaxis(values, -1, 0), strict=True)),
        status or ["ok"] * len(regimens),
        MadeRecipe(regimens, overrides or [{}] * len(regimens)),
    )


def runs_of(names, times, sample, curves, status, recipe):
    """Runs from curves by observable, each (R, T)."""
    told = list(dict.fromkeys(["ok", *status]))
    meanings = " ".join(text.replace(" ", "_") for text in told)
    data = {o: (("run", "time_h"), y, {"units": UNITS[o]}) for o, y in curves.items()}
    data["status"] = ("run", [told.index(s) for s in status], {"flag_meanings": meanings})
    coords = {"run": list(names), "time_h": times, "sample": ("time_h", sample)}
    about = {"model": "made", "model_hash": ""}
    runs = Runs(xr.Dataset(data, coords=coords, attrs=about), recipe)
    recipe.runs = runs
    return runs


@dataclass(eq=False)
class MadeRecipe:
    """Reads endpoints off the made-up curves, which have rows where figures ask for them."""

    regimens: list
    overrides: list
    runs: Runs | None = None

    def regimen_of(self, run):
        return self.regimens[run]

    def overrides_of(self, run):
        return self.overrides[run]

    def take(self, runs):
        chosen = MadeRecipe([self.regimens[i] for i in runs], [self.overrides[i] for i in runs])
        chosen.runs = Runs(self.runs.data.isel(run=runs), chosen)
        return chosen

    def measure(self, endpoints, progress=None):
        read = {e.name: [self._read(e, i) for i in range(len(self.runs))] for e in endpoints}
        units = {e.name: e.unit(UNITS[e.observable]) for e in endpoints}
        return xr.Dataset({n: ("run", v, {"units": units[n]}) for n, v in read.items()})

    def _read(self, e, run):
        y, t, sample = self.runs.get(run, e.observable), self.runs.times_h, self.runs.sample
        end_h = min(e.end_h, t[-1])
        if max(e.time_h, e.start_h, end_h) > t[-1] or e.start_h >= end_h:
            raise InputError(f"endpoint '{e.name}'", why=f"the runs cover 0-{t[-1]:g} h")
        inside = (t >= e.start_h) & (t <= end_h)
        inside &= ~((t == e.start_h) & (sample == "pre")) & ~((t == end_h) & (sample == "post"))
        before = y[np.searchsorted(t, e.time_h)]
        return {
            "cmax": lambda: y[inside].max(),
            "auc": lambda: np.trapezoid(y[inside], t[inside]),
            "trough": lambda: before,
            "baseline": lambda: y[0],
            "change": lambda: before - y[0],
            "fold": lambda: np.divide(before, y[0], where=y[0] != 0, out=np.array(np.nan)),
        }[e.kind]()


def three_arms():
    """A combination, a course with a week off, and no treatment."""
    hold = "sorafenib 400 mg q12h x 56 d; hold d14-d21; then 200 mg q12h x 28 d"
    return made_runs([COMBINED, hold, "none"], ["combined", "a week off", "untreated"])


def dose_ladder():
    """Four doses of one drug."""
    doses = (100, 200, 400, 800)
    return made_runs([f"sorafenib {mg} mg q12h x 56 d" for mg in doses], days=56)


def knockout_set():
    """An intact patient and three knock-outs."""
    names = ["intact", "no IL-15Rα induction", "no MICA/B", "no sorafenib"]
    changed = [{}, {"a": 0.0}, {"b": 0.0}, {}]
    gain = [1.0, 0.1, 0.3, -0.1]
    return made_runs([COMBINED] * 4, names, days=56, gain=gain, overrides=changed)


def made_fit():
    """Predictions and curves of two arms and some areas, as a fit tells them."""
    rows = []
    for study, dose in (("awada2005", 100.0), ("strumberg2005", 400.0)):
        for time, error in ((2.0, 1.1), (6.0, 0.9), (12.0, 1.2), (24.0, 1.0)):
            rows.append((study, dose, "sorafenib_total_mg_per_L", "mg/L", time, np.nan, error))
        rows.append((study, dose, "sorafenib_auc_mg_h_per_L", "mg*h/L", 684.0, 672.0, 1.3))
    columns = ["study", "dose_mg", "observable", "unit", "time_h", "start_h", "error"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["arm"] = frame["study"] + "_arm"
    frame["time_model_h"] = frame["time_h"]
    frame["predicted"] = frame["dose_mg"] / 100 * np.exp(-frame["time_h"].clip(upper=48) / 40)
    frame["measured"] = frame["predicted"] * frame["error"]
    frame["used"] = [True, True, False, True, True] * 2
    frame["statistic"] = "mean"
    times = np.arange(0.0, 49.0)
    curves = [
        pd.DataFrame({"arm": e, "time_h": times, "typical": 2.0, "predicted": 1.5})
        for e in ("awada2005_arm", "strumberg2005_arm")
    ]
    return frame, pd.concat(curves, ignore_index=True)
