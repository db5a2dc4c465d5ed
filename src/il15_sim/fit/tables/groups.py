"""Groups of a table, and what it says of what each was given.

A row's `group` names its arm. Where the table has a `dose` or a `regimen` as well, the arm is one
of several in the group: all of one group, each with its own dose or regimen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from il15_sim.errors import InputError
from il15_sim.files.numeric import number
from il15_sim.fit.rows import Row
from il15_sim.fit.tables.cells import number_in, text_in
from il15_sim.fit.treatments import Given
from il15_sim.regimen import Regimen

#: Between a group and what an arm of it was given.
_AND = ", "


def arm_in(cells: Mapping[str, Any], where: str, column: str = "") -> str:
    """The arm of a row, or the one whose dose, regimen or group another column tells.

    Raises
    ------
    InputError
        Where one of its columns is empty, or a dose is no number.
    """
    for told in ("group", "regimen", "dose"):
        if told in cells and not text_in(cells, told):
            raise InputError(f"no {told}", where=where, fix="name one in every row")
    given = next((c for c in ("dose", "regimen", "group") if c in cells), "")
    text = text_in(cells, column or given)
    if given == "dose":
        text = f"{number_in(cells[column or given], column or given, where):.12g}"
    return f"{group_in(cells)}{_AND}{text}" if group_in(cells) else text


def group_in(cells: Mapping[str, Any]) -> str:
    """The group of a row where its arm is one of several; empty where the arm is called so."""
    return text_in(cells, "group") if "dose" in cells or "regimen" in cells else ""


def given_in(arm: str, group: str) -> str:
    """What an arm of a group was given, from its name.

    >>> given_in("naive, 30", "naive"), given_in("30 pM", "")
    ('30', '30 pM')
    """
    return arm.removeprefix(f"{group}{_AND}") if group else arm


def groups_of(rows: Sequence[Row]) -> dict[str, str]:
    """Every arm that the rows name, with the place where it stands first."""
    found: dict[str, str] = {}
    for row in rows:
        for output in row.reads.outputs:
            found.setdefault(output.arm, row.where)
    return found


def members_of(rows: Sequence[Row]) -> dict[str, str]:
    """The group of every arm that the rows name; empty where the arm is one of its own."""
    return {output.arm: row.group for row in rows for output in row.reads.outputs}


def arms_of_groups(
    groups: Mapping[str, str],
    dose_of: str | None,
    members: Mapping[str, str],
    others: Mapping[str, str] | None = None,
) -> Mapping[str, Given] | None:
    """What arms say themselves: doses of one input, or regimens; None for a table without them.

    Arms of the groups in `others` have doses of the input that stands there.

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
    for arm, where in groups.items():
        group = given_in(arm, members[arm])
        if dose_of is not None:
            found[arm] = {(others or {}).get(members[arm], dose_of): number(group, "dose", where)}
            continue
        try:
            found[arm] = Regimen.parse(group)
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
