"""Other equations for sorafenib's kinetics, on the same ten studies as the shipped ones.

    python experiments/compare_sorafenib_structures.py                # all, a minute or two each
    python experiments/compare_sorafenib_structures.py saturable rhythm

Each rival is the shipped module with some lines exchanged and the fit file with other unknowns.
Compared by information criteria and by how well each tells a study that it has not seen; the table
in models/README.md is what this prints.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from il15_sim.files.resources import find_file, models_dir
from il15_sim.fit import read_fit, run_fit
from il15_sim.fit.compare import compare_fits
from il15_sim.fit.leave_out import leave_one_out

OUT = Path("results/sorafenib_structures")

UPTAKE = "sorafenib_uptake := sorafenib_absorption_rate * sorafenib_gut;"
GUT_LOSS = "sorafenib_gut_loss := sorafenib_uptake * sorafenib_gut / sorafenib_gut_limit;"
WALL_LOSS = "sorafenib_wall_loss := sorafenib_exposure_loss * sorafenib_uptake;"
CLEARED = "sorafenib_elimination := sorafenib_clearance * sorafenib_central"
RELEASED = "sorafenib_bile_release := sorafenib_bile_emptying * sorafenib_bile;"
GUT = "sorafenib_gut' = -sorafenib_uptake"
TRANSIT = "sorafenib_transit' = sorafenib_uptake - sorafenib_wall_loss + sorafenib_bile_release"
CENTRAL = "sorafenib_central' = sorafenib_infusion_rate + sorafenib_absorption_rate * "


@dataclass(frozen=True)
class Rival:
    """Lines of the module that are others, and what is estimated.

    `rows` are new or other rows of the parameter table (value, lower, upper); those that the
    shipped fit does not estimate are estimated, and `without` are not.
    """

    says: str
    lines: Mapping[str, str]
    rows: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    without: tuple[str, ...] = ()


#: Exposure is lost by a clearance that rises, instead of on the way into the blood.
ON_CLEARANCE = {
    WALL_LOSS: "sorafenib_wall_loss := 0;",
    CLEARED: "sorafenib_elimination := "
    "sorafenib_clearance * (1 + sorafenib_exposure_loss) * sorafenib_central",
}
RISE = {"sorafenib_exposure_loss_max": (0.7, 0.05, 4.0)}
BILE_TO_GUT = {
    GUT: "sorafenib_gut' = sorafenib_bile_release - sorafenib_uptake",
    TRANSIT: "sorafenib_transit' = sorafenib_uptake - sorafenib_wall_loss",
}
SECOND_TRANSIT = {
    CENTRAL + "sorafenib_transit": "sorafenib_transit2 = 0; sorafenib_transit2' = "
    "sorafenib_absorption_rate * (sorafenib_transit - sorafenib_transit2);\n  "
    f"{CENTRAL}sorafenib_transit2"
}
RIVALS = {
    "saturable": Rival(
        "uptake that saturates, first-order loss in the gut, bile through both, two transits, "
        "clearance that rises (the structure before)",
        {
            **ON_CLEARANCE,
            **BILE_TO_GUT,
            **SECOND_TRANSIT,
            UPTAKE: "sorafenib_uptake := "
            "sorafenib_uptake_max * sorafenib_gut / (sorafenib_uptake_km + sorafenib_gut);",
            GUT_LOSS: "sorafenib_gut_loss := sorafenib_gut_loss_rate * sorafenib_gut;",
        },
        {
            **RISE,
            "sorafenib_uptake_max": (60.0, 5.0, 1000.0),
            "sorafenib_uptake_km": (150.0, 10.0, 2000.0),
            "sorafenib_gut_loss_rate": (0.3, 0.02, 3.0),
        },
        ("sorafenib_gut_limit",),
    ),
    "on_clearance": Rival("exposure lost by a clearance that rises", ON_CLEARANCE, RISE),
    "bile_to_gut": Rival("bile through the loss in the gut", BILE_TO_GUT),
    "ceiling": Rival(
        "A D / (A + D) of a dose taken up, never more than A",
        {
            GUT_LOSS: "sorafenib_gut_loss := sorafenib_uptake * (sorafenib_gut / "
            "sorafenib_gut_limit) * (2 + sorafenib_gut / sorafenib_gut_limit);"
        },
    ),
    "two_transits": Rival("a second transit", SECOND_TRANSIT),
    "peripheral": Rival(
        "a peripheral compartment",
        {
            CENTRAL: "sorafenib_to_tissue := sorafenib_exchange * (sorafenib_typical_level - "
            "sorafenib_tissue / sorafenib_tissue_volume);\n  sorafenib_tissue = 0; "
            f"sorafenib_tissue' = sorafenib_to_tissue;\n  {CENTRAL}".replace(
                "sorafenib_infusion_rate", "sorafenib_infusion_rate - sorafenib_to_tissue"
            )
        },
        {
            "sorafenib_exchange": (5.0, 0.1, 50.0),
            "sorafenib_tissue_volume": (100.0, 10.0, 1000.0),
        },
    ),
    "bile_emptying": Rival(
        "emptying of the bile estimated", {}, {"sorafenib_bile_emptying": (0.163, 0.05, 1.5)}
    ),
    "rhythm": Rival(
        "bile released by the clock, 9 h after each dose of every 12 h",
        {
            # Pulses of about 3 h; 0.16666 is the mean of the exponential over a period.
            RELEASED: "sorafenib_bile_release := sorafenib_bile_emptying * sorafenib_bile * "
            "exp(6 * (cos(2 * pi * (time - 9) / 12) - 1)) / 0.16666;"
        },
    ),
}


def write_rival(name: str, folder: Path) -> tuple[Path, Path]:
    """Fit file and models folder of a rival."""
    rival, models = RIVALS[name], folder / "models"
    shutil.copytree(models_dir(), models, dirs_exist_ok=True)
    module = models / "modules" / "sorafenib_pk.ant"
    text = module.read_text(encoding="utf-8")
    for shipped, other in rival.lines.items():
        if text.count(shipped) != 1:
            raise SystemExit(f"{module}: '{shipped}' stands there {text.count(shipped)} times")
        text = text.replace(shipped, other)
    table = models / "parameters.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    rows = {line.split("\t")[0]: line.split("\t") for line in lines}
    values = []
    for id_, (value, lower, upper) in rival.rows.items():
        row = rows.get(id_, [id_, id_, *[""] * 12])
        row[2:6] = [str(value), str(lower), str(upper), "true"]
        row[8:11] = [row[8] or "dimensionless", "assumed", row[10] or "-"]
        rows[id_] = row
        values.append(f"  {id_} = {value};\n")
    table.write_text("\n".join("\t".join(row) for row in rows.values()) + "\n", encoding="utf-8")
    at = text.rindex("end")
    module.write_text(text[:at] + "".join(values) + text[at:], encoding="utf-8")
    fit = find_file("sorafenib_pk", "fits").read_text(encoding="utf-8")
    for id_ in rival.without:
        fit = fit.replace(f'[[estimate]]\nid = "{id_}"\n', "")
    for id_ in rival.rows:
        if f'"{id_}"' not in fit:
            fit += f'\n[[estimate]]\nid = "{id_}"\n'
    path = folder / f"{name}.toml"
    path.write_text(fit, encoding="utf-8")
    return path, models


def main() -> None:
    """Fit each, leave each study out, tell it all in one table."""
    unknown = set(sys.argv[1:]) - set(RIVALS)
    if unknown:
        raise SystemExit(f"no rival is called {', '.join(unknown)}; there are {', '.join(RIVALS)}")
    problems = [read_fit(find_file(n, "fits")) for n in ("sorafenib_pk", "sorafenib_pk_no_loss")]
    for name in sys.argv[1:] or RIVALS:
        path, models = write_rival(name, OUT / name)
        problems.append(read_fit(path, models_dir=models))
    fits, unseen = [], []
    for problem in problems:
        fits.append(run_fit(problem, starts=2))
        unseen.append(leave_one_out(fits[-1]))
        print(problem.name, flush=True)
    table = compare_fits(fits, unseen).set_index("fit")
    for fit in fits:
        rows = fit.residuals.set_index(["observable", "arm"])["predicted"]
        half = rows["sorafenib_half_life_h", "huang2017_400mg_single"]
        table.loc[fit.problem.name, "half_life_single_h"] = float(half)
    table.insert(0, "minus_2_ln_likelihood", -2 * table.pop("log_likelihood"))
    with pd.option_context("display.width", 200, "display.max_columns", 20):
        print(table.round(1))
    table.to_csv(OUT / "comparison.csv")
    print(OUT)


if __name__ == "__main__":
    main()
