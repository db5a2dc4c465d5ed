"""A small healthy folder of models, which the tests of the checks break in one place each."""

from il15_sim.check import run_checks, sync_ant_values
from il15_sim.check.sync import BEGIN, END
from il15_sim.model.parameters import COLUMNS
from il15_sim.model.variant import VARIANT_COLUMNS

DOI = "doi:10.1000/xyz"
ROWS = [
    # id, name, value, lower, upper, estimate, prior, parameters, unit, kind, source, fact, cv, note
    f"ka|uptake|0.5|0.1|2|true|log-normal|-0.7;0.5|1/h|measured|{DOI}|0.5 per hour in 9 men|30|"
    "CV assumed",
    "life|mean life|2.0|0.5|10|false|||h|derived|-|= 1 / ka||",
    "turnover|turnover|0.1|0.01|1|true|log-uniform|0.01;1|1/h|fitted|-|demo||start value",
    "base_left|receptors|100|10|1000|false|uniform|10;1000|molecule/cell|assumed|-||"
    "|no count is published for it",
    "base_right|receptors|200|10|1000|false|||molecule/cell|assumed|-||"
    "|no count is published for it",
    "density|cells|500|50|5000|false|||cell/uL|measured|pmid:123|1,500 cells, of which 500 count||",
]

ABSORPTION = f"""\
// One depot.
module absorption()
  unit time_unit = 3600 second;
  unit ratio = dimensionless;
  unit hour = 3600 second;
  unit per_hour = 1 / (3600 second);
  unit mg = 1e-3 gram;
  var depot; depot has mg; depot = 1;
  ka has per_hour;
  life has hour;
  depot' = -0.5 ratio * (ka + 1 ratio / life) * depot;
  {BEGIN}
  {END}
end
"""
CELL = f"""\
module cell()
  unit time_unit = 3600 second;
  unit ratio = dimensionless;
  unit hour = 3600 second;
  unit per_hour = 1 / (3600 second);
  unit molecules_per_cell = ratio;
  unit cells_per_uL = 1e6 item / litre;
  var receptors; receptors has molecules_per_cell; receptors = 100;
  turnover has per_hour;
  base has molecules_per_cell;
  density has cells_per_uL;
  total := receptors * density; total has cells_per_uL;
  // drive comes from another module in the patient
  drive has ratio; drive = 1;
  receptors' = turnover * (base * drive - receptors);
  {BEGIN}
  {END}
end
"""
UNITS = ("ratio", "hour", "per_hour", "molecules_per_cell", "cells_per_uL")
CELLS = "\n".join(
    [f"  {c}.{unit} is {unit};" for c in ("left", "right") for unit in UNITS]
    + [f"  {c}.{x} is {x};" for c in ("left", "right") for x in ("turnover", "density", "drive")]
    + [f"  {c}.{x} is {x}_{c};" for c in ("left", "right") for x in ("base", "receptors", "total")]
)
PATIENT = f"""\
import "modules/absorption.ant"
import "modules/cell.ant"
module patient()
  unit time_unit = 3600 second;
  gut: absorption();
  left: cell(); right: cell();
  unit ratio = dimensionless;
  unit hour = 3600 second;
  unit per_hour = 1 / (3600 second);
  unit mg = 1e-3 gram;
  unit molecules_per_cell = ratio;
  unit cells_per_uL = 1e6 item / litre;
  gut.ratio is ratio; gut.hour is hour; gut.per_hour is per_hour; gut.mg is mg;
  gut.ka is ka; gut.life is life; gut.depot is depot;
{CELLS}
  drive := depot / (1 mg); drive has ratio;
  {BEGIN}
  {END}
end
"""


def write_table(path, rows=ROWS):
    lines = ["# made for a test", "\t".join(COLUMNS)]
    path.write_text("\n".join(lines + [row.replace("|", "\t") for row in rows]) + "\n", "utf-8")
    return path


def write_variant(path, rows=("turnover|0.12|the fit|",), comments=("written by the fit demo",)):
    lines = [f"# {c}" for c in comments] + ["\t".join(VARIANT_COLUMNS)]
    path.write_text("\n".join(lines + [row.replace("|", "\t") for row in rows]) + "\n", "utf-8")
    return path


def healthy(folder):
    """Write the healthy problem and return its folder."""
    for name in ("modules", "variants", "fits"):
        (folder / name).mkdir()
    write_table(folder / "parameters.tsv")
    write_variant(folder / "variants" / "demo_fit.tsv")
    (folder / "fits" / "demo.toml").write_text("", "utf-8")
    (folder / "modules" / "absorption.ant").write_text(ABSORPTION, "utf-8")
    (folder / "modules" / "cell.ant").write_text(CELL, "utf-8")
    (folder / "patient.ant").write_text(PATIENT, "utf-8")
    sync_ant_values(folder, ("demo_fit",))
    return folder


def change(path, old, new):
    """Replace a text that stands exactly once in a file."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")


def change_row(folder, id_, **cells):
    """Replace cells of one row of the table."""
    path = folder / "parameters.tsv"
    lines = path.read_text("utf-8").split("\n")
    n = next(i for i, line in enumerate(lines) if line.startswith(f"{id_}\t"))
    row = dict(zip(COLUMNS, lines[n].split("\t"), strict=True)) | cells
    lines[n] = "\t".join(row[c] for c in COLUMNS)
    path.write_text("\n".join(lines), "utf-8")
    return n + 1


def told(folder, check=None, severity=None):
    """Findings of a folder as lines, of one check and severity where given."""
    findings = run_checks(folder, folder, shipped=("demo_fit",))
    return [str(f) for f in findings if check in (None, f.check) and severity in (None, f.severity)]


def test_the_healthy_problem_is_healthy(tmp_path):
    assert told(healthy(tmp_path)) == []
