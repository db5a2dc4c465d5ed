"""What a fit may assume of its measurements: one table of likelihoods, whatever the observable.

Examples
--------
>>> from il15_sim.fit.likelihoods import likelihood
>>> likelihood("normal").log_density([1.0, 2.0], [1.5, 2.0], sd=0.5).round(3)
array([-0.726, -0.226])
"""

from il15_sim.fit.likelihoods.rules import Known
from il15_sim.fit.likelihoods.table import LIKELIHOODS, likelihood
from il15_sim.fit.likelihoods.value import Likelihood

__all__ = ["LIKELIHOODS", "Known", "Likelihood", "likelihood"]
