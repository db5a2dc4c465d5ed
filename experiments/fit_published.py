"""The shipped fit of sorafenib to ten published studies: estimates, what is sure, two figures.

    python experiments/fit_published.py                  # a few seconds
    python experiments/fit_published.py --starts 20
    python experiments/fit_published.py my_fit.toml

A fit file names studies of experiments/data/ or tables of your own; see experiments/fits/.
"""

import argparse
from pathlib import Path

from il15_sim import plots
from il15_sim.files.resources import find_file
from il15_sim.fit import read_fit, run_fit


def main() -> None:
    """Fit, tell, draw."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("fit", nargs="?", default="sorafenib_pk", help="a name or a TOML file")
    options.add_argument("--starts", type=int, default=2)
    options.add_argument("--out", type=Path, default=Path("results/published_fit"))
    given = options.parse_args()
    result = run_fit(read_fit(find_file(given.fit, "fits")), starts=given.starts)
    print(result)
    print(result.frame[["parameter", "verdict", "reason"]].to_string(index=False))
    print({name: round(value, 1) for name, value in result.criteria.items()})
    given.out.mkdir(parents=True, exist_ok=True)
    result.save(given.out / "fit.json")
    plots.save(plots.waterfall(result.starts), given.out / "waterfall.png")
    plots.save(plots.residuals(result.residuals), given.out / "residuals.png")
    print(given.out)


if __name__ == "__main__":
    main()
