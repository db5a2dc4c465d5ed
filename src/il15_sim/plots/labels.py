"""Observables and units as people write them on an axis."""

from __future__ import annotations

from collections.abc import Mapping

# Short names; the unit comes from the runs themselves.
_NAMES = {
    "sorafenib_total_mg_per_L": "Sorafenib, total",
    "sorafenib_free_nM": "Sorafenib, free",
    "temozolomide_mg_per_L": "Temozolomide",
    "il15ra_monocyte": "IL-15Rα on monocytes",
    "il15_complex_monocyte": "IL-15:IL-15Rα on monocytes",
    "il15ra_tumour": "IL-15Rα on tumour cells",
    "il15_complex_tumour": "IL-15:IL-15Rα on tumour cells",
    "il15_plasma_pg_per_mL": "IL-15 in plasma",
    "smica_plasma_pg_per_mL": "Soluble MICA in plasma",
    "mica_tumour": "MICA/B on tumour cells",
    "nkg2d_cd4": "NKG2D on CD4+NKG2D+ cells",
    "nkg2d_engaged": "NKG2D engaged",
    "pstat5_cd4": "pSTAT5 in CD4+NKG2D+ cells",
    "cd4_per_uL": "CD4+ cells",
    "cd4_nkg2d_per_uL": "CD4+NKG2D+ cells",
    "cd4_nkg2d_percent": "CD4+NKG2D+ of CD4+",
    "cd4_nkg2d_lineage_per_uL": "CD4+NKG2D+ lineage",
    "cd4_nkg2d_lineage_percent": "CD4+NKG2D+ lineage of CD4+",
    "th1_percent_of_cd4_nkg2d": "Th1 of CD4+NKG2D+",
    "treg_per_uL": "Treg cells",
    "nk_per_uL": "NK cells",
    "cd8_per_uL": "CD8+ T cells",
    "lymphocytes_per_uL": "Lymphocytes",
    "ifng_plasma_pg_per_mL": "IFN-γ in plasma",
    "tumour_burden_mm": "Tumour burden",
}

_UNITS = {
    "mg_per_L": "mg/L",
    "mg_per_litre": "mg/L",
    "ug/mL": "µg/mL",
    "ug/L": "µg/L",
    "nmol/L": "nM",
    "nanomolar": "nM",
    "pmol/L": "pM",
    "pg_per_mL": "pg/mL",
    "1/uL": "cells/µL",
    "per_uL": "cells/µL",
    "cells/uL": "cells/µL",
    "cells_per_uL": "cells/µL",
    "cells/ul": "cells/µL",
    "cell/uL": "cells/µL",
    "molecule/cell": "molecules per cell",
    "molecules/cell": "molecules per cell",
    "molecules_per_cell": "molecules per cell",
    "molecules": "molecules per cell",
    "percent": "%",
    "dimensionless": "",
    "": "",
    "1": "",
    "h": "h",
    "hour": "h",
    "mg*h/L": "mg·h/L",
    "mg h/L": "mg·h/L",
    "mg·h/L": "mg·h/L",
}


def name_of(observable: str) -> str:
    """Short name of an observable; an unknown one is shown by its id.

    >>> name_of("sorafenib_free_nM")
    'Sorafenib, free'
    """
    return _NAMES.get(observable, observable.replace("_", " "))


def unit_text(unit: str) -> str:
    """A unit as it is written on an axis.

    >>> unit_text("1/uL"), unit_text("percent"), unit_text("mg/L")
    ('cells/µL', '%', 'mg/L')
    """
    return _UNITS.get(unit, unit.replace("_per_", "/").replace("uL", "µL").replace("*", "·"))


def axis_label(observable: str, units: Mapping[str, str], *, lines: bool = False) -> str:
    """Name and unit for an axis, on one line or on two.

    >>> axis_label("cd4_per_uL", {"cd4_per_uL": "1/uL"})
    'CD4+ cells (cells/µL)'
    """
    unit = unit_text(units.get(observable, "")) or "relative"
    return f"{name_of(observable)}{chr(10) if lines else ' '}({unit})"


def change_unit(unit: str) -> str:
    """Unit of a difference: that of two percentages is in percentage points.

    >>> change_unit("percent"), change_unit("cell/uL")
    ('percentage points', 'cells/µL')
    """
    text = unit_text(unit)
    return "percentage points" if text == "%" else text
