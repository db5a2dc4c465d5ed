"""A table of your own, fitted: estimates with intervals, a profile, two figures.

    python experiments/fit_own_table.py                  # twelve made-up readings
    python experiments/fit_own_table.py readings.csv     # yours, with the same groups

The columns a table may have are told by `help(il15_sim.fit.fit_table)`.
"""

import argparse
from pathlib import Path

import pandas as pd

from il15_sim import Model, plots
from il15_sim.fit import fit_table

#: pSTAT5 of CD4 cells in a dish with IL-15, as a share of the largest signal. MADE UP: an example
#: of a format, which nobody measured.
READINGS = pd.DataFrame(
    {
        "time_min": [5, 15, 30, 60, 120, 240] * 2,
        "observable": "pstat5_cd4",
        "value": [
            *(0.015, 0.061, 0.191, 0.318, 0.400, 0.393),
            *(0.071, 0.312, 0.495, 0.715, 0.559, 0.418),
        ],
        "group": ["30 pM"] * 6 + ["300 pM"] * 6,
    }
)
#: What each group was given: IL-15 in pM, from 0 h on.
ARMS = {"30 pM": {"il15_soluble": 30.0}, "300 pM": {"il15_soluble": 300.0}}


def main() -> None:
    """Fit, tell, draw."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("table", nargs="?", help="a CSV file; default: made-up readings")
    options.add_argument("--out", type=Path, default=Path("results/own_table"))
    given = options.parse_args()

    result = fit_table(
        Model.load("cd4_signalling"),
        given.table or READINGS,
        estimate=["pstat5_half_signal", "desensitisation_max"],
        arms=ARMS,
    )
    profile = result.profile("pstat5_half_signal")
    print(result)
    print(profile)
    result.save(given.out / "fit.json")
    plots.save(plots.fitted(result), given.out / "fit.png")
    plots.save(plots.profile(profile), given.out / "profile.png")
    print(f"written to {given.out}")


if __name__ == "__main__":
    main()
