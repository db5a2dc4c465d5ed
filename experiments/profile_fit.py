"""How sure a fit is: profiles of parameters and of a prediction that nobody measured.

    python experiments/profile_fit.py

The prediction is the level of sorafenib at a trough on 600 mg twice daily. Copy and change it.
"""

from pathlib import Path

from il15_sim import Regimen, plots
from il15_sim.files.resources import find_file
from il15_sim.fit import read_fit, run_fit

#: What to profile.
PARAMETERS = ("sorafenib_clearance", "sorafenib_gut_limit")
OUT = Path("results/profiles")


def main() -> None:
    """Fit, profile, predict, draw."""
    result = run_fit(read_fit(find_file("sorafenib_pk", "fits")), starts=1)
    found = [result.profile(name) for name in PARAMETERS]
    trough = result.prediction_profile(
        "sorafenib_total_mg_per_L", 336.0, Regimen.parse("sorafenib 600 mg bid x 28 d")
    )
    for one in (*found, trough):
        print(one)
    OUT.mkdir(parents=True, exist_ok=True)
    plots.save(plots.profiles([*found, trough]), OUT / "profiles.png")
    print(OUT)


if __name__ == "__main__":
    main()
