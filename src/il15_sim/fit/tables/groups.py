"""Groups of a table, and what their names say of what each was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from il15_sim.errors import InputError
from il15_sim.files.numeric import number
from il15_sim.fit.rows import Row
from il15_sim.fit.treatments import Given
from il15_sim.regimen import Regimen


def groups_of(rows: Sequence[Row]) -> dict[str, str]:
    """Every group that the rows name, with the place where it stands first."""
    found: dict[str, str] = {}
    for row in rows:
        for output in row.reads.outputs:
            found.setdefault(output.arm, row.where)
    return found


def arms_of_groups(groups: Mapping[str, str], dose_of: str | None) -> Mapping[str, Given] | None:
    """What groups say themselves: doses of one input, or regimens; None for a table without them.

    Raises
    ------
    InputError
        Where a group is no number, or no regimen, at the place where it stands first.
    """
    if list(groups) == [""]:
        if dose_of is not None:
            why = f"it has the values of {dose_of}"
            raise InputError("the table has no column 'dose'", why=why)
        return None
    found: dict[str, Given] = {}
    for group, where in groups.items():
        if dose_of is not None:
            found[group] = {dose_of: number(group, "dose", where)}
            continue
        try:
            found[group] = Regimen.parse(group)
        except InputError as error:
            raise InputError(
                f"group '{group}' without an arm of its own",
                where=where,
                why=f"as a regimen: {error.what}",
                fix=_fix(group),
            ) from None
    return found


def _fix(group: str) -> str:
    try:
        float(group)
    except ValueError:
        return "say what each group was given, or name groups by their regimens"
    return "say what each group was given: arms, or dose_of (--dose-of) with the input it is of"
