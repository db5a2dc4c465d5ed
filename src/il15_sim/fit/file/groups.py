"""What holds in groups of arms: the tables `[groups.name]` of a fit file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from il15_sim.errors import unknown
from il15_sim.files.toml import Table
from il15_sim.fit.treatments import Arm, groups_in, with_group_values
from il15_sim.simulation.subject import Subject


def arms_in_groups(
    facts: Table, arms: Mapping[str, Arm], group_of: Mapping[str, str], subject: Subject
) -> dict[str, Arm]:
    """Arms with their groups, and with the values that the file gives to these.

    Parameters
    ----------
    group_of : mapping of arm to group
        Empty for an arm that is a group of its own.

    Raises
    ------
    InputError
        With the line, for groups without arms and values that cannot be set.
    """
    found = {name: replace(arm, group=group_of[name]) for name, arm in arms.items()}
    for group, table in facts.named_tables("groups").items() if "groups" in facts.data else ():
        table.allow(("values", "dose_of"))
        if "dose_of" not in table.data:
            table.need("values", "values = { receptor_B_number = 300 }")
        if group not in groups_in(found):
            raise unknown("group", group, filter(None, groups_in(found)), table.at())
        with table.told_at("values"):
            found = with_group_values(found, group, table.numbers("values"), subject)
    return found
