"""Checks of where values come from: each breaks a healthy table in one place."""

import pytest

from tests.check.test_problem import DOI, change_row, healthy, told, write_variant


@pytest.fixture
def folder(tmp_path):
    return healthy(tmp_path)


# --- measured ----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [DOI, "Jain 2011, pmid:21392074", "pmc:PMC12", "page:label"])
def test_sources_that_can_be_looked_up(folder, source):
    change_row(folder, "ka", source=source)
    assert told(folder, "measured") == []


@pytest.mark.parametrize("source", ["-", "Jain 2011", "doi:", "doi:11.1/x", "pmid:abc", ""])
def test_a_measured_row_names_its_source(folder, source):
    change_row(folder, "ka", source=source)
    (line,) = told(folder, "measured")
    assert line.endswith("source of the measured 'ka' has no doi:, pmid:, pmc: or page:")


@pytest.mark.parametrize(
    "fact",
    ["0.50 per hour", ".5/h", "12 per day = 0.5 per hour", "between 0.5-0.9", "5e-1 (table 2)"],
)
def test_a_fact_contains_the_value_as_a_number(folder, fact):
    change_row(folder, "ka", fact=fact)
    assert told(folder, "measured") == []


@pytest.mark.parametrize("fact", ["", "fast", "10.5 per hour", "12 per day", "see doi:10.0.5/0.5"])
def test_a_fact_without_the_value(folder, fact):
    n = change_row(folder, "ka", fact=fact)
    (line,) = told(folder, "measured")
    assert f"line {n}: the fact of the measured 'ka' does not contain 0.5; quote" in line


def test_thousands_may_be_grouped(folder):
    change_row(folder, "density", nominalValue="1500")
    assert told(folder, "measured") == []


# --- derived -----------------------------------------------------------------------------------


def test_a_derived_value_equals_its_formula(folder):
    n = change_row(folder, "life", fact="= 1.01 / ka")
    (line,) = told(folder, "derived")
    assert line == (
        f"error [derived] {folder / 'parameters.tsv'}: line {n}: life = 2.0, but 1.01 / ka = 2.02"
    )


@pytest.mark.parametrize(("change", "fails"), [(1e-7, False), (1e-5, True)])
def test_a_derived_value_holds_full_precision(folder, change, fails):
    change_row(folder, "life", nominalValue=repr(2 * (1 + change)))
    assert bool(told(folder, "derived")) == fails


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ("1 / ka", "the fact of the derived 'life' is no formula"),
        ("= 1 / kb", "derived 'life': unknown parameter 'kb'; did you mean 'ka'?"),
        ("= 1 /", "derived 'life': formula '1 /' does not parse"),
        ("= 0 * life + 2", "the formula of 'life' leads back to 'life'"),
    ],
)
def test_a_formula_that_is_none(folder, fact, message):
    change_row(folder, "life", fact=fact)
    (line,) = told(folder, "derived")
    assert message in line


def test_formulas_that_lead_in_a_circle(folder):
    change_row(folder, "ka", kind="derived", fact="= 1 / life")
    assert [line.rpartition(": ")[2] for line in told(folder, "derived")] == [
        "the formula of 'ka' leads back to 'ka'",
        "the formula of 'life' leads back to 'life'",
    ]


def test_a_shipped_variant_carries_what_is_derived_from_it(folder):
    path = folder / "variants" / "demo_fit.tsv"
    write_variant(path, ["turnover|0.12|the fit|", "ka|1|the fit|"])
    (line,) = told(folder, "derived")
    assert line.startswith("error")
    assert line.endswith("with the shipped variants, life = 2.0, but 1 / ka = 1.0")
    write_variant(path, ["turnover|0.12|the fit|", "ka|1|the fit|", "life|1|the fit|"])
    assert told(folder, "derived") == []


def test_another_variant_that_leaves_a_derived_value_behind_is_a_warning(folder):
    write_variant(folder / "variants" / "fast.tsv", ["ka|1|a thought|"])
    (line,) = told(folder, "derived")
    assert line.startswith("warning")
    assert line.endswith("with variant 'fast', life = 2.0, but 1 / ka = 1.0")
    # A variant that sets the derived value itself, as a knock-out does, means it.
    write_variant(folder / "variants" / "fast.tsv", ["ka|1|a thought|", "life|9|a thought|"])
    assert told(folder, "derived") == []


# --- fitted and assumed ------------------------------------------------------------------------


def test_a_fitted_row_names_a_fit(folder):
    change_row(folder, "turnover", fact="dema, variant demo_fit")
    (line,) = told(folder, "fitted")
    assert line.endswith(
        "the fact of the fitted 'turnover' names no fit of experiments/fits: "
        "'dema, variant demo_fit'; did you mean 'demo'?"
    )


def test_a_fitted_row_names_a_variant(folder):
    change_row(folder, "turnover", fact="demo, variant demo_two")
    (line,) = told(folder, "fitted")
    assert line.endswith("variant 'demo_two' of the fitted 'turnover' does not exist")


def test_the_variant_of_a_fit_carries_the_parameter(folder):
    write_variant(folder / "variants" / "demo_fit.tsv", ["base_left|90|the fit|"])
    (line,) = told(folder, "fitted")
    assert line.endswith("variant 'demo_fit' carries no value of the fitted 'turnover'")


@pytest.mark.parametrize("reason", ["", "-", "a guess"])
def test_an_assumed_row_says_why(folder, reason):
    change_row(folder, "base_left", note=reason)
    (line,) = told(folder, "assumed")
    assert line.startswith("error")
    assert "the assumed 'base_left' gives no reason; write one of 15 letters or more" in line
    change_row(folder, "base_left", note=reason, fact="counts differ by cell type")
    assert told(folder, "assumed") == []


@pytest.mark.parametrize("note", ["", "CVs", "the spread between patients is assumed"])
def test_a_variability_says_where_it_comes_from(folder, note):
    n = change_row(folder, "ka", note=note)
    (line,) = told(folder, "variability")
    assert line.endswith(
        f"line {n}: the variability of 'ka' has no origin; say in its note where the CV is from, "
        "or write CV assumed"
    )
    for good in ("CV of the 9 men", "a start value; CV assumed"):
        change_row(folder, "ka", note=good)
        assert told(folder, "variability") == []


@pytest.mark.parametrize("note", ["", "-", "1 is on"])
def test_a_setting_says_what_its_values_mean(folder, note):
    change_row(folder, "base_left", kind="setting", fact="counts differ by cell type", note=note)
    (line,) = told(folder, "settings")
    assert line.startswith("error")
    told_of = "the setting 'base_left' does not say what its values mean; write it in its note"
    assert line.endswith(told_of)
    change_row(folder, "base_left", note="1 lets it act, 0 does not")
    assert told(folder, "settings") == []


def test_a_setting_is_not_estimated_by_default(folder):
    n = change_row(folder, "base_left", kind="setting", estimate="true")
    (line,) = told(folder, "settings")
    assert line.endswith(
        f"line {n}: the setting 'base_left' is chosen, not estimated; write false under estimate"
    )


def test_an_assumed_row_without_width_is_a_warning(folder):
    change_row(folder, "base_right", lowerBound="200", upperBound="200")
    (line,) = told(folder, "assumed")
    assert line.startswith("warning")
    assert line.endswith("the assumed 'base_right' has bounds without width")
