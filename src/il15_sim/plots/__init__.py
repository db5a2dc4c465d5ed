"""Figures for a paper: journal widths, colours safe for all eyes, units on every axis.

Every function takes results and returns a matplotlib `Figure`; none touches pyplot's global state.
`save` writes it as PNG, SVG or PDF, with the same bytes for the same figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from il15_sim.plots.agreement_rows import agreement
from il15_sim.plots.benefit_plane import frontier
from il15_sim.plots.captions import caption, story
from il15_sim.plots.chain_figure import chain
from il15_sim.plots.dose_figures import dose_exposure, dose_response
from il15_sim.plots.dose_maps import dose_map
from il15_sim.plots.ensembles import bands
from il15_sim.plots.exposure_bins import exposure_response
from il15_sim.plots.fit_checks import comparison, profiles, residuals, waterfall
from il15_sim.plots.fit_figures import goodness_of_fit, observed_predicted
from il15_sim.plots.index_bars import morris_plane, sobol_bars, tornado
from il15_sim.plots.index_lines import index_convergence, indices_over_time
from il15_sim.plots.index_pairs import interactions
from il15_sim.plots.interval_rows import forest
from il15_sim.plots.knockout import knockouts
from il15_sim.plots.level_bands import level_check
from il15_sim.plots.population_figure import baselines
from il15_sim.plots.posterior_bands import predictive
from il15_sim.plots.posteriors import pairs, traces
from il15_sim.plots.region import behaviour_region
from il15_sim.plots.replicate_bars import replicate_ratios
from il15_sim.plots.response_bars import tumour_waterfall
from il15_sim.plots.sliders import explore
from il15_sim.plots.table_fits import fitted, profile
from il15_sim.plots.target_rows import target_shares
from il15_sim.plots.timecourses import arms, overlay, trajectories
from il15_sim.plots.trial_curves import survival_curves

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

__all__ = [
    "agreement",
    "arms",
    "bands",
    "baselines",
    "behaviour_region",
    "caption",
    "chain",
    "comparison",
    "dose_exposure",
    "dose_map",
    "dose_response",
    "explore",
    "exposure_response",
    "fitted",
    "forest",
    "frontier",
    "goodness_of_fit",
    "index_convergence",
    "indices_over_time",
    "interactions",
    "knockouts",
    "level_check",
    "morris_plane",
    "observed_predicted",
    "overlay",
    "pairs",
    "predictive",
    "profile",
    "profiles",
    "replicate_ratios",
    "residuals",
    "save",
    "sobol_bars",
    "story",
    "survival_curves",
    "target_shares",
    "tornado",
    "traces",
    "trajectories",
    "tumour_waterfall",
    "waterfall",
]


def save(figure: Figure, path: str | Path, *, dpi: int = 200) -> Path:
    """Write a figure as its suffix says (.png, .svg, .pdf), the same bytes every time."""
    from il15_sim.plots.figure import save as write

    return write(figure, path, dpi=dpi)
