"""What may share a free factor in a table of relative readings."""

from __future__ import annotations

from il15_sim.errors import InputError, unknown

SCALES = ("observable", "group", "plate")


def check_scale(scale: str | None, offset: bool, where: str | None = None) -> None:
    """Refuse an unknown scale, and a background without a scale.

    Raises
    ------
    InputError
        With the closest scale.
    """
    if scale is not None and scale not in SCALES:
        raise unknown("scale", str(scale), SCALES, where)
    if offset and scale is None:
        why = "readings with a background are relative"
        fix = "say what shares it: " + ", ".join(SCALES)
        raise InputError("offset without scale", where=where, why=why, fix=fix)
