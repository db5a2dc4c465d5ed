"""Which forms of IL-15 signalling do blood cells and YT-1 cells prefer?

    python experiments/compare_signalling.py                      # about two minutes
    python experiments/compare_signalling.py shipped hill_1       # some of the forms

Every form is `fits/pstat5_pbmc.toml` with something changed, fitted to the same rows.
"""

import argparse
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from il15_sim.fit import Fit, read_fit, run_fit
from il15_sim.model.variant import Variant

HERE = Path(__file__).resolve().parent
FIT, VARIANTS = HERE / "fits" / "pstat5_pbmc.toml", HERE.parent / "models" / "variants"
TYPES = {"naive_cd4": 50, "memory_cd4": 148, "cd8": 511, "nk": 8503, "treg": 657}
Form = Callable[[str], str]


def without(text: str, *ids: str) -> str:
    """The fit file without some estimates."""
    for id_ in ids:
        text, found = re.subn(rf'\[\[estimate\]\]\nid = "{id_}"\n(?:[^\n\[]+.*\n)*\n?', "", text)
        assert found == 1, id_
    return text


def held(**values: float) -> Form:
    """Values of the whole fit that are no longer estimated, if they were."""

    def change(text: str) -> str:
        estimated = [id_ for id_ in values if f'id = "{id_}"' in text]
        told = ", ".join(f"{id_} = {value!r}" for id_, value in values.items())
        return without(text, *estimated).replace("seed = 15", f"seed = 15\nvalues = {{ {told} }}")

    return change


HALVES = [f"half_share_{name.removesuffix('_cd4')}" for name in TYPES if name != "memory_cd4"]


def one_half_share(text: str) -> str:
    """Every type of blood cell has the same share of IL-2Rb at half of its signal."""
    groups = ", ".join(f'"{name}"' for name in TYPES)
    return without(text, *HALVES).replace('groups = ["memory_cd4"]', f"groups = [{groups}]")


def half_number(number: float) -> Form:
    """Every type of blood cell has the same number of engaged IL-2Rb at half of its signal."""

    def change(text: str) -> str:
        text = without(text, *HALVES, "pstat5_half_share")
        for name, receptors in TYPES.items():
            head = f"[groups.{name}]\nvalues = {{ "
            assert head in text, name
            text = text.replace(head, f"{head}pstat5_half_share = {number / receptors!r}, ")
        return text

    return change


FORMS: dict[str, tuple[str, Form]] = {
    "shipped": ("as shipped", lambda text: text),
    "one_half_share": ("one half share for all blood cells", one_half_share),
    "no_use": ("no use of capacity in naive cells", lambda text: without(text, "use_rate_naive")),
    "hill_1": ("Hill coefficient 1", held(pstat5_hill=1.0)),
    "association": ("association fixed at 0.036 per pM and h", held(kon_L_surface=0.036)),
    "degradation": ("degradation of active complexes fixed at 0.4056 per h",
                    held(active_degradation=0.4056)),
    "renewal_0": ("constant synthesis (renewal exponent 0)", held(receptor_renewal_exponent=0.0)),
    "renewal_0.5": ("renewal exponent 0.5", held(receptor_renewal_exponent=0.5)),
    "renewal_1": ("renewal exponent 1", held(receptor_renewal_exponent=1.0)),
    "no_rebinding": ("no rebinding in endosomes", held(pM_per_endosomal_molecule=1e-6)),
}  # fmt: skip
NUMBER = "half_number"
#: Engaged IL-2Rb at half of the signal, molecules per cell: what its profile is searched over.
NUMBERS = np.geomspace(10, 3000, 9)


def fit(change: Form, starts: int) -> Fit:
    """The best of some searches, the first of which begins at the shipped estimates."""
    text = change(FIT.read_text(encoding="utf-8"))
    text = text.replace('"../data/', f'"{HERE.as_posix()}/data/')
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "form.toml"
        file.write_text(text, encoding="utf-8")
        problem = read_fit(file)
    unknowns = []
    for unknown in problem.unknowns:
        names = ["pstat5_pbmc_fit", *(f"pstat5_pbmc_{group}" for group in unknown.groups)]
        known = {}
        for name in names:
            known |= Variant.read(VARIANTS / f"{name}.tsv").values()
        start = float(np.clip(known[unknown.parameter], unknown.lower, unknown.upper))
        unknowns.append(replace(unknown, start=start))
    return run_fit(replace(problem, unknowns=tuple(unknowns)), starts=starts)


def compare(names: list[str], starts: int) -> pd.DataFrame:
    """Parameters, -2 ln likelihood and AIC of every form, less the AIC of the best."""
    rows = []
    for name in names:
        if name == NUMBER:
            fits = [fit(half_number(float(number)), 1) for number in NUMBERS]
            best = max(fits, key=lambda one: one.log_likelihood)
            # The number itself was searched by hand.
            said, more = "the same number of engaged IL-2Rβ at half the signal of all cells", 1
            number = NUMBERS[fits.index(best)]
            print(f"{NUMBER}: {number:.0f} molecules per cell")
        else:
            (said, form), more = FORMS[name], 0
            best = fit(form, starts)
        count = len(best.problem.unknowns) + more
        rows.append((name, said, count, -2 * best.log_likelihood))
        print(f"{name}: {count} parameters, -2 ln L = {rows[-1][-1]:.1f}", flush=True)
    table = pd.DataFrame(rows, columns=["form", "what differs", "parameters", "-2 ln L"])
    aic = table["-2 ln L"] + 2 * table["parameters"]
    return table.assign(delta_aic=aic - aic.min()).sort_values("delta_aic")


def main() -> None:
    """Fit the forms, and print a table for models/README.md."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("forms", nargs="*", help=f"of: {', '.join([*FORMS, NUMBER])}")
    options.add_argument("--starts", type=int, default=2)
    given = options.parse_args()
    table = compare(given.forms or [*FORMS, NUMBER], given.starts)
    print("| form | parameters | -2 ln L | ΔAIC |\n|---|---|---|---|")
    for _, said, count, deviance, delta in table.itertuples(index=False):
        print(f"| {said} | {count} | {deviance:.1f} | {delta:.1f} |")


if __name__ == "__main__":
    main()
