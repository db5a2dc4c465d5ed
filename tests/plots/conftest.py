"""Made-up runs and a fit that tests of figures share."""

import pytest

from tests.made.runs import dose_ladder, knockout_set, made_fit, three_arms


@pytest.fixture(scope="session")
def runs():
    return three_arms()


@pytest.fixture(scope="session")
def ladder():
    return dose_ladder()


@pytest.fixture(scope="session")
def knocked_out():
    return knockout_set()


@pytest.fixture(scope="session")
def fitted():
    return made_fit()
