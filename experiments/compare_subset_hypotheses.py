"""Three hypotheses of the rise of blood CD4+NKG2D+ cells, each with its own best values.

    python experiments/compare_subset_hypotheses.py

Expansion, conversion and redistribution are fitted to the same words of Romero 2014
(experiments/data/romero2014_subset). They are compared by information criteria and by what each
predicts differently; the table in models/README.md is what this prints.
"""

from pathlib import Path

import pandas as pd

from il15_sim import Regimen, simulate
from il15_sim.behaviours.courses import SORAFENIB
from il15_sim.behaviours.subset import KNOCK_OUTS, SCHEDULES, only, rises
from il15_sim.files.resources import find_file
from il15_sim.fit import read_fit, run_fit
from il15_sim.fit.compare import compare_fits

OUT = Path("results/subset_hypotheses")
#: What each hypothesis estimates instead of how much the tumour holds back.
RIVALS = {
    "conversion": '[[estimate]]\nid = "conversion_max"\nlower = 1e-6\nupper = 0.005\n',
    "redistribution": '[[estimate]]\nid = "redistribution_max"\nlower = 0.01\nupper = 20.0\n',
}
EXTRACTION = '[[estimate]]\nid = "tumour_extraction"\n'
SUBSET = ("subset_blood", "primed_blood", "subset_lymphoid", "primed_lymphoid", "subset_in_tumour")


def fit_of(hypothesis: str, folder: Path) -> Path:
    """The fit file of a hypothesis: that of expansion with other switches and another unknown."""
    packaged = find_file("subset_expansion", "fits")
    if hypothesis == "expansion":
        return packaged
    text = packaged.read_text(encoding="utf-8")
    on = ", ".join(f"{name} = {value:g}" for name, value in only(hypothesis).items())
    lines = text.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("values = "))
    lines[at] = f"values = {{ {on} }}"
    text = "\n".join(lines).replace(EXTRACTION, RIVALS[hypothesis])
    text = text.replace('"../data/', f'"{packaged.parent.parent.as_posix()}/data/')
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"subset_{hypothesis}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def predicted(model) -> dict[str, float]:
    """What tells the hypotheses apart: the whole body, the first week, four weeks after the end."""
    hours = [24.0 * day for day in (0, 7, 56, 84)]
    runs = simulate(
        model,
        [SORAFENIB, Regimen.none()],
        times_h=hours,
        observables=[*SUBSET, "cd4_nkg2d_percent", "subset_division", "cd4_negative_all"],
    )
    body = sum(runs[name].values for name in SUBSET)
    share = runs["cd4_nkg2d_percent"].values
    over = share[0] / share[1]
    found = {
        "blood_fold_day_7": over[1],
        "blood_fold_day_56": over[2],
        "blood_fold_28_days_after": over[3],
        "whole_body_fold_day_56": body[0, 2] / body[1, 2],
    }
    alone = {"alone": SCHEDULES["alone"]}
    logs = {p: r.log_fold for (p, _), r in rises(model, schedules=alone).items()}
    for patient in KNOCK_OUTS:
        found[f"log-fold left, {patient}"] = logs[patient] / logs["reference"]
    return {name: float(value) for name, value in found.items()}


def main() -> None:
    """Fit each, compare, and say what each predicts."""
    fits, rows = [], {}
    for hypothesis in ("expansion", *RIVALS):
        problem = read_fit(fit_of(hypothesis, OUT))
        fits.append(run_fit(problem))
        rows[problem.name] = predicted(fits[-1].model)
        print(hypothesis, fits[-1].frame.to_string(), sep="\n", flush=True)
    table = compare_fits(fits).set_index("fit").join(pd.DataFrame(rows).T)
    with pd.option_context("display.width", 200, "display.max_columns", 30):
        print(table.T.round(3))
    table.to_csv(OUT / "comparison.csv")
    print(OUT)


if __name__ == "__main__":
    main()
