"""What a report shows of a virtual trial: the answer, the arms side by side, the claim."""

from __future__ import annotations

from typing import Any

from il15_sim.reporting.report_data import Result, short_number

_CLAIM = {
    **{"hypothesis": "hypothesis", "arm": "arm", "outcome": "outcome", "measure": "measure"},
    **{"adjusted": "burden and growth held", "patients": "patients", "events": "events"},
    **{"hazard_ratio": "hazard ratio", "lower": "95 % from", "upper": "to", "reason": "why none"},
}


def trial_view(result: Result) -> dict[str, Any]:
    """What the template shows of one trial: `arms` are rows of quantities, one column an arm."""
    several = len({row["hypothesis"] for row in result.table("claim")}) > 1
    claim = [
        {told: row.get(key, "") for key, told in _CLAIM.items() if several or key != "hypothesis"}
        for row in result.table("claim")
    ]
    return {
        "result": result,
        "answer": result.about.get("answer", []),
        "arms": _side_by_side(result.table("arms"), several),
        "power": result.table("power"),
        "claim": claim,
    }


def _side_by_side(rows: list[dict[str, str]], several: bool) -> list[dict[str, str]]:
    lines: dict[tuple[str, str], dict[str, str]] = {}
    names = dict.fromkeys(row["arm"] for row in rows)
    for row in rows:
        key = row["hypothesis"], row["quantity"]
        unit = f" ({row['unit']})" if row["unit"] else ""
        head = {"hypothesis": row["hypothesis"]} if several else {}
        head |= {"quantity": f"{row['words']}{unit}"}
        line = lines.setdefault(key, head | dict.fromkeys(names, "–"))
        # Counts are whole numbers, and told as they are.
        digits = 3 if row["unit"] else 9
        value, low, high = (short_number(row[k], digits) for k in ("value", "lower", "upper"))
        line[row["arm"]] = f"{value} ({low} to {high})" if low and high else value
    return list(lines.values())
