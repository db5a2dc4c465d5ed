"""The hazard of death: survival from burdens, and the fit that finds what made it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from il15_sim import Model, Regimen, simulate
from il15_sim.errors import InputError
from il15_sim.model.variant import Variant
from il15_sim.progression.trials import Reading
from il15_sim.survival import cox
from il15_sim.trial.hazard_fit import Burdens, alive, fit_hazard, hazard_ratio
from il15_sim.trial.written import write_hazard

DAYS = np.arange(0.0, 401.0)


def grown(n=400, seed=1, doubling=120.0):
    """Tumours of log-normal size that double alike."""
    start = np.exp(0.7 * np.random.default_rng(seed).standard_normal(n))
    return Burdens(start[:, None] * 2 ** (DAYS / doubling))


def reading(id_, arm, quantity, share, day=np.nan, n=100.0):
    reported = "ratio" if quantity == "hazard ratio by burden" else "share"
    return Reading(id_, arm, quantity, reported, day, share, n, 1.0, "fit", "", "", "")


def made(burdens, rate, exponent):
    """What a hazard gives: survival on three days in two arms, and the ratio by burden."""
    rows = []
    for arm, burden in burdens.items():
        share = alive(burden.exposure(exponent), rate)
        rows += [reading(f"{arm}{d}", arm, "survival", share[d], d) for d in (60, 180, 360)]
        small = burden.relative[:, 0] < np.median(burden.relative[:, 0])
        hours = burden.exposure(exponent)[:, ::7]
        ratio = hazard_ratio(alive(hours[small], rate), alive(hours[~small], rate))
        rows.append(reading(f"{arm} ratio", arm, "hazard ratio by burden", ratio))
    return rows


def test_without_burden_survival_is_exponential():
    share = alive(grown().exposure(0.0), 1e-4)
    assert share == pytest.approx(np.exp(-1e-4 * 24 * DAYS), rel=1e-12)


def test_survival_is_that_of_the_model():
    model = Model.load()
    found = simulate(
        model, Regimen.none(), times_h=24 * DAYS[:201], observables=["tumour_burden_mm"]
    )
    relative = found["tumour_burden_mm"].values / model.values["death_burden_reference"]
    share = alive(
        Burdens(np.asarray(relative)).exposure(model.values["death_burden_exponent"]),
        model.values["death_rate"],
    )
    hazard = simulate(model, Regimen.none(), times_h=24 * DAYS[:201], observables=["death_hazard"])[
        "death_hazard"
    ].values[0]
    assert share == pytest.approx(np.exp(-np.asarray(hazard)), rel=1e-4)


def test_hazard_ratio_is_that_of_cox():
    rng = np.random.default_rng(3)
    n = 40_000
    # Weibull: hazards of one shape; censored on the last day.
    first, second = (scale * rng.weibull(1.4, n) for scale in (300.0, 150.0))
    shares = [[(times > d).mean() for d in DAYS] for times in (first, second)]
    time = np.concatenate([first, second])
    table = pd.DataFrame({"small": np.repeat([1, 0], n)})
    fitted = cox(np.minimum(np.ceil(time), 400), time <= 400, table)["hazard_ratio"].item()
    assert hazard_ratio(*map(np.array, shares)) == pytest.approx(fitted, rel=0.01)
    assert fitted == pytest.approx(0.5**1.4, rel=0.03)


def test_a_group_in_which_nobody_dies_has_the_least_ratio():
    none, some = np.ones(5), np.linspace(1, 0.2, 5)
    assert np.log([hazard_ratio(none, some), hazard_ratio(some, none)]) == pytest.approx([-20, 20])


def test_fit_finds_what_made_the_readings():
    burdens = {"slow": grown(doubling=200.0), "fast": grown(seed=2, doubling=60.0)}
    found = fit_hazard(burdens, made(burdens, 4e-5, 1.2))
    assert found.rate == pytest.approx(4e-5, rel=0.03)
    assert found.exponent == pytest.approx(1.2, abs=0.03)
    told = found.frame.set_index("unknown")
    assert told.loc["death_rate", "lower95"] < 4e-5 < told.loc["death_rate", "upper95"]
    assert found.objective < 0.05


def test_an_exponent_that_nothing_tells_has_no_interval():
    # All tumours at the reference: the exponent changes nothing.
    burdens = {"one": Burdens(np.ones((10, 401)))}
    asked = [reading("a", "one", "survival", 0.5, 200.0)]
    told = fit_hazard(burdens, asked).frame.set_index("unknown")
    assert told.loc["death_rate", "value"] == pytest.approx(np.log(2) / 4800, rel=0.01)
    assert np.isinf(told.loc["death_burden_exponent", ["lower95", "upper95"]].to_numpy(float)).all()


def test_many_patients_weigh_as_a_hundred():
    burdens = {"one": grown()}
    # Two shares on one day that cannot both be right.
    few, many = (
        fit_hazard(
            burdens,
            [reading(str(share), "one", "survival", share, 200.0, n) for share in (0.4, 0.6)],
        ).objective
        for n in (100.0, 5000.0)
    )
    assert few == many > 0


def test_faults_of_the_fit():
    burdens = {"one": grown()}
    asked = reading("a", "one", "survival", 0.5, 200.0)
    with pytest.raises(InputError, match=r"no survival to fit.*'fit'"):
        fit_hazard(burdens, [replace(asked, used="compare")])
    with pytest.raises(InputError, match=r"(?s)reading 'a'.*'ome'.*'one'"):
        fit_hazard(burdens, [replace(asked, arm="ome")])
    with pytest.raises(InputError, match=r"(?s)day 500.*tumours end on day 400"):
        fit_hazard(burdens, [replace(asked, day=500.0)])


def test_what_is_written(tmp_path):
    (tmp_path / "variants").mkdir()
    burdens = {"one": grown()}
    fit = fit_hazard(burdens, made(burdens, 4e-5, 1.2))
    variant = Variant.read(write_hazard(fit, tmp_path, patients=400))
    assert variant.values() == pytest.approx(
        {"death_rate": fit.rate, "death_burden_exponent": fit.exponent}, rel=1e-4
    )
    assert "95 % interval" in variant.overrides[0].note
