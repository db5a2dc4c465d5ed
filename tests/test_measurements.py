"""Measurement tables are read with every fault told in one line, with file and line."""

import subprocess
import sys

import pytest

from il15_sim.errors import InputError
from il15_sim.files.resources import experiments_dir
from il15_sim.measurements import (
    read_measurements,
    read_quantities,
    read_study,
    study_names,
)

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
        ({"time": "soon"}, "time 'soon' is not a finite number"),
        ({"measurement": "nan"}, "measurement 'nan' is not a finite number"),
        ({"measurement": ""}, "measurement '' is not a finite number"),
        ({"measurement": "inf"}, "measurement 'inf' is not a finite number"),
        ({"measurement": "0"}, "measurement 0 is not positive; residuals are taken on the log"),
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
    with pytest.raises(InputError, match="the table is missing"):
        read_measurements(tmp_path / "none.tsv", QUANTITIES, ["arm_400mg"])
    table = write(tmp_path / "short.tsv", {})
    table.write_text(table.read_text(encoding="utf-8") + "x\ty\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 3: wrong number of columns"):
        read_measurements(table, QUANTITIES, ["arm_400mg"])


STUDY = """
title = "a"
citation = "b"
doi = "c"
population = "d"
credit = "e"
defects = []
[experiments.arm_400mg]
regimen = "sorafenib 400 mg q12h x 2 d"
"""


def a_study(tmp_path, text):
    folder = tmp_path / "mine2020"
    folder.mkdir()
    (folder / "study.toml").write_text(text, encoding="utf-8")
    write(folder / "measurements.tsv", {})
    header = "observableId\tobservableName\tobservableFormula\tunit\tquantity"
    line = f"{CONC}\tlevel\t{CONC}\tmg/L\tvalue"
    (tmp_path / "observables.tsv").write_text(f"{header}\n{line}\n", encoding="utf-8")
    return tmp_path


def test_a_study_of_ones_own_is_read(tmp_path):
    study = read_study("mine2020", a_study(tmp_path, STUDY))
    assert study.experiments["arm_400mg"].overrides == {}
    frame = study.to_frame()
    assert len(frame) == 1
    assert frame["value"].iloc[0] == 3.5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('doi = "c"', "", "study.toml: missing key 'doi'"),
        ('title = "a"', "title = ", "not a TOML file"),
        ('regimen = "sorafenib 400 mg q12h x 2 d"', "", "arm_400mg: missing key 'regimen'"),
        ('q12h x 2 d"', 'q12h x 2 d"\noverrides = 3', "overrides must map parameter ids"),
        (STUDY[STUDY.index("[exp") :], "experiments = []", "no experiment"),
    ],
)
def test_a_faulty_study_file_is_told(tmp_path, old, new, message):
    assert old in STUDY
    with pytest.raises(InputError, match=message):
        read_study("mine2020", a_study(tmp_path, STUDY.replace(old, new)))


def test_an_unknown_study_names_the_closest():
    with pytest.raises(InputError, match="did you mean 'flaherty2011'"):
        read_study("flaherty2012")


def test_an_unknown_quantity_and_a_second_row_of_one_id_are_told(tmp_path):
    header = "observableId\tobservableName\tobservableFormula\tunit\tquantity\n"
    path = tmp_path / "observables.tsv"
    path.write_text(f"{header}a\ta\ta\tmg/L\tpeek\n", encoding="utf-8")
    with pytest.raises(InputError, match="unknown quantity 'peek'; did you mean 'peak'"):
        read_quantities(tmp_path)
    path.write_text(f"{header}a\ta\ta\tmg/L\tpeak\na\tb\ta\tmg/L\tarea\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 3: observable 'a' stands twice"):
        read_quantities(tmp_path)


def test_reading_needs_no_pandas():
    code = (
        "import sys; from il15_sim.measurements import read_study; read_study('awada2005'); "
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert study_names()
