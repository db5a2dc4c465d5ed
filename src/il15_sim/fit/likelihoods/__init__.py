"""What a fit may assume of its measurements: one table of likelihoods, whatever the observable.

Offsets and scales of plates or cohorts are no kind of their own: `marginalised` and `profiled`
solve them for residuals with normal errors.

Examples
--------
>>> from il15_sim.fit.likelihoods import likelihood
>>> likelihood("normal").log_density([1.0, 2.0], [1.5, 2.0], sd=0.5).round(3)
array([-0.726, -0.226])
>>> likelihood("direction").log_density([0.0, 3.0], ["rise", "A above B"], scale=1.0).round(3)
array([-0.693, -0.001])
"""

from il15_sim.fit.likelihoods.directions import DIRECTIONS
from il15_sim.fit.likelihoods.groups import Profile, marginalised, profiled
from il15_sim.fit.likelihoods.rules import Known
from il15_sim.fit.likelihoods.summaries import sd_of_range
from il15_sim.fit.likelihoods.table import LIKELIHOODS, likelihood, table_text
from il15_sim.fit.likelihoods.value import Likelihood

__all__ = [
    "DIRECTIONS",
    "LIKELIHOODS",
    "Known",
    "Likelihood",
    "Profile",
    "likelihood",
    "marginalised",
    "profiled",
    "sd_of_range",
    "table_text",
]
