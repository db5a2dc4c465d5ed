"""The part of the report that tells which behaviours the model shows, and how robustly."""

from __future__ import annotations

import base64
import csv
import io
from pathlib import Path
from typing import Any

from il15_sim.behaviour import Verdict, assess
from il15_sim.files.resources import experiments_dir
from il15_sim.model import Model


def behaviour_section(model: Model) -> dict[str, Any]:
    """What the template shows: verdicts with their numbers, and the region they hold in.

    The region comes from `experiments/behaviour_region.tsv`, which takes minutes to make.
    """
    place = experiments_dir() / "behaviour_region.tsv"
    return {
        "verdicts": [_row(verdict) for verdict in assess(model)],
        "region": _region_picture(place) if place.is_file() else None,
    }


def _row(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "sentence": verdict.sentence,
        "holds": bool(verdict.holds),
        "numbers": [(name, f"{float(value):.4g}") for name, value in verdict.numbers.items()],
    }


def _region_picture(place: Path) -> dict[str, Any]:
    import pandas as pd

    from il15_sim import plots

    with place.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    table = pd.DataFrame(rows).astype({k: float for k in ("draws", "share", "low", "high")})
    figure, buffer = plots.behaviour_region(table), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"source": f"data:image/png;base64,{data}", "draws": int(table["draws"].max())}
