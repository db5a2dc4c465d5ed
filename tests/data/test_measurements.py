"""Measurement tables are read with every fault told in one line, with file and line."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from il15_sim.data import (
    read_measurements,
    read_quantities,
)
from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir

QUANTITIES = read_quantities(experiments_dir() / "data")
CONC, AUC, RATIO = "sorafenib_total_mg_per_L", "sorafenib_auc_mg_h_per_L", "sorafenib_auc_ratio"
BASE = {
    "observableId": CONC,
    "experimentId": "arm_400mg",
    "time": "12",
    "measurement": "3.5",
    "timeStart": "",
    "referenceExperimentId": "",
    "referenceTime": "",
    "referenceTimeStart": "",
    "observableParameters": "",
    "noiseParameters": "",
    "weight": "",
    "n": "",
    "spreadType": "",
    "spread": "",
    "unit": "mg/L",
    "used": "fit",
}


def write(path, *changes, header=None):
    rows = [{**BASE, **change} for change in changes]
    columns = header or list(BASE)
    lines = ["\t".join(columns), *("\t".join(row[c] for c in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(tmp_path, *changes, header=None):
    table = write(tmp_path / "measurements.tsv", *changes, header=header)
    return read_measurements(table, QUANTITIES, ["arm_400mg", "arm_single"], "study")


def test_a_row_carries_its_numbers_and_its_place(tmp_path):
    (row,) = read(tmp_path, {"n": "18", "noiseParameters": "0.3", "weight": "0.5"})
    assert (row.value, row.time_h, row.n, row.noise_sd_log, row.weight) == (3.5, 12, 18, 0.3, 0.5)
    assert row.where.endswith("measurements.tsv: line 2")
    assert (row.factor, row.reference, row.study) == (1.0, None, "study")


def test_a_ratio_knows_its_reference(tmp_path):
    change = {"observableId": RATIO, "unit": "1", "timeStart": "0", "referenceTime": "24"}
    change |= {"referenceExperimentId": "arm_single", "referenceTimeStart": "12"}
    (row,) = read(tmp_path, change)
    window = row.reference
    assert (window.experiment, window.start_h, window.end_h) == ("arm_single", 12, 24)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observableId": "sorafenib_totl_mg_per_L"}, f"did you mean '{CONC}'"),
        ({"experimentId": "arm_40mg"}, "unknown experiment 'arm_40mg'; did you mean 'arm_400mg'"),
        ({"unit": "ug/L"}, "unit 'ug/L' of 'sorafenib_total_mg_per_L'; give it in mg/L"),
        ({"time": "-1"}, "negative time -1; times are hours after the first dose"),
        ({"time": "soon"}, "time is not a number: 'soon'"),
        ({"measurement": "nan"}, "measurement is not a finite number: 'nan'"),
        ({"measurement": ""}, "measurement is not a number: ''"),
        ({"measurement": "inf"}, "measurement is not a finite number: 'inf'"),
        ({"measurement": "0"}, "measurement 0 is not positive; residuals are taken on the log"),
        (
            {"measurement": "1_000"},
            "measurement is not a number: '1_000'; write it",
        ),
        (
            {"measurement": "１２"},
            "measurement is not a number: '１２'; write it",
        ),
        ({"measurement": "3,5"}, "measurement is not a number: '3,5'; write it"),
        ({"measurement": '"3.5"'}, 'cell "3.5" starts with a quote; cells are plain text'),
        ({"measurement": '"3.5'}, 'cell "3.5 starts with a quote; cells are plain text'),
        ({"n": "0.3"}, "n 0.3 is not a whole number from 1 on"),
        ({"n": "2.5"}, "n 2.5 is not a whole number from 1 on"),
        ({"n": "0"}, "n 0 is not a whole number from 1 on"),
        ({"n": "few"}, "n is not a number: 'few'"),
        ({"spreadType": "CV"}, "unknown spreadType 'CV'; did you mean 'CV%'?"),
        ({"spreadType": "SD"}, "spread is empty; spread and spreadType go together"),
        ({"spread": "2"}, "spreadType is empty; spread and spreadType go together"),
        ({"spreadType": "SD", "spread": "1_0"}, "spread '1_0' is not a number: '1_0'"),
        ({"spreadType": "SD", "spread": "0"}, "spread '0' 0 is not positive"),
        ({"spreadType": "IQR", "spread": "3"}, "spread '3' is not an interval; write it as low-h"),
        ({"spreadType": "range", "spread": "3-2"}, "spread '3-2' is not an interval"),
        ({"spreadType": "IQR", "spread": "1-2-3"}, "spread '1-2-3' is not an interval"),
        ({"spreadType": "IQR", "spread": "0-3"}, "spread '0-3' 0 is not positive"),
        ({"weight": "-1"}, "weight -1 is not positive"),
        ({"used": "fitt"}, "unknown use 'fitt'; did you mean 'fit'"),
        ({"observableId": AUC, "unit": "mg*h/L"}, f"'{AUC}' without an interval"),
        (
            {"observableId": AUC, "unit": "mg*h/L", "timeStart": "12"},
            "fill timeStart with an earlier time than 12",
        ),
        ({"observableId": RATIO, "unit": "1", "timeStart": "0"}, "unknown experiment ''"),
    ],
)
def test_a_faulty_cell_is_told_with_file_and_line(tmp_path, change, message):
    with pytest.raises(InputError) as error:
        read(tmp_path, {}, change)
    assert message in str(error.value)
    assert "measurements.tsv: line 3: " in str(error.value)


def test_a_duplicated_row_is_told(tmp_path):
    with pytest.raises(InputError, match="line 3: duplicated row; the same as line 2"):
        read(tmp_path, {}, {})


@pytest.mark.parametrize(
    "spelt",
    [
        {"time": "12.0"},
        {"time": "1.2e1", "measurement": "3.50"},
        {"n": "18.0"},
        {"weight": "1"},
        {"spread": "1.0-2.50"},
    ],
)
def test_a_row_that_differs_only_in_spelling_is_a_duplicate(tmp_path, spelt):
    row = {"n": "18", "spreadType": "range", "spread": "1-2.5"}
    with pytest.raises(InputError, match="line 3: duplicated row; the same as line 2"):
        read(tmp_path, row, row | spelt)


def test_rows_that_differ_in_what_they_say_are_two(tmp_path):
    assert len(read(tmp_path, {}, {"n": "18"}, {"weight": "2"}, {"time": "13"})) == 4


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("noiseParameter", "noiseParameters"), ("Weight", "weight"), ("colour", "choose one of: ")],
)
def test_an_unknown_column_is_told_with_the_closest(tmp_path, wrong, right):
    path = write(tmp_path / "m.tsv", {})
    column = right if right in BASE else "n"
    text = path.read_text(encoding="utf-8").replace(f"\t{column}\t", f"\t{wrong}\t", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_measurements(path, QUANTITIES, ["arm_400mg"])
    told = f"did you mean '{right}'?" if right in BASE else right
    assert f"m.tsv: line 1: unknown column '{wrong}'; {told}" in str(error.value)


def test_an_unclosed_quote_swallows_nothing(tmp_path):
    with pytest.raises(InputError, match='line 2: cell "mg/L starts with a quote'):
        read(tmp_path, {"unit": '"mg/L'}, {"time": "13"}, {"time": "14"})
    header = [*BASE, "note"]
    rows = [{"time": t, "note": n} for t, n in (("1", 'a "word'), ("2", ""), ("3", '5"'))]
    assert [m.note for m in read(tmp_path, *rows, header=header)] == ['a "word', "", '5"']


def test_lines_are_counted_as_an_editor_counts_them(tmp_path):
    path = write(tmp_path / "m.tsv", {}, {"time": "soon"})
    text = path.read_text(encoding="utf-8").replace("\n", "\n\n# why\n\n", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"m\.tsv: line 6: time is not a number"):
        read_measurements(path, QUANTITIES, ["arm_400mg"])


CELLS = st.fixed_dictionaries(
    {"time": st.integers(0, 5000).map(str), "measurement": st.floats(1e-6, 1e6).map(repr)},
    optional={"n": st.integers(1, 500).map(str), "note": st.sampled_from(["Fig. 2", "µ", 'a "b'])},
)


@settings(deadline=None)
@given(
    rows=st.lists(CELLS, min_size=1, max_size=5, unique_by=lambda row: row["time"]),
    mark=st.booleans(),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    blank=st.lists(st.sampled_from(["", "  ", "\t\t", "# a comment"]), max_size=3),
    pad=st.sampled_from(["", " ", "  "]),
    last=st.booleans(),
)
def test_the_layout_of_a_table_changes_nothing(
    tmp_path_factory, rows, mark, ends, blank, pad, last
):
    folder = tmp_path_factory.mktemp("table")
    path = write(folder / "m.tsv", *({"note": "", **row} for row in rows), header=[*BASE, "note"])
    expected = read_measurements(path, QUANTITIES, ["arm_400mg"])
    lines = [x.replace("\t", f"{pad}\t{pad}") for x in path.read_text("utf-8").splitlines()]
    text = ends.join(x + pad for line in lines for x in (*blank, line)) + ends * last
    path.write_bytes(b"\xef\xbb\xbf" * mark + text.encode())
    found = read_measurements(path, QUANTITIES, ["arm_400mg"])
    assert [replace(m, where="") for m in found] == [replace(m, where="") for m in expected]
    step = len(blank) + 1
    assert [m.where for m in found] == [f"{path}: line {(i + 2) * step}" for i in range(len(rows))]


def test_other_encodings_are_told(tmp_path):
    path = write(tmp_path / "m.tsv", {})
    text = path.read_text(encoding="utf-8")
    for content, told in (
        (text.encode("utf-16"), r"m\.tsv: is written in UTF-16; save it as UTF-8 text"),
        (text.encode("utf-16-le"), r"m\.tsv: line 1: holds a zero byte; it is no text, or written"),
        (f"{text}µ".encode("latin-1"), r"m\.tsv: line 3: is not UTF-8 text; save it as UTF-8"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=told):
            read_measurements(path, QUANTITIES, ["arm_400mg"])


@pytest.mark.parametrize("column", ["observableId", "experimentId", "time", "unit", "used"])
def test_a_missing_column_is_told(tmp_path, column):
    with pytest.raises(InputError, match=f"missing column '{column}'"):
        read(tmp_path, {}, header=[c for c in BASE if c != column])


def test_an_empty_table_is_told(tmp_path):
    with pytest.raises(InputError, match="the table is empty"):
        read(tmp_path)
    nothing = tmp_path / "nothing.tsv"
    nothing.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="the table is empty"):
        read_measurements(nothing, QUANTITIES, ["arm_400mg"])


def test_a_missing_table_and_a_broken_line_are_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.tsv: cannot be read: No such file"):
        read_measurements(tmp_path / "none.tsv", QUANTITIES, ["arm_400mg"])
    table = write(tmp_path / "short.tsv", {})
    table.write_text(table.read_text(encoding="utf-8") + "x\ty\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 3: 2 columns instead of 16; separate the"):
        read_measurements(table, QUANTITIES, ["arm_400mg"])


def test_an_unknown_quantity_and_a_second_row_of_one_id_are_told(tmp_path):
    header = "observableId\tobservableName\tobservableFormula\tunit\tquantity\n"
    path = tmp_path / "observables.tsv"
    path.write_text(f"{header}a\ta\ta\tmg/L\tpeek\n", encoding="utf-8")
    with pytest.raises(InputError, match="unknown quantity 'peek'; did you mean 'peak'"):
        read_quantities(tmp_path)
    path.write_text(f"{header}a\ta\ta\tmg/L\tpeak\na\tb\ta\tmg/L\tarea\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 3: duplicated id 'a', first on line 2"):
        read_quantities(tmp_path)
