"""Two hypotheses on the same data: does sorafenib's exposure fall over months, or not?

    python experiments/compare_hypotheses.py
    python experiments/compare_hypotheses.py one.toml two.toml     # fits of the same data

Compared by information criteria, and by how well each tells a study that it has not seen.
"""

import sys
from pathlib import Path

from il15_sim import plots
from il15_sim.files.resources import find_file
from il15_sim.fit import read_fit, run_fit
from il15_sim.fit.compare import compare_fits
from il15_sim.fit.leave_out import leave_one_out

OUT = Path("results/comparison")


def main() -> None:
    """Fit each, leave each study out, compare, draw."""
    names = sys.argv[1:] or ["sorafenib_pk", "sorafenib_pk_no_loss"]
    fits = [run_fit(read_fit(find_file(name, "fits")), starts=2) for name in names]
    unseen = [leave_one_out(fit) for fit in fits]
    table = compare_fits(fits, unseen)
    print(table.to_string(index=False))
    OUT.mkdir(parents=True, exist_ok=True)
    table.to_csv(OUT / "comparison.csv", index=False)
    plots.save(plots.comparison(table), OUT / "comparison.png")
    print(OUT)


if __name__ == "__main__":
    main()
