"""The parameter table: reading, its errors, values, PEtab, variants."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim.errors import InputError
from il15_sim.model.parameters import COLUMNS, KINDS, PRIORS, Parameter, ParameterTable
from il15_sim.model.variant import Override, Variant
from tests.check.test_problem import ROWS, write_table, write_variant


@pytest.fixture
def table(tmp_path):
    return ParameterTable.read(write_table(tmp_path / "parameters.tsv"))


def test_a_row_becomes_a_record(table):
    p = table["ka"]
    assert (p.name, p.value, p.lower, p.upper, p.unit) == ("uptake", 0.5, 0.1, 2.0, "1/h")
    assert (p.estimate, p.prior, p.prior_parameters) == (True, "log-normal", (-0.7, 0.5))
    assert (p.kind, p.source, p.fact) == ("measured", "doi:10.1000/xyz", "0.5 per hour in 9 men")
    assert (p.iiv_cv_percent, p.note, p.row) == (30.0, "CV assumed", 3)
    assert table["life"].iiv_cv_percent is None


def test_the_table_is_a_mapping_in_the_order_of_the_file(table):
    assert list(table) == [row.split("|")[0] for row in ROWS]
    assert len(table) == len(ROWS)
    assert "ka" in table
    assert "kb" not in table
    assert list(table.values().items())[:2] == [("ka", 0.5), ("life", 2.0)]


def test_with_values_makes_another_table(table):
    other = table.with_values({"ka": 0})
    assert (other["ka"].value, table["ka"].value) == (0.0, 0.5)
    assert other["life"] == table["life"]


@pytest.mark.parametrize("value", ["x", "70", b"70", True, None, float("nan"), float("inf")])
def test_with_values_wants_finite_numbers(table, value):
    with pytest.raises(InputError, match=r"value of 'ka' is not a (finite )?number"):
        table.with_values({"ka": value})


def test_an_unknown_id_is_told_with_the_closest(table):
    for look in (lambda: table["turnovr"], lambda: table.with_values({"turnovr": 1.0})):
        with pytest.raises(InputError, match="unknown parameter 'turnovr'; did you mean 'turn"):
            look()


def test_subset_keeps_the_order(table):
    assert list(table.subset(["life", "ka"])) == ["ka", "life"]
    with pytest.raises(InputError, match="unknown parameter 'nope'"):
        table.subset(["nope"])


def test_frozen(table):
    with pytest.raises(AttributeError):
        table["ka"].value = 1.0
    with pytest.raises(AttributeError):
        table.parameters = ()


# --- every way a table can be wrong -----------------------------------------------------------


def with_cell(column, text, id_="ka"):
    """The rows with one cell of one row replaced."""
    rows = [row.split("|") for row in ROWS]
    next(r for r in rows if r[0] == id_)[COLUMNS.index(column)] = text
    return ["|".join(row) for row in rows]


WRONG_CELLS = [
    ("parameterId", "2ka", "bad identifier '2ka'"),
    ("parameterId", "k-a", "bad identifier 'k-a'"),
    ("parameterId", "", "bad identifier ''"),
    ("nominalValue", "fast", "nominalValue of 'ka' is not a number: 'fast'"),
    ("nominalValue", "", "nominalValue of 'ka' is not a number: ''"),
    ("nominalValue", "nan", "nominalValue of 'ka' is not a finite number: 'nan'"),
    ("nominalValue", "inf", "nominalValue of 'ka' is not a finite number: 'inf'"),
    ("nominalValue", "1_0", "nominalValue of 'ka' is not a number: '1_0'; write it with plain"),
    ("nominalValue", "１０", "nominalValue of 'ka' is not a number: '１０'; write it with plain"),
    ("nominalValue", "0,5", "nominalValue of 'ka' is not a number: '0,5'; write it with plain"),
    ("nominalValue", "1e999", "nominalValue of 'ka' is not a finite number: '1e999'"),
    ("lowerBound", "", "lowerBound of 'ka' is not a number: ''"),
    ("upperBound", "-inf", "upperBound of 'ka' is not a finite number"),
    ("upperBound", "0.01", "reversed bounds of 'ka': 0.1 > 0.01"),
    ("estimate", "1", "estimate of 'ka' is '1'; write true or false"),
    ("kind", "measurd", "unknown kind 'measurd'; did you mean 'measured'?"),
    ("priorDistribution", "lognormal", "unknown prior 'lognormal'; did you mean 'log-normal'?"),
    ("priorDistribution", "", "'ka' without a prior takes 0 parameters, not 2"),
    ("priorParameters", "1", "prior 'log-normal' of 'ka' takes 2 parameters, not 1"),
    ("priorParameters", "1;x", "priorParameters of 'ka' is not a number: 'x'"),
    ("iivCvPercent", "wide", "iivCvPercent of 'ka' is not a number: 'wide'"),
    ("iivCvPercent", "-3", "iivCvPercent of 'ka' is negative: -3"),
    ("fact", '"0.5"', 'cell "0.5" starts with a quote'),
]


@pytest.mark.parametrize(("column", "text", "message"), WRONG_CELLS)
def test_a_wrong_cell_is_told_with_file_and_line(tmp_path, column, text, message):
    path = write_table(tmp_path / "p.tsv", with_cell(column, text))
    with pytest.raises(InputError, match=re.escape(f"{path}: line 3: {message}")):
        ParameterTable.read(path)


def test_a_duplicated_id_is_told_with_both_lines(tmp_path):
    path = write_table(tmp_path / "p.tsv", [*ROWS, ROWS[0]])
    with pytest.raises(InputError, match=r"p\.tsv: line 9: duplicated id 'ka', first on line 3"):
        ParameterTable.read(path)


def test_a_line_with_too_few_columns(tmp_path):
    path = write_table(tmp_path / "p.tsv", [ROWS[0], "life|2.0"])
    with pytest.raises(InputError, match=r"p\.tsv: line 4: 2 columns instead of 14; separate"):
        ParameterTable.read(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\tunit\t", "\t", "line 2: missing column 'unit'"),
        ("\tunit\t", "\tunits\t", r"line 2: unknown column 'units'; did you mean 'unit'\?"),
        ("parameterId", '"parameterId"', "line 2: cell .* starts with a quote"),
        ("\tunit\t", "\tunit\tcolour\t", "line 2: unknown column 'colour'"),
        ("\tunit\t", "\tunit\tunit\t", "line 2: column 'unit' stands twice"),
    ],
)
def test_a_wrong_header(tmp_path, old, new, message):
    path = write_table(tmp_path / "p.tsv")
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=message):
        ParameterTable.read(path)


@pytest.mark.parametrize("rows", [[], ["# only a comment"], [""]])
def test_an_empty_table(tmp_path, rows):
    path = write_table(tmp_path / "p.tsv", rows)
    with pytest.raises(InputError, match=r"p\.tsv: the table is empty"):
        ParameterTable.read(path)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"no\.tsv: cannot be read: No such file"):
        ParameterTable.read(tmp_path / "no.tsv")
    (tmp_path / "latin.tsv").write_bytes("café".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.tsv: line 1: is not UTF-8 text"):
        ParameterTable.read(tmp_path / "latin.tsv")


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path, table):
    path = write_table(tmp_path / "p.tsv")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert ParameterTable.read(path) == table


# --- writing -----------------------------------------------------------------------------------

numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20
).map(lambda t: t.strip().lstrip('"').strip())


@st.composite
def parameters(draw):
    lower, value, upper = sorted(draw(st.tuples(numbers, numbers, numbers)))
    prior = draw(st.sampled_from(["", *PRIORS]))
    counts = draw(st.lists(numbers, min_size=(n := PRIORS.get(prior, 0)), max_size=n))
    return Parameter(
        draw(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)),
        *(value, lower, upper, draw(texts), draw(st.sampled_from(KINDS)), draw(texts)),
        *(draw(st.booleans()), prior, tuple(counts), draw(texts), draw(texts)),
        *(draw(st.none() | st.floats(0, 1e6)), draw(texts)),
    )


@given(rows=st.lists(parameters(), min_size=1, max_size=5, unique_by=lambda p: p.id))
def test_a_written_table_reads_back_the_same(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "p.tsv"
    table = ParameterTable(tuple(rows))
    table.write(path)
    assert ParameterTable.read(path) == table


def test_a_cell_that_would_break_the_file_is_not_written(tmp_path, table):
    row = Parameter("k", 1.0, 0.0, 2.0, "1/h", "assumed", note="two\nlines")
    with pytest.raises(InputError, match=r"cell 'two\\nlines' cannot be written"):
        ParameterTable((row,)).write(tmp_path / "p.tsv")
    assert not (tmp_path / "p.tsv").exists()


# --- PEtab -------------------------------------------------------------------------------------


def test_petab_1_passes_its_own_check(table):
    from petab.v1 import lint

    frame = table.to_petab1()
    lint.check_parameter_df(frame)
    assert frame.loc["ka", "parameterScale"] == "log10"
    assert frame.loc["ka", "objectivePriorType"] == "logNormal"
    # log-uniform over 0.01 to 1 is uniform over -2 to 0 on the log10 scale
    assert frame.loc["turnover", "objectivePriorType"] == "parameterScaleUniform"
    assert frame.loc["turnover", "objectivePriorParameters"] == "-2.0;0.0"
    assert frame.loc["base_left", "parameterScale"] == "lin"
    assert list(frame["estimate"]) == [1, 0, 1, 0, 0, 0]


def test_petab_1_lacks_some_priors():
    row = Parameter("k", 1.0, 0.1, 2.0, "1/h", "assumed", prior="gamma", prior_parameters=(1, 1))
    with pytest.raises(InputError, match="PEtab v1 has no 'gamma' prior for 'k'"):
        ParameterTable((row,)).to_petab1()
    row = Parameter("k", 1.0, 0, 2.0, "", "assumed", prior="log-uniform", prior_parameters=(0, 1))
    with pytest.raises(InputError, match="log-uniform prior of 'k' without a positive lower"):
        ParameterTable((row,)).to_petab1()


def test_petab_2_reads_the_table_as_it_was(table):
    from petab.v2 import core

    read = core.ParameterTable.from_df(table.to_petab2()).parameters
    for p, theirs in zip(table.parameters, read, strict=True):
        assert (theirs.id, theirs.nominal_value, theirs.lb, theirs.ub) == (
            *(p.id, p.value, p.lower, p.upper),
        )
        assert (theirs.estimate, theirs.prior_distribution or "") == (p.estimate, p.prior)
        assert tuple(theirs.prior_parameters) == p.prior_parameters


def test_the_priors_are_those_of_petab_2():
    from petab.v2 import C

    assert set(PRIORS) == set(C.PRIOR_DISTRIBUTIONS)


def test_the_import_is_light():
    code = (
        "import sys, il15_sim.model.parameters, il15_sim.model.units;"
        "print({'pandas', 'pint', 'numpy', 'petab', 'libsbml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- variants ----------------------------------------------------------------------------------


def test_a_variant_carries_its_values_and_its_provenance(tmp_path, table):
    path = write_variant(tmp_path / "fast.tsv", ["ka|2e0|a trial|twice", "life|0.5||"])
    variant = Variant.read(path, table)
    assert variant.name == "fast"
    assert variant.comments == ("written by the fit demo",)
    assert variant.values() == {"ka": 2.0, "life": 0.5}
    assert variant.overrides[0] == Override("ka", 2.0, "a trial", "twice")
    assert [o.row for o in variant.overrides] == [3, 4]


def test_an_unknown_parameter_of_a_variant_is_told_with_file_and_line(tmp_path, table):
    path = write_variant(tmp_path / "fast.tsv", ["ka|1||", "lief|0.5||"])
    message = "line 4: unknown parameter 'lief'; did you mean 'life'?"
    with pytest.raises(InputError, match=re.escape(f"{path}: {message}")):
        Variant.read(path, table)
    assert "lief" in Variant.read(path).values()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["ka|1||", "ka|2||"], "line 4: duplicated id 'ka', first on line 3"),
        (["ka|nan||"], "line 3: value of 'ka' is not a finite number: 'nan'"),
        (["ka|much||"], "line 3: value of 'ka' is not a number: 'much'"),
        (["ka|1"], "line 3: 2 columns instead of 4"),
        ([], "the table is empty"),
    ],
)
def test_a_faulty_variant(tmp_path, rows, message):
    path = write_variant(tmp_path / "bad.tsv", rows)
    with pytest.raises(InputError, match=message):
        Variant.read(path)


@given(
    values=st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), numbers, min_size=1),
    comments=st.lists(texts.filter(bool)),
)
def test_a_written_variant_reads_back_the_same(tmp_path_factory, values, comments):
    path = tmp_path_factory.mktemp("variant") / "v.tsv"
    overrides = tuple(Override(k, v, "fit", "") for k, v in values.items())
    variant = Variant("v", overrides, tuple(comments))
    variant.write(path)
    assert Variant.read(path) == variant
