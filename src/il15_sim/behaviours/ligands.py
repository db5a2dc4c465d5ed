"""What soluble MICA does, on a drug and without one."""

from __future__ import annotations

import numpy as np

from il15_sim.behaviours.courses import DAY, SORAFENIB
from il15_sim.behaviours.verdict import Verdict
from il15_sim.model import Model
from il15_sim.regimen import Regimen
from il15_sim.simulation import simulate


def soluble_mica(model: Model) -> Verdict:
    """High soluble MICA at baseline lowers surface NKG2D; a tumour that sheds more responds less.

    Soluble MICA from elsewhere acts by the hypothesis of down-modulation alone; a tumour that
    sheds more also shows less MICA. The verdict asks a tenth of the log-fold of the latter only:
    at the size that the NKG2D of patients allows, and opposed by IL-15, the former takes less.
    """
    level, surface = "smica_plasma_pg_per_mL", "nkg2d_cd4"
    share, lineage = "cd4_nkg2d_percent", "cd4_nkg2d_lineage_percent"
    values = model.values
    start = simulate(model, Regimen.none(), times_h=[0.0], observables=[level])
    level_pM = float(start.get(0, level)[0]) / values["smica_molar_mass"]
    five_times = {
        "smica_other_source": values["smica_other_source"]
        + 4 * level_pM * values["smica_clearance"]
    }
    shedding = {"mica_shedding": 5 * values["mica_shedding"]}
    off = {"smica_downmodulation_switch": 0.0}
    patients = [{}, five_times, shedding, off, five_times | off, shedding | off]
    runs = simulate(
        model,
        SORAFENIB,
        times_h=[0.0, 24 * DAY],
        observables=[level, surface, share, lineage],
        parameters=patients,
    )
    first = {observable: runs.values[:, 0, i] for i, observable in enumerate(runs.observables)}
    last = {observable: runs.values[:, 1, i] for i, observable in enumerate(runs.observables)}
    log_fold = np.log(last[share] / first[share])
    log_fold_lineage = np.log(last[lineage] / first[lineage])
    points = last[share] - first[share]
    numbers = {
        "five times: soluble MICA over the reference": first[level][1] / first[level][0],
        "five times: surface NKG2D over the reference": first[surface][1] / first[surface][0],
        "five times: log-fold left": log_fold[1] / log_fold[0],
        "five times: log-fold of the lineage left": log_fold_lineage[1] / log_fold_lineage[0],
        "five times: points left": points[1] / points[0],
        "five times, hypothesis off: log-fold left": log_fold[4] / log_fold[3],
        "shedding: soluble MICA over the reference": first[level][2] / first[level][0],
        "shedding: log-fold left": log_fold[2] / log_fold[0],
        "shedding: points left": points[2] / points[0],
        "shedding, hypothesis off: log-fold left": log_fold[5] / log_fold[3],
    }
    told = {name: float(value) for name, value in numbers.items()}
    return Verdict(
        "soluble MICA",
        "five times the soluble MICA lowers surface NKG2D by at least a tenth, and the log-fold of "
        "the lineage; a tumour that sheds five times as fast loses a tenth of the log-fold",
        told["five times: surface NKG2D over the reference"] < 0.9
        and 0 < told["five times: log-fold of the lineage left"] < 1
        and 0 < told["five times: points left"] < 1
        and told["shedding: soluble MICA over the reference"] > 1
        and 0 < told["shedding: log-fold left"] < 0.9,
        told,
    )


def untreated(model: Model) -> Verdict:
    """Soluble MICA, NKG2D and the subset of an untreated patient drift little in two cycles.

    Bounds: soluble MICA rises with at most the power 0.34 of the tumour's size (the steepest
    published correlation with load, Rebmann 2007, doi:10.1016/j.clim.2006.11.007; none in
    melanoma, Paschen 2009, doi:10.1158/1078-0432.CCR-09-0886); NKG2D changes by less than it
    differs between health and cancer (a tenth on NK cells, Shen 2011, doi:10.3892/ijo.2011.1315);
    the subset by less than one assay could tell (15 %).
    """
    observables = ["tumour_relative", "smica_plasma_pg_per_mL", "nkg2d_cd4", "cd4_nkg2d_percent"]
    runs = simulate(model, Regimen.none(), times_h=[0.0, 24 * DAY], observables=observables)
    tumour, soluble, surface, share = (
        float(end / start) for start, end in (runs.get(0, o) for o in observables)
    )
    exponent = float(np.log(soluble) / np.log(tumour))
    return Verdict(
        "untreated",
        "in an untreated patient soluble MICA rises with at most the power 0.34 of the growing "
        "tumour, NKG2D changes by less than a tenth and the subset's share by less than 15 %",
        tumour > 1 and 0 <= exponent <= 0.34 and abs(surface - 1) < 0.1 and abs(share - 1) < 0.15,
        {
            "tumour, fold on day 56": tumour,
            "soluble MICA, fold": soluble,
            "soluble MICA, power of the tumour's size": exponent,
            "NKG2D, fold": surface,
            "share of the subset, fold": share,
        },
    )
