"""What a report shows of a sweep: the answer, the leading indices, failures, the sample."""

from __future__ import annotations

from typing import Any

from il15_sim.reporting.report_data import Result

#: Parameters that are shown of each output; all of them stand in the tables.
_SHOWN = 10


def sweep_view(result: Result) -> dict[str, Any]:
    """What the template shows of one sweep.

    `indices` are rows of the leading parameters of each output, with the value from the first half
    of the sample beside that from the whole; `factors` what varied between which bounds; `map` the
    rows of a map of doses.
    """
    index = "ST" if any(row["index"] == "ST" for row in result.table("halves")) else "mu_star"
    by_output: dict[str, list[dict[str, str]]] = {}
    for row in result.table("halves"):
        if row["index"] == index and row["whole"] and not row.get("time_h"):
            by_output.setdefault(row["output"], []).append(row)
    leading = []
    for rows in by_output.values():
        rows.sort(key=lambda row: -abs(float(row["whole"])))
        leading += [_line(row) for row in rows[:_SHOWN]]
    return {
        "result": result,
        "answer": result.about.get("answer", []),
        "index": index,
        "indices": leading,
        "map": result.table("map"),
        "factors": result.table("factors"),
        "failures": result.table("failures"),
    }


def _line(row: dict[str, str]) -> dict[str, str]:
    keys = {"output": "output", "factor": "parameter", "index": "index", "half": "first half"}
    keys |= {"whole": "all", "low": "95 % from", "high": "to"}
    return {told: row[key] for key, told in keys.items()}
