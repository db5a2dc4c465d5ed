"""Correlated numbers: what the table says, what is impossible, and the same bits for everyone."""

import math

import numpy as np
import pytest

from il15_sim import InputError, Model, Population
from il15_sim.files.resources import models_dir
from il15_sim.files.tsv import read_tsv
from il15_sim.population.correlations import COLUMNS, factored, read_correlations
from il15_sim.population.draws import normals

MODEL = Model.load()


def test_logarithms_are_correlated_as_the_table_says():
    n = 20_000
    people = Population(MODEL, n=n, seed=5)
    logs = np.log(people.parameters)
    for _, row in read_tsv(models_dir() / "correlations.tsv", COLUMNS)[0]:
        a, b, r = row["first"], row["second"], float(row["correlation"])
        if a == "height_cm":
            men = people.covariates[people.covariates["sex"] == "male"]
            found = np.corrcoef(men["height_cm"], np.log(men["weight_kg"]))[0, 1]
        else:
            # Weight scales the volume: that part is beside the correlation.
            own = logs[b] - (np.log(people.covariates["weight_kg"]) if "volume" in b[:16] else 0)
            found = np.corrcoef(logs[a], own)[0, 1]
        # 4 SE by Fisher's transformation; men's bounds cut their correlation a little.
        assert math.atanh(found) == pytest.approx(math.atanh(r), abs=4 / math.sqrt(n / 2))


def test_a_correlation_changes_neither_the_spread_nor_others():
    given = {("nk_set_point", "treg_set_point"): -0.6}
    free = Population(MODEL, n=5000, seed=1, correlations={}).parameters
    tied = Population(MODEL, n=5000, seed=1, correlations=given).parameters
    logs = np.log(tied[["nk_set_point", "treg_set_point"]])
    assert logs.corr().iloc[0, 1] == pytest.approx(-0.6, abs=4 * 0.64 / math.sqrt(5000))
    assert logs.std().iloc[1] == pytest.approx(np.log(free["treg_set_point"]).std(), rel=0.04)
    others = [name for name in free if name != "treg_set_point"]
    assert (free[others] == tied[others]).all(axis=None)


def test_correlated_patients_are_the_same_alone():
    given = {("nk_set_point", "treg_set_point"): 0.5, ("treg_set_point", "subset_source"): 0.3}
    whole = Population(MODEL, n=64, seed=1, correlations=given).parameters
    for i in (0, 31, 63):
        alone = Population(MODEL, n=1, seed=1, first=i, correlations=given).parameters
        assert (alone.loc[i] == whole.loc[i]).all()


def test_the_factor_gives_the_matrix_back():
    pairs = {("a", "b"): 0.5, ("b", "c"): -0.4, ("a", "c"): 0.2}
    found = factored(pairs, "here")
    matrix = found.factor @ found.factor.T
    for (a, b), r in pairs.items():
        assert matrix[found.ids.index(a), found.ids.index(b)] == pytest.approx(r, abs=1e-12)
    np.testing.assert_allclose(np.diag(matrix), 1)


def test_impossible_correlations_are_named_and_the_told_fix_works():
    pairs = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9, ("d", "e"): 0.5}
    text = (
        r"here: impossible correlations: 'a' with 'b' 0\.9, 'b' with 'c' 0\.9, 'a' with 'c' -0\.9; "
        r"no numbers are correlated in all these ways at once; weaken them: times (0\.\d+) they"
    )
    with pytest.raises(InputError, match=text) as told:
        factored(pairs, "here")
    times = float(str(told.value).split("times ")[1].split()[0])
    factored({pair: times * r for pair, r in pairs.items()}, "here")
    # Three equal ones, one turned round, are possible up to one half.
    assert times == pytest.approx(0.5 / 0.9, abs=0.01)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({("nk_setpoint", "treg_set_point"): 0.5}, "unknown parameter or covariate 'nk_setpoint'"),
        ({("nk_set_point", "mica_number"): 0.5}, "'mica_number' is correlated; it has no variab"),
        ({("nk_set_point", "body_weight"): 0.5}, "'body_weight' is correlated; it has no variab"),
        ({("nk_set_point", "treg_set_point"): 1.5}, "correlation 1.5 of 'nk_set_point' with 'treg"),
        (
            {("nk_set_point", "treg_set_point"): "x"},
            "with 'treg_set_point' is not a number: 'x'",
        ),
        ({("nk_set_point", "nk_set_point"): 0.5}, "'nk_set_point' is correlated with itself"),
        ({"nk_set_point": 0.5}, "'nk_set_point' is no pair"),
        (0.5, "0.5 are no pairs"),
        (
            {("nk_set_point", "treg_set_point"): 0.5, ("treg_set_point", "nk_set_point"): 0.5},
            "'treg_set_point' with 'nk_set_point' stands twice",
        ),
    ],
)
def test_what_is_no_correlation_is_told(given, text):
    with pytest.raises(InputError, match=text):
        Population(MODEL, n=2, correlations=given)


def test_faults_of_the_table_are_told_with_their_line(tmp_path):
    path = tmp_path / "correlations.tsv"
    path.write_text("\t".join(COLUMNS) + "\na\tb\t0.5\tassumed\t-\t\nb\ta\t0.5\tassumed\t-\t\n")
    with pytest.raises(InputError, match=r"correlations.tsv: line 3: 'b' with 'a' stands twice"):
        read_correlations(path, ["a", "b"])
    with pytest.raises(InputError, match=r"line 2: unknown parameter or covariate 'b'"):
        read_correlations(path, ["a"])


def test_numbers_of_a_name_are_normal_and_stay_what_they_are():
    z = normals(1, "nk_set_point", 0, 100_000)[:, 0]
    from scipy.stats import kstest

    assert kstest(z, "norm").pvalue > 1e-3
    # SHA-256 of the name, SeedSequence and Philox words are the same on every machine.
    words = np.random.Philox(np.random.SeedSequence([1, 0])).random_raw(1)
    assert words[0] == np.random.Philox(np.random.SeedSequence([1, 0])).random_raw(3)[0]
    assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 4 / math.sqrt(len(z))
