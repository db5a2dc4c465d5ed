"""What a report shows of a sweep."""

import pytest

from il15_sim.reporting.report import write_report
from il15_sim.reporting.report_data import read_result
from il15_sim.reporting.sweeps import sweep_view
from tests.reporting.made_results import MARKUP, PARAMETERS, Page, made_result

HALVES = "output,time_h,factor,other,index,half,whole,change,low,high\n" + "".join(
    f"y,,k{i},,{index},0.{9 - i % 9},{value},0.01,0.1,0.2\n"
    for i in range(12)
    for index, value in (("S1", 0.01), ("ST", 0.01 * i if i < 11 else ""))
)
FAILURES = "stage,output,failed,where,reasons\nscreen,y,7,mostly at k1,no steady state (7 runs)\n"
FACTORS = "factor,low,high\nk1,0.5,2\nk2,1,3\n"
ANSWER = [{"title": f"Y {MARKUP}", "lines": ["Drivers: k1.", MARKUP]}]


@pytest.fixture
def place(tmp_path):
    tables = {"halves": HALVES, "failures": FAILURES, "factors": FACTORS, "parameters": PARAMETERS}
    made_result(
        tmp_path, "drive", kind="sweep", title="What drives Y", tables=tables,
        pictures=["sobol_y"], about={"answer": ANSWER, "warnings": ["The sample is too small."]},
    )  # fmt: skip
    return tmp_path


def test_a_sweep_has_its_section_with_answer_figures_and_failures(place):
    page = Page(write_report(place).read_text(encoding="utf-8"))
    assert {"sweeps", "sweep-1"} <= set(page.ids)
    assert {"#sweeps", "#sweep-1"} <= set(page.links)
    for text in (
        "What drives Y",
        "Drivers: k1.",
        MARKUP,
        "The sample is too small.",
        "no steady state (7 runs)",
        "All 2 parameters that were varied",
        "0 scenarios with\n0 arms and 1 sweep.",
    ):
        assert text in page.text
    assert [image["alt"] for image in page.images] == ["A line."]
    assert page.tags & {"script"} == set()


def test_the_leading_parameters_stand_first(place):
    (folder,) = (place / "drive").iterdir()
    view = sweep_view(read_result(folder))
    assert view["index"] == "ST"
    # An index that does not exist is no leading one.
    assert [row["parameter"] for row in view["indices"]] == [f"k{i}" for i in range(10, 0, -1)]
    assert view["indices"][0] == {
        "output": "y", "parameter": "k10", "index": "ST", "first half": "0.8", "all": "0.1",
        "95 % from": "0.1", "to": "0.2",
    }  # fmt: skip


def test_a_screen_alone_is_told_by_its_mean_effects(tmp_path):
    halves = HALVES.replace("ST", "mu_star").replace("S1", "sigma")
    made_result(tmp_path, "one", kind="sweep", tables={"halves": halves})
    (folder,) = (tmp_path / "one").iterdir()
    view = sweep_view(read_result(folder))
    assert {row["index"] for row in view["indices"]} == {"mu_star"}


def test_a_report_without_sweeps_has_no_section_of_them(tmp_path):
    made_result(tmp_path, "one")
    assert "sweeps" not in Page(write_report(tmp_path).read_text(encoding="utf-8")).ids
