"""The answer of a sweep in words, of functions whose indices are known."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from il15_sim.jobs.sweep_answer import answer, answer_text, independent_rows, too_few
from il15_sim.sensitivity import Factor, analyse, convergence, design
from il15_sim.sensitivity.sweep_file import read_sweep
from tests.sensitivity.known_functions import ANGLES, ishigami, linear, unit_factors

SWEEP = """title = "Known"
regimen = "none"
against = "none"
horizon_days = 1
[screen]
[quantify]
[[endpoints]]
name = "y"
title = "Y"
kind = "value_at"
observable = "anything"
day = 1
compare = "difference"
"""


@pytest.fixture
def sweep(tmp_path):
    file = tmp_path / "known.toml"
    file.write_text(SWEEP, encoding="utf-8")
    return read_sweep(file)


def analysed(function, factors, method, n):
    return analyse(design(factors, method, n), lambda table: {"y_difference": function(table)})


def lines_of(sweep, screen=None, quantify=None, labels=(), units=None):
    grown = convergence(quantify or screen)
    made = answer(sweep, dict(labels), screen, quantify, grown, units)
    return [part["lines"] for part in made]


def test_drivers_are_told_by_their_total_share_with_an_interval(sweep):
    found = analysed(ishigami, ANGLES, "sobol", 2048)
    drivers, alone, measure, directions = lines_of(sweep, quantify=found, labels={"x1": "One"})[0]
    told = re.findall(r"(x\d|One \(x1\)) (\d\.\d+) \((\d\.\d+) to (\d\.\d+)\)", drivers)
    assert [name for name, *_ in told] == ["One (x1)", "x2", "x3"]
    for (_, value, low, high), right in zip(told, (0.5576, 0.4424, 0.2437), strict=True):
        assert float(value) == pytest.approx(right, abs=0.02)
        assert float(low) < float(value) < float(high)
    assert float(re.search(r"explain (\d+) %", alone)[1]) == pytest.approx(75.6, abs=2)
    # x2 acts alone: fixing it takes away 44 %, though x1 has the larger total.
    assert measure.startswith("Worth measuring first: x2. Knowing it would take away 44 %")
    assert "(4096 points)" in directions


def test_rises_and_falls_are_shares_of_independent_points(sweep):
    found = analysed(ishigami, ANGLES, "sobol", 1024)
    (*_, directions), _ = lines_of(sweep, quantify=found)
    rng = np.random.default_rng(0)
    y = ishigami({f"x{i}": rng.uniform(-np.pi, np.pi, 200_000) for i in (1, 2, 3)})
    up, down = (
        float(n) for n in re.search(r"rises in (\S+) % and falls in (\S+) %", directions).groups()
    )
    assert up == pytest.approx(100 * (y > 0).mean(), abs=2)
    assert up + down == pytest.approx(100, abs=0.11)
    middle = float(re.search(r"median (\S+),", directions)[1])
    assert middle == pytest.approx(np.median(y), abs=0.2)


def test_numbers_have_their_unit(sweep):
    found = analysed(ishigami, ANGLES, "sobol", 64)
    line = lines_of(sweep, quantify=found, units={"y_difference": "mg/L"})[0][-1]
    assert re.search(r"median \S+ mg/L, nine of ten between \S+ mg/L and \S+ mg/L\.", line)


def test_the_points_of_a_screen_are_told_as_those_of_a_grid(sweep):
    found = analysed(linear, unit_factors(4), "morris", 8)
    line = lines_of(sweep, screen=found)[0][1]
    assert line.startswith("In the screen, on a grid to the ends of the ranges of all parameters")


def test_no_share_beyond_all_is_told(sweep):
    found = analysed(lambda table: table["x0"] ** 4, unit_factors(1), "sobol", 16)
    assert found.ranking(index="S1")["value"][0] > 1.005
    _, alone, measure, _ = lines_of(sweep, quantify=found)[0]
    assert alone == (
        "Single parameters explain 100 % of the variance (the sum of S1); none is left for "
        "interactions."
    )
    assert re.search(r"take away 100 % of the variance on average \(S1, \d+ % to 100 %\)", measure)
    assert lines_of(sweep, quantify=found)[-1][0].startswith("Quantified: 1 parameter, n 16")


def test_where_no_share_can_be_told_from_zero_nothing_is_worth_measuring_first(sweep):
    def product(table):
        return (table["x0"] - 0.5) * (table["x1"] - 0.5)

    found = analysed(product, unit_factors(2), "sobol", 256)
    lines = lines_of(sweep, quantify=found)[0]
    assert lines[2] == "This sample tells no S1 from zero, so not what to measure first."
    assert not any("Worth measuring" in line for line in lines)


def test_a_notable_change_of_a_ratio_is_one_of_five_per_cent(tmp_path):
    file = tmp_path / "ratio.toml"
    file.write_text(SWEEP.replace("difference", "log_ratio"), encoding="utf-8")
    ratio = read_sweep(file)
    spread = (Factor("x", math.log(0.96), math.log(1.2)), Factor("y", 0.0, 1.0))
    made = design(spread, "sobol", 1024)
    found = analyse(made, lambda table: {"y_log_ratio": table["x"] + 0.0 * table["y"]})
    line = lines_of(ratio, quantify=found)[0][-1]
    width = math.log(1.2 / 0.96)
    told = [float(n) for n in re.search(r"rises in (\S+) % and falls in (\S+) %", line).groups()]
    right = [100 * math.log(1.2) / width, 100 * math.log(1 / 0.96) / width]
    assert told == pytest.approx(right, abs=0.3)
    assert re.search(r"By more than 5 %: up in (\S+) %, down in 0\.0 %\.", line)
    up = float(re.search(r"5 %: up in (\S+) %", line)[1])
    assert up == pytest.approx(100 * math.log(1.2 / 1.05) / width, abs=0.3)
    ends = [float(n) for n in re.search(r"between (\S+)-fold and (\S+)-fold", line).groups()]
    assert ends == pytest.approx([0.96 * math.exp(q * width) for q in (0.05, 0.95)], rel=5e-3)


def test_what_is_within_the_error_of_simulations_is_told_as_zero(sweep):
    found = analysed(
        lambda table: np.maximum(table["x0"] - 0.9, 1e-12), unit_factors(2), "sobol", 64
    )
    assert "median 0, nine of ten between 0 and" in lines_of(sweep, quantify=found)[0][-1]


def test_independent_rows_of_sobol_are_its_base_points():
    made = design(ANGLES, "sobol", 64, second_order=True)
    base = made.unit[independent_rows(made)]
    # Every other row repeats numbers of these.
    assert len(base) == 128
    assert len(np.unique(base[:, 0])) == 128
    assert set(made.unit[:, 1]) == set(base[:, 1])
    assert len(independent_rows(design(ANGLES, "morris", 4))) == 16


def test_a_screen_tells_effects_as_shares_of_the_largest(sweep):
    found = analysed(linear, unit_factors(4), "morris", 8)
    (effects, _), sample = lines_of(sweep, screen=found)
    assert effects.endswith("relative to the first: x0 100 %; x1 67 %; x2 33 %; x3 0 %.")
    assert sample == ["Screen: 4 parameters, n 8, 40 points, seed 0."]


def test_the_strongest_parameter_that_was_left_out_is_told(sweep):
    screen = analysed(linear, unit_factors(4), "morris", 8)

    def first_two(table):
        return linear(table.assign(x2=0.5, x3=0.5))

    quantify = analysed(first_two, unit_factors(2), "sobol", 64)
    sample = lines_of(sweep, screen, quantify)[-1]
    assert (
        "The strongest parameter that was not quantified, x2, has 33 % of the largest mean effect "
        "on some endpoint."
    ) in sample
    whole = analysed(linear, unit_factors(4), "sobol", 64)
    assert not any("not quantified" in line for line in lines_of(sweep, screen, whole)[-1])


def test_what_does_not_vary_is_told(sweep):
    flat = analysed(lambda table: np.ones(len(table)), ANGLES, "sobol", 8)
    assert lines_of(sweep, quantify=flat)[0][0] == "It does not vary."
    flat = analysed(lambda table: np.ones(len(table)), ANGLES, "morris", 8)
    assert lines_of(sweep, screen=flat)[0][0] == "No parameter changes it in the screen."


def test_the_sample_tells_how_much_half_of_it_differs(sweep):
    found = analysed(ishigami, ANGLES, "sobol", 512)
    half = analysed(ishigami, ANGLES, "sobol", 256)
    most = max(
        abs(found.ranking(index="ST").set_index("factor")["value"][name] - value)
        for name, value in half.ranking(index="ST").set_index("factor")["value"].items()
    )
    sample = lines_of(sweep, quantify=found)[-1]
    assert f"no ST changes by more than {most:.3f}" in sample[1]
    assert re.search(r"would take about n = \d+\.", sample[2])


def test_intervals_that_are_too_wide_are_warned_of():
    (line,) = too_few(convergence(analysed(ishigami, ANGLES, "sobol", 16)))
    assert re.match(r"The sample is too small: the interval of ST of x\d on y_difference is", line)
    assert too_few(convergence(analysed(ishigami, ANGLES, "sobol", 2048))) == []
    assert too_few(convergence(analysed(linear, unit_factors(4), "morris", 8))) == []


def test_replaced_blocks_are_told(sweep):
    def function(table):
        return {"y_difference": np.where(table["x1"] > 2.5, np.nan, ishigami(table))}

    found = analyse(design(ANGLES, "sobol", 64), function, failures="resample")
    kept = replace(sweep, failures="resample")
    (line,) = [one for one in lines_of(kept, quantify=found)[-1] if "fresh" in one]
    replaced = int(found.failures["replaced"].iloc[0])
    assert f"{replaced} blocks were replaced by fresh ones, 64 are used." in line
    assert "they lie mostly at x1 2.5" in line
    assert "Reasons" not in line


def test_the_text_is_markdown_with_every_line(sweep):
    text = answer_text(sweep, sweep.regimen, [{"title": "Y", "lines": ["One.", "Two."]}])
    assert text == (
        "# Known\n\nGiven: none. Compared with: none.\n\n## Y\n\n- One.\n- Two.\n\n"
        "A simulation; research only, not for treatment decisions.\n"
    )
    warned = answer_text(sweep, "none", [], ["Too few."])
    assert "Compared with: none.\n\n**Warning:** Too few.\n\nA simulation" in warned
