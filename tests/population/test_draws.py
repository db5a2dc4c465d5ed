"""Each patient has its own luck, whoever else is there."""

import numpy as np
import pytest
from scipy.stats import kstest

from il15_sim.population.draws import exponentials, normals, uniforms


@pytest.mark.parametrize("width", [1, 3, 4, 7])
@pytest.mark.parametrize("draw", [uniforms, normals, exponentials])
def test_a_patient_alone_has_the_numbers_it_has_in_company(draw, width):
    everybody = draw(5, "death", 0, 50, width)
    assert everybody.shape == (50, width)
    for i in (0, 1, 17, 49):
        assert (draw(5, "death", i, 1, width) == everybody[i]).all()
    assert (draw(5, "death", 30, 20, width) == everybody[30:]).all()


def test_seeds_and_purposes_are_independent():
    first = uniforms(1, "death", 0, 4000)[:, 0]
    for other in (uniforms(2, "death", 0, 4000), uniforms(1, "drop-out", 0, 4000)):
        assert abs(np.corrcoef(first, other[:, 0])[0, 1]) < 0.05


def test_distributions():
    assert kstest(uniforms(3, "a", 0, 5000)[:, 0], "uniform").pvalue > 0.01
    assert kstest(normals(3, "a", 0, 5000)[:, 0], "norm").pvalue > 0.01
    assert kstest(exponentials(3, "a", 0, 5000)[:, 0], "expon").pvalue > 0.01
