"""Values written into the Antimony files."""

import os
import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim.check import sync_ant_values
from il15_sim.check.blocks import rewrite_blocks
from il15_sim.check.sync import antimony_number, synced_text
from il15_sim.errors import InputError
from il15_sim.model.parameters import Parameter, ParameterTable
from il15_sim.model.sbml import read_sbml_facts, sbml_from_antimony
from tests.check.test_problem import BEGIN, END, change, change_row, healthy, told, write_variant

TABLE = ParameterTable(
    tuple(Parameter(i, v, 0.0, 1e9, "1/h", "assumed") for i, v in [("b", 2.0), ("a", 1e-7)])
)


@pytest.fixture
def folder(tmp_path):
    return healthy(tmp_path)


def block(text):
    """The lines of the first block of values."""
    return [line.strip() for line in text.split(BEGIN)[1].split(END)[0].strip().split("\n")]


def model(code, inside=""):
    return f"module m()\n  {code}\n  {BEGIN}\n{inside}  {END}\nend\n"


def test_lines_stand_in_the_order_of_the_table():
    assert block(synced_text(model("a has x; b has x;"), TABLE)) == ["b = 2;", "a = 1e-07;"]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("a has x;", ["a = 1e-07;"]),
        ("p.inner is a;", ["a = 1e-07;"]),
        ("// a\n  b has x;", ["b = 2;"]),
        ('b has x; b is "the rate a";', ["b = 2;"]),
        ("a := 3; b has x;", ["b = 2;"]),
        ("a' = 3; b has x;", ["b = 2;"]),
        ("p.a has x; ba has x; a_ has x; b has x;", ["b = 2;"]),
    ],
)
def test_what_counts_as_a_parameter_of_the_model(code, lines):
    assert block(synced_text(model(code), TABLE)) == lines


def test_a_name_inside_an_instance_is_its_flattened_row():
    table = ParameterTable((Parameter("p_k", 3.0, 0.0, 9.0, "1/h", "assumed"),))
    assert block(synced_text(model("p: cell(); p.k has x;"), table)) == ["p.k = 3;"]


def test_each_model_of_a_file_has_its_own_block():
    text = synced_text(model("a has x;") + model("b has x;"), TABLE)
    first, second = text.split("end\n")[:2]
    assert block(first) == ["a = 1e-07;"]
    assert block(second) == ["b = 2;"]


def test_writing_again_changes_nothing():
    once = synced_text(model("a has x; b has x;", "  old = 1;\n"), TABLE)
    assert "old" not in once
    assert synced_text(once, TABLE) == once


def test_text_without_a_block_stays_as_it_is():
    assert synced_text("module m()\n a = 4;\nend", TABLE) == "module m()\n a = 4;\nend"


def test_windows_line_ends_are_kept():
    text = synced_text(model("a has x;").replace("\n", "\r\n"), TABLE)
    assert text.count("\n") == text.count("\r\n") == 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"module m()\n{BEGIN}\nend",
            f"line 2: the block '{BEGIN[:40]}' does not end; add '{END}'",
        ),
        (f"module m()\n{END}\nend", f"line 2: '{END}' without its beginning"),
        (f"{BEGIN}\n{END}", "line 1: a block outside of a model"),
        (f"module m()\n{BEGIN}\n{END}\n", "line 2: a block outside of a model"),
    ],
)
def test_a_faulty_block(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        synced_text(text, TABLE)


def test_other_blocks_can_be_written_the_same_way():
    text = "model m()\n  // state\n  x = 1;\n  // done\n  x' = 2;\nend"
    seen = []
    new = rewrite_blocks(text, "// state", "// done", lambda code: seen.append(code) or ["x = 5;"])
    assert new == text.replace("x = 1", "x = 5")
    assert "x' = 2" in seen[0]
    assert "x = 1" not in seen[0]


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_reads_back_the_same(value):
    assert float(antimony_number(value)) == value


@pytest.mark.parametrize("value", [1 / 3, 6.02214076e23, 1e-30, 123456789.0, 0.1 + 0.2, -2.5])
def test_antimony_reads_the_number_that_was_written(tmp_path, value):
    table = ParameterTable((Parameter("k", value, -1e99, 1e99, "1/h", "assumed"),))
    path = tmp_path / "m.ant"
    path.write_text(synced_text(model("k has per_hour; unit per_hour = 1/hour;"), table), "utf-8")
    read = read_sbml_facts(sbml_from_antimony(path)).constants["k"]
    assert read == pytest.approx(value, rel=1e-14)


# --- files -------------------------------------------------------------------------------------


def test_sync_writes_what_changed_and_nothing_else(folder):
    assert sync_ant_values(folder, ("demo_fit",)) == ()
    change_row(folder, "life", nominalValue="4.0", fact="= 2 / ka")
    (line, *_) = told(folder, "value_blocks")
    assert "'life = 2;' should be 'life = 4;'; run il15-sim sync" in line
    assert sync_ant_values(folder, ("demo_fit",)) == (
        folder / "modules" / "absorption.ant",
        folder / "patient.ant",
    )
    assert told(folder) == []


def test_a_missing_line_is_told_where_it_belongs(folder):
    path = folder / "modules" / "absorption.ant"
    change(path, "  ka = 0.5;\n", "")
    (line,) = told(folder, "value_blocks")
    number = path.read_text("utf-8").split("\n").index("  life = 2;") + 1
    assert line.startswith(f"error [value_blocks] {path}: line {number}: 'life = 2;' should be")


def test_later_shipped_variants_win(folder):
    write_variant(folder / "variants" / "second.tsv", ["turnover|0.5|x|"])
    sync_ant_values(folder, ("demo_fit", "second"))
    assert "turnover = 0.5;" in (folder / "patient.ant").read_text("utf-8")
    sync_ant_values(folder, ())
    assert "turnover = 0.1;" in (folder / "patient.ant").read_text("utf-8")


def test_a_fault_changes_no_file(folder):
    change_row(folder, "ka", nominalValue="0.6")
    change(folder / "patient.ant", END, "")
    before = (folder / "modules" / "absorption.ant").read_text("utf-8")
    with pytest.raises(InputError, match=r"patient\.ant: line \d+: the block '.*' does not end"):
        sync_ant_values(folder, ("demo_fit",))
    assert (folder / "modules" / "absorption.ant").read_text("utf-8") == before
    assert any("[value_blocks]" in t and "does not end" in t for t in told(folder))


def test_an_unknown_parameter_of_a_shipped_variant_is_refused(folder):
    write_variant(folder / "variants" / "demo_fit.tsv", ["turnovr|0.5|x|"])
    with pytest.raises(InputError, match="unknown parameter 'turnovr'; did you mean 'turnover'"):
        sync_ant_values(folder, ("demo_fit",))


def test_no_temporary_file_is_left_and_others_may_read(folder):
    change_row(folder, "ka", nominalValue="0.6")
    sync_ant_values(folder, ("demo_fit",))
    assert sorted(os.listdir(folder / "modules")) == ["absorption.ant", "cell.ant"]
    assert stat.S_IMODE((folder / "patient.ant").stat().st_mode) & 0o400


def test_a_file_that_is_not_text_is_told(folder):
    (folder / "modules" / "cell.ant").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"cell\.ant: is not UTF-8 text"):
        sync_ant_values(folder, ("demo_fit",))
