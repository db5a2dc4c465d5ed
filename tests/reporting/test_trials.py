"""What a report shows of a virtual trial."""

import pytest

from il15_sim.reporting.report import write_report
from il15_sim.reporting.report_data import read_result
from il15_sim.reporting.trials import trial_view
from tests.reporting.made_results import MARKUP, PARAMETERS, Page, made_result

ARMS = (
    "hypothesis,arm,quantity,words,unit,value,lower,upper\n"
    "h,one,deaths,deaths,,12345,,\n"
    "h,one,os_median,median overall survival,d,331,306.04,inf\n"
    "h,two,deaths,deaths,,9,,\n"
)
CLAIM = (
    "hypothesis,arm,outcome,measure,adjusted,patients,events,hazard_ratio,lower,upper,reason\n"
    "h,one,survival,log-fold,False,40,12,0.8123,0.7,0.9,\n"
    f"h,two,survival,log-fold,False,30,2,,,,too few {MARKUP}\n"
)
POWER = "hypothesis,arm,trials,significant_longer\nh,one,500,0.21\n"
ANSWER = [{"title": f"A rise {MARKUP}", "lines": ["Yes: on one.", MARKUP]}]


@pytest.fixture
def place(tmp_path):
    tables = {"arms": ARMS, "claim": CLAIM, "power": POWER, "parameters": PARAMETERS}
    tables["patients"] = "patient\n" + "987654321\n" * 3
    made_result(
        tmp_path, "romeo", kind="trial", title="Who lives", tables=tables, pictures=["curves_os"],
        about={"answer": ANSWER, "warnings": ["3 of 40 simulations failed."]},
    )  # fmt: skip
    return tmp_path


def test_a_trial_has_its_section_with_answer_arms_and_figures(place):
    page = Page(write_report(place).read_text(encoding="utf-8"))
    assert {"trials", "trial-1"} <= set(page.ids)
    assert {"#trials", "#trial-1"} <= set(page.links)
    for text in (
        "Who lives",
        "Yes: on one.",
        MARKUP,
        "3 of 40 simulations failed.",
        "median overall survival (d)",
        "All 2 hazard ratios of the rise",
        "and 1 virtual trial.",
        "Every run outside a virtual trial is one typical patient.",
    ):
        assert text in page.text
    # Patients are for programs.
    assert "987654321" not in page.text
    assert [image["alt"] for image in page.images] == ["A line."]
    assert page.tags & {"script"} == set()


def test_arms_stand_side_by_side(place):
    (folder,) = (place / "romeo").iterdir()
    view = trial_view(read_result(folder))
    assert view["arms"] == [
        {"quantity": "deaths", "one": "12345", "two": "9"},
        {"quantity": "median overall survival (d)", "one": "331 (306 to inf)", "two": "–"},
    ]
    assert view["claim"][1]["why none"] == f"too few {MARKUP}"
    assert "hypothesis" not in view["claim"][0]
