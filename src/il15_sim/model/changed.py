"""What a variant changes in a model."""

from __future__ import annotations

from il15_sim.errors import unknown
from il15_sim.model.frozen_model import Model
from il15_sim.model.packaged import variant_names
from il15_sim.model.parameters import ParameterTable
from il15_sim.model.variant import Variant


def variant_values(model: Model, name: str, where: str) -> dict[str, float]:
    """Values by id that a variant of the model's folder gives to its parameters.

    Raises
    ------
    InputError
        For an unknown variant, told at `where`, and for values that the model refuses.

    Examples
    --------
    >>> from il15_sim import Model
    >>> variant_values(Model.load(), "no_smica_downmodulation", "here")
    {'smica_downmodulation_switch': 0.0}
    """
    known = variant_names(model.models_dir)
    if name not in known:
        raise unknown("variant", name, known, where)
    path = model.models_dir / "variants" / f"{name}.tsv"
    table = ParameterTable.read(model.models_dir / "parameters.tsv")
    given = Variant.read(path, table).values()
    own = {id_: given[row] for id_, row in model.rows.items() if row in given}
    return dict(model.check_values(own, path))
