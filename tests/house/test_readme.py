"""The README holds: every snippet runs as it is printed, and nothing in it points nowhere."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from il15_sim.cli import cli
from il15_sim.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)
PYTHON = [text for language, text in BLOCKS if language == "python"]
TOML = [text for language, text in BLOCKS if language == "toml"]
COMMANDS = re.findall(r"^il15-sim (.+?)(?:\s+#.*)?$", README, re.M)
LINKS = re.findall(r"\]\(([^)]+)\)", README)


def test_there_are_snippets():
    assert len(PYTHON) >= 3
    assert len(TOML) == 2
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_a_snippet_of_python_runs_as_printed(number, tmp_path):
    # Paths of models are those of a clone.
    (tmp_path / "models").symlink_to(ROOT / "models")
    code = "import matplotlib; matplotlib.use('Agg')\n" + PYTHON[number]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "name"),
    zip(TOML, ["holiday", "0.5 nM, washed out after an hour"], strict=True),
    ids=["patient", "dish"],
)
def test_the_scenarios_of_the_readme_read(text, name, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    (arm,) = Scenario.read(file).arms
    assert arm.name == name


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_line_of_the_readme_parses(command):
    name, *rest = command.split()
    with cli.make_context("il15-sim", [name, *rest]) as context:
        found = cli.get_command(context, name)
        assert found is not None
        with found.make_context(name, rest, parent=context):
            pass


@pytest.mark.parametrize("target", sorted(set(LINKS)))
def test_a_link_leads_somewhere(target):
    if not target.startswith(("https://", "#")):
        assert (ROOT / target).exists()


def test_the_text_for_the_package_index_has_no_link_to_a_file(tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path]
    subprocess.run([*map(str, command), str(ROOT)], check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith("METADATA")]
        text = archive.read(name).decode("utf-8")
    assert "Two commands" in text
    assert "![" not in text
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    assert all(target.startswith(("https://", "#")) for target in links)
