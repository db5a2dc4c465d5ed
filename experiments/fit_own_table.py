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
            *(0.023, 0.062, 0.150, 0.160, 0.140, 0.100),
            *(0.570, 0.690, 0.590, 0.460, 0.310, 0.170),
        ],
        "group": ["0.3 nM"] * 6 + ["3 nM"] * 6,
    }
)
#: What each group was given: IL-15 in pM, from 0 h on.
ARMS = {"0.3 nM": {"il15_soluble": 300.0}, "3 nM": {"il15_soluble": 3000.0}}


def main() -> None:
    """Fit, tell, draw."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("table", nargs="?", help="a CSV file; default: made-up readings")
    options.add_argument("--out", type=Path, default=Path("results/own_table"))
    given = options.parse_args()

    result = fit_table(
        Model.load("cd4_signalling"),
        given.table or READINGS,
        estimate=["pstat5_half_share", "stat5_use_rate"],
        arms=ARMS,
    )
    profile = result.profile("pstat5_half_share")
    print(result)
    print(profile)
    result.save(given.out / "fit.json")
    plots.save(plots.fitted(result), given.out / "fit.png")
    plots.save(plots.profile(profile), given.out / "profile.png")
    print(f"written to {given.out}")


if __name__ == "__main__":
    main()
