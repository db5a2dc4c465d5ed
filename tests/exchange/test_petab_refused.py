"""What cannot be read or written is told in one line with file and row."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from il15_sim import Change, InputError
from il15_sim.exchange import read_petab, write_petab
from il15_sim.fit import run_fit
from il15_sim.fit.rows import Rows
from il15_sim.fit.treatments import Arm
from tests.made import petab_files as files
from tests.made import petab_problems as made

ROW = "seen one 1 20 - -"
TWO = [
    ("measurements", ROW, "- one 1 20 - -", "measurements.tsv: line 2: no observableId"),
    ("measurements", ROW, "sen one 1 20 - -", "unknown observable 'sen'; did you mean 'seen'?"),
    ("measurements", ROW, "seen one 1 nan - -", "measurements.tsv: line 2: no measurement"),
    ("measurements", ROW, "seen one 1 x - -", "measurement is not a number: 'x'"),
    ("measurements", ROW, f"{ROW}\nseen one 1.0 20 - -", "line 3: a repetition of the row at"),
    ("measurements", ROW, "seen one 1 -2 - -", "-2 of 'seen'; on a log scale it is positive"),
    ("measurements", ROW, "seen onn 1 20 - -", "unknown experiment 'onn'; did you mean 'one'?"),
    ("measurements", ROW, "seen one inf 20 - -", "time inf is not supported"),
    ("measurements", ROW, "seen one -1 20 - -", "time -1 is negative"),
    ("measurements", "- 0.5", "- 0", "spread 0 is not positive; a reading without any spread"),
    ("measurements", "- 0.5", "- x", "noiseParameters is not a number: 'x'"),
    ("measurements", "- 0.5", "- -", "line 5: 0 noiseParameters instead of 1"),
    ("measurements", ROW, "seen one 1 20 - - more", "line 2: 7 cells instead of 6"),
    ("parameters", "10 0.2 true", "10 20 true", "nominal value 20 of 'k'; its bounds are 0.01 to"),
    ("parameters", "k 0.01", "k 20", "bounds 20 and 10 of 'k'; the lower one is the smaller"),
    ("parameters", "k 0.01", "dose 0.01", "parameter 'dose' stands twice"),
    ("parameters", "0.2 true", "0.2 maybe", "estimate 'maybe'; write true or false"),
    ("parameters", "log-normal", "laplace", "unknown prior 'laplace'"),
    ("parameters", "-1.2;0.5", "-1.2;0", "line 2: log-normal prior: SD of the logarithm 0 is not"),
    ("parameters", "-1.2;0.5", "-1.2", "1 priorParameters instead of 2"),
    ("parameters", "k 0.01 10", "k 0 10", "a log-normal prior of 'k' and a lower bound of 0"),
    ("parameters", "0.1 true -", "0.1 true log-normal", "no priorParameters"),
    ("parameters", "unit_factor -", "other 1 9 3 true - -\nunit_factor -", "'other' is estimated"),
    ("problem", "[conditions.tsv]", "[condition.tsv]", "condition_files: "),
    ("problem", "measurement_files: [measurements.tsv]", "measurement_files: []", "no measure"),
    ("problem", "observable_files: [observables.tsv]", "observable_files: []", "no observables"),
    ("problem", "2.0.0", "3", "format_version 3; PEtab 1 and 2 are read"),
    ("problem", "sbml}", "pysb}", "a model in pysb; SBML is read"),
    ("problem", "{decay:", "{one: {}, decay:", "2 models; one is read"),
    ("problem", "2.0.0", "2\nmapping_files: [a]", "mapping_files are not supported"),
    (
        *("problem", "2.0.0", "2\nextensions: {x: {version: 1, required: true}}"),
        "extension 'x' is not supported",
    ),
    ("problem", "condition_files: [", "condition_files: ]", "problem.yaml: is no YAML"),
    ("experiments", "one 2 given", "one 2 givn", "unknown condition 'givn'; did you mean 'given'?"),
    ("experiments", "two 0 -", "two -inf -", "experiments with and without a period at -inf"),
    ("experiments", "one 0 -", "one -3 -", "an experiment that begins at -3"),
    ("experiments", "one 2 given", "one 2 given\none 2 washed", "'A' is set by two conditions at"),
    ("conditions", "A+dose", "A+", "conditions.tsv: line 2: formula 'A+' cannot be read"),
    ("conditions", "A+dose", "A*dose", "formula 'A*dose' is not supported; later periods set"),
    ("conditions", "A+dose", "3*A", "it takes 3 times the target"),
    ("conditions", "A+dose", "A+dos", "formula 'A+dos' names 'dos'; neither model nor"),
    ("conditions", "given A ", "given B ", "target 'B' is not of the model"),
    ("conditions", "twice A", "given A", "condition 'given' sets 'A' twice"),
    ("observables", "unit_factor*A", "unit_factor*(A", "'unit_factor*(A' cannot be read"),
    ("observables", "unit_factor*A", "exp(B)", "names 'B'; neither model nor parameter table"),
    ("observables", "2*sd_seen", "2*sd_seen+A", "noiseFormula '2*sd_seen+A' is not supported"),
    ("observables", "log-normal", "laplace", "unknown noiseDistribution 'laplace'"),
    ("observables", "plain A", "seen A", "observable 'seen' stands twice"),
]
ONE = [
    ("measurements", "seen - fast 0", "seen - fats 0", "unknown condition 'fats'; did you mean"),
    ("parameters", "offset lin 0", "offset log10 0", "lower bound 0 of 'offset'; on a log scale"),
    ("parameters", "normal 0;1", "laplace 0;1", "unknown prior 'laplace'"),
    ("observables", "lin noise", "log2 noise", "unknown observableTransformation 'log2'"),
    ("conditions", "k_fast start_A", "k_fasd start_A", "names 'k_fasd'; neither model nor"),
    ("problem", "problems:", "other:", "not one problem with one SBML file"),
    ("conditions", "slow k_slow", "fast k_slow", "condition 'fast' stands twice"),
    ("conditions", "k_fast start_A", "2*k_fast start_A", "a number or one parameter is read"),
]


@pytest.mark.parametrize(("stem", "old", "new", "told"), TWO)
def test_version_2(tmp_path, stem, old, new, told):
    path = files.write(tmp_path, files.TWO, **{stem: (old, new)})
    with pytest.raises(InputError) as error:
        read_petab(path, time_unit="d")
    assert told in str(error.value)
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize(("stem", "old", "new", "told"), ONE)
def test_version_1(tmp_path, stem, old, new, told):
    path = files.write(tmp_path, files.ONE, **{stem: (old, new)})
    with pytest.raises(InputError) as error:
        read_petab(path, time_unit="d")
    assert told in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    path = files.write(tmp_path, files.TWO, problem=("[conditions.tsv]", "[condition.tsv]"))
    told = f"{path}: condition_files: {tmp_path / 'condition.tsv'}: cannot be read: No such file"
    with pytest.raises(InputError) as error:
        read_petab(path, time_unit="d")
    assert str(error.value).startswith(told)
    with pytest.raises(InputError, match=r"nothing\.yaml: cannot be read"):
        read_petab(tmp_path / "nothing.yaml")


def test_a_unit_of_time_is_needed(tmp_path):
    path = files.write(tmp_path, files.TWO)
    fix = r'name it, as in read_petab\(path, time_unit="min"\)'
    with pytest.raises(InputError, match=f"has no unit of time; .*; {fix}"):
        read_petab(path)


def test_more_parameters_than_data(tmp_path):
    text = files.TWO["measurements.tsv"]
    first = text.split("\n")[1]
    path = files.write(tmp_path, {**files.TWO, "measurements.tsv": text.split(first)[0] + first})
    problem = read_petab(path, time_unit="d")
    with pytest.raises(InputError, match="1 readings for 2 parameters; estimate fewer"):
        run_fit(problem)


def test_a_prior_of_a_size_of_errors(tmp_path):
    path = files.write(tmp_path, files.TWO, parameters=("0.1 true - -", "0.1 true normal 0;1"))
    with pytest.raises(InputError, match="a prior of 'sd_seen'; sizes of errors are estimated"):
        read_petab(path, time_unit="d")


def test_rows_of_the_extension(tmp_path):
    written = write_petab(made.dosed(tmp_path), tmp_path / "petab")
    rows = tmp_path / "petab" / "il15_sim_rows.tsv"
    text = rows.read_text()
    for old, new, told in (
        ("\tpeak\t", "\tpek\t", r"line 2: unknown quantity 'pek'; did you mean 'peak'"),
        ("\toften\t", "\tofen\t", r"line 2: unknown experiment 'ofen'; did you mean 'often'"),
        ("\tlog-normal\t", "\tlog-norm\t", r"line 2: unknown likelihood 'log-norm'"),
        ("agonist_pM\t", "agonist_nM\t", r"line 2: unknown observable 'agonist_nM'"),
        ("\t1000.0\t", "\t-1000.0\t", r"line 2: .*measured -1000"),
    ):
        assert old in text
        rows.write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match=told):
            read_petab(written.path)


def test_what_version_1_does_not_have(tmp_path):
    dosed = made.dosed(tmp_path)
    told = (
        "dosed: arm 'once' has doses, or changes after the start; PEtab 1 has none; write version 2"
    )
    with pytest.raises(InputError, match=told):
        write_petab(dosed, tmp_path / "petab", version=1)
    dish = made.dish(tmp_path)
    rows = tuple(replace(r, kind="mean-sd-student", known={"sd": 1.0, "n": 3.0}, size="")
                 for r in dish.rows.rows)  # fmt: skip
    with pytest.raises(InputError, match="8 rows that PEtab 1 has no formula for; the first is"):
        write_petab(replace(dish, rows=Rows(rows, "x")), tmp_path / "petab", version=1)
    assert not (tmp_path / "petab").exists()
    with pytest.raises(InputError, match="PEtab version 3; choose 1 or 2"):
        write_petab(dish, tmp_path / "petab", version=3)


def test_what_lies_there_stays(tmp_path):
    dish = made.dish(tmp_path)
    with pytest.raises(InputError, match="is not an empty folder; name another one"):
        write_petab(dish, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dish.csv", "dish.toml"]


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr("il15_sim.exchange.petab_write.write_tsv", fails)
    with pytest.raises(OSError, match="disk full"):
        write_petab(made.dish(tmp_path), tmp_path / "petab")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dish.csv", "dish.toml"]


def test_rows_of_the_extension_come_back(tmp_path):
    """Rows without a formula come back from the table of the extension as they were."""
    dosed = made.dosed(tmp_path)
    again = read_petab(write_petab(dosed, tmp_path / "petab").path)
    (peak,) = (r for r in dosed.rows.rows if r.reads.quantity == "peak")
    (back,) = (r for r in again.rows.rows if r.reads.quantity == "peak")
    assert (back.reads, back.known, back.size, back.measured) == (
        *(peak.reads, peak.known, peak.size, peak.measured),
    )
    assert np.isfinite(back.start_h)


def test_a_change_needs_one_size_of_its_compartment(tmp_path):
    path = files.write(tmp_path, files.TWO, parameters=("dose 1", "c 1 9 2 true - -\ndose 1"))
    with pytest.raises(InputError, match="'A'; it is a concentration in 'c', whose size is not"):
        read_petab(path, time_unit="d")


def test_what_a_rule_tells_cannot_be_changed(tmp_path):
    path = files.write(tmp_path, files.TWO, conditions=("given A A+dose", "given J J+dose"))
    with pytest.raises(InputError, match="experiment 'one': 'J' cannot be changed; it is no state"):
        read_petab(path, time_unit="d")


def test_a_multiple_at_the_start(tmp_path):
    """What a model of others is given at its start may be no multiple of a parameter."""
    problem = read_petab(files.write(tmp_path, files.TWO), time_unit="d")
    arm = Arm(changes=(Change(0.0, "A", 1.0, per="k"),))
    problem = replace(problem, arms=dict.fromkeys(problem.arms, arm))
    with pytest.raises(InputError, match="a change of 'A' at the start that 'k' multiplies"):
        write_petab(problem, tmp_path / "petab")


def test_what_is_no_problem(tmp_path):
    path = tmp_path / "problem.yaml"
    path.write_text("- a\n")
    with pytest.raises(InputError, match="is no PEtab problem; it has no format_version"):
        read_petab(path)
    files.write(tmp_path, files.TWO)
    (tmp_path / "model.xml").write_text("<sbml/>")
    with pytest.raises(InputError, match="the SBML text holds no model"):
        read_petab(path, time_unit="d")


def test_yaml_has_to_be_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    fix = r"pip install 'il15-sim\[petab\]'"
    with pytest.raises(InputError, match=f"a PEtab problem; YAML is not read; {fix}"):
        read_petab(files.write(tmp_path, files.TWO))
