"""The truth lies where the likelihood says: in 95 of 100 sets drawn from the model itself."""

import pytest

from tests.made.synthetic_fits import share, signalling_set, sorafenib_set

MADE = {"sorafenib": sorafenib_set, "signalling": signalling_set}


@pytest.mark.parametrize(("made", "sets"), [("sorafenib", 1), ("signalling", 5)])
def test_the_truth_is_no_worse_than_chance_allows(made, sets):
    for seed in range(1000, 1000 + sets):
        found = MADE[made](seed)
        # Twice the limit of 95 % is passed by fewer than one of a thousand.
        assert -0.01 < found.rise < 2 * found.limit


@pytest.mark.slow
@pytest.mark.parametrize("made", MADE)
def test_the_likelihood_ratio_of_the_truth_is_that_of_theory(made):
    found = [MADE[made](seed) for seed in range(100)]
    hits = sum(one.covered for one in found)
    told = "{:.0%} of sets (95 % interval {:.1%} to {:.1%})".format(*share(hits, len(found)))
    print(f"\n{made}: likelihood ratio of the truth below its limit in {told}")
    for name in dict.fromkeys(name for one in found for name in one.inside):
        own = [one.inside[name] for one in found if name in one.inside]
        told = "{:.0%} ({:.1%} to {:.1%})".format(*share(sum(own), len(own)))
        print(f"  of {len(own)} intervals of {name} the truth lies in {told}")
    assert 0.85 <= hits / len(found) <= 0.99
