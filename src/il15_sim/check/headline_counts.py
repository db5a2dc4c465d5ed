"""How many parameters of each kind lie upstream of each headline of the patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from il15_sim.check.finding import Finding
from il15_sim.check.problem import PATIENT, Problem
from il15_sim.check.readme_blocks import readme_findings, sync_readme
from il15_sim.model import Model
from il15_sim.model.observables import read_observables
from il15_sim.model.parameters import KINDS

#: Assumed and all rows upstream of each headline before the links of the chain were fitted.
BEFORE: Mapping[str, tuple[int, int]] = {
    "sorafenib_total_mg_per_L": (1, 13),
    "il15ra_monocyte": (35, 79),
    "cd4_nkg2d_percent": (95, 165),
    "lymphocytes_per_uL": (95, 165),
    "tumour_burden_mm": (90, 161),
}


def headline_kinds(model: Model) -> dict[str, dict[str, int]]:
    """Counts of each kind upstream of the observables whose role is `headline`.

    Empty for a module without one.

    Examples
    --------
    >>> list(headline_kinds(Model.load("sorafenib_pk")))
    ['sorafenib_total_mg_per_L']
    """
    asked = read_observables(model.models_dir).of_role("headline")
    return {name: model.upstream_kinds(name) for name in asked if name in model.observables}


def before_text(observable: str) -> str:
    """How many rows upstream of a headline were assumed before the links were fitted.

    >>> before_text("cd4_nkg2d_percent"), before_text("none_then")
    ('95 of 165', '')
    """
    return "{} of {}".format(*BEFORE[observable]) if observable in BEFORE else ""


def headline_block(models_dir: str | Path) -> str:
    """The counts of the patient as the lines of a table for `models/README.md`."""
    lines = [
        "| upstream of | " + " | ".join((*KINDS, "total", "assumed before")) + " |",
        "|---|" + "---|" * (len(KINDS) + 2),
    ]
    for name, counts in headline_kinds(Model.load(PATIENT, models_dir=models_dir)).items():
        cells = [str(n) for n in (*counts.values(), sum(counts.values()))]
        lines.append(f"| `{name}` | " + " | ".join([*cells, before_text(name)]) + " |")
    return "\n".join(lines) + "\n"


def sync_headlines(models_dir: str | Path) -> tuple[Path, ...]:
    """Write the counts into the README beside the models, where it has their place."""
    return sync_readme(models_dir, "headlines", headline_block)


def headlines(problem: Problem) -> Iterator[Finding]:
    """The counts in the README beside the models are those of the table."""
    fault = "the counts upstream of the headlines are not those of the table"
    return readme_findings(problem, "headlines", headline_block, fault)
