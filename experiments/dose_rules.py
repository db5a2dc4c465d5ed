"""Which rules of dosing give the doses of sorafenib that patients were published to go on taking?

    python experiments/dose_rules.py    # 72 sets of rules with their deviance; five minutes

Follows `experiments/trials/sorafenib_doses.toml` under several rules, levels and adherences, and
compares the mean dose of those still on the drug with the readings of `experiments/data/outcomes`.
The chosen rules stand in the trial files, with the reason.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from il15_sim import Model
from il15_sim.files.resources import experiments_dir
from il15_sim.trial import Adherence, Rule, read_trial, run_trial
from il15_sim.trial.published import DOSE_ERROR, compared, read_readings

OUT = Path("results/dose_rules")
DRUG = "sorafenib"
LEVELS = {
    "3/4, 1/2, 1/4": (1.0, 0.75, 0.5, 0.25),
    "1/2, 1/4": (1.0, 0.5, 0.25),
    "1/2": (1.0, 0.5),
}


def rule_sets() -> dict[str, tuple[Rule, ...]]:
    """Rules by what they say. A hold lasts from one visit to the next, whatever is shorter."""
    found = {}
    for event in ("toxicity", "dose-limiting toxicity"):
        reduce = Rule(event, "reduce", drug=DRUG)
        hold = Rule(event, "hold", for_days=14, drug=DRUG)
        for held in (False, True):
            for back in (0, 28, 56):
                told = f"{event}: {'hold 14 d, ' if held else ''}reduce"
                rules = (hold, reduce) if held else (reduce,)
                if back:
                    rules += (Rule("no toxicity", "escalate", after_days=back, drug=DRUG),)
                found[f"{told} {f'until {back} d without' if back else 'for good'}"] = rules
    return found


def main() -> None:
    """Follow, compare, tell."""
    readings = read_readings(experiments_dir() / "data" / "outcomes" / "readings.tsv")
    doses = [r for r in readings if r.quantity == "dose taken"]
    trial = read_trial(experiments_dir() / "trials" / "sorafenib_doses.toml")
    model = Model.load()
    rows, courses = [], []
    for levels_told, levels in LEVELS.items():
        for told, rules in rule_sets().items():
            for missed in (0.0, 0.05):
                adherence = Adherence(missed, 0.05 if missed else 0.0)
                other = replace(
                    trial,
                    rules=rules,
                    levels={DRUG: levels},
                    adherence={DRUG: adherence},
                    watched=(trial.marker,),
                )
                table = run_trial(other, model)
                found = compared(table, doses)
                sds = (found["predicted"] - found["published"]) / DOSE_ERROR
                fitted = found["used"].eq("fit").to_numpy()
                name = {"rules": told, "levels": levels_told, "missed": missed}
                share = table[table["arm"] == doses[0].arm]["treated_until_d"]
                rows.append(
                    {
                        **name,
                        "deviance": float((sds[fitted] ** 2).sum()),
                        "kept aside": float((sds[~fitted] ** 2).sum()),
                        "within": f"{found['holds'][fitted].sum()} of {fitted.sum()}",
                        "still on day 112": float((share > 112).mean()),
                    }
                )
                courses.append(found.assign(**name))
    OUT.mkdir(parents=True, exist_ok=True)
    pd.concat(courses).to_csv(OUT / "courses.csv", index=False)
    table = pd.DataFrame(rows).sort_values("deviance", ignore_index=True)
    table.to_csv(OUT / "rules.csv", index=False)
    print(f"{np.sum([r.used == 'fit' for r in doses])} readings are counted in the deviance")
    print(table.to_string(index=False, float_format="{:.3g}".format))


if __name__ == "__main__":
    main()
