"""What the report says of figures and numbers: links, folds, floors, bounds, narrow windows."""

import re
from urllib.parse import unquote

import pytest

from il15_sim.reporting.report import report_html, write_report
from il15_sim.reporting.report_data import find_results, shown_value
from tests.reporting.made_results import Page, real, results

__all__ = ["real", "results"]  # fixtures


def test_every_figure_has_a_text_for_those_who_cannot_see_it(results, real):
    for path in (write_report(results), real):
        images = Page(path.read_text(encoding="utf-8")).images
        assert images
        assert all(image["alt"].strip() for image in images)


def test_every_figure_leads_to_its_data_and_its_drawing(results):
    page = Page(write_report(results).read_text(encoding="utf-8"))
    (folder,) = (path.relative_to(results).as_posix() for path in results.glob("one/*"))
    beside = [link for link in page.links if not link.startswith(("#", "https:"))]
    # What is not there, or lies outside the result, is no link.
    assert beside == [f"{folder}/data/endpoints.csv", f"{folder}/figures/chain.svg"]


def test_a_report_without_a_place_has_no_links_to_files(results):
    page = Page(report_html(find_results(results), title="t"))
    assert all(link.startswith(("#", "https:")) for link in page.links)
    assert "Behind it" not in page.text


def test_the_links_of_a_report_elsewhere_lead_to_the_results(results, tmp_path):
    place = tmp_path / "a report" / "here"
    place.mkdir(parents=True)
    page = Page(report_html(find_results(results), title="t", place=place))
    beside = [link for link in page.links if not link.startswith(("#", "https:"))]
    assert len(beside) == 2
    assert all((place / unquote(link)).is_file() for link in beside)


def test_the_long_story_of_a_figure_stands_in_a_fold(results):
    html = write_report(results).read_text(encoding="utf-8")
    fold = re.search(r"<figcaption>.*?<details>(.*?)</details>", html, re.DOTALL)[1]
    assert re.findall(r"<li>(.*?)</li>", fold) == ["a: &lt;none&gt;", "b: none"]


def test_no_figure_is_told_twice(results, real):
    for path in (write_report(results), real):
        sources = [image["src"] for image in Page(path.read_text(encoding="utf-8")).images]
        assert len(sources) == len(set(sources))


def test_in_a_narrow_window_tables_scroll_and_pictures_shrink(results, real):
    for path in (write_report(results), real):
        html = path.read_text(encoding="utf-8")
        boxes = html.count("<table")
        assert boxes > 0
        assert len(re.findall(r'<div class="scroll"[^>]*><table', html)) == boxes
        assert re.search(r"figure img \{ max-width: 100%; height: auto;", html)
        assert re.search(r"\.scroll \{ overflow-x: auto;", html)
        assert 'name="viewport" content="width=device-width' in html
        # Nothing outside the scrolling tables demands more than the 380 pixels of a telephone.
        rules = re.findall(r"([^{}]+)\{([^{}]*)\}", html[: html.index("</style>")])
        wide = [
            selector.strip()
            for selector, rule in rules
            for number, unit in re.findall(r"min-width: ([\d.]+)(rem|px)", rule)
            if float(number) * (16 if unit == "rem" else 1) > 380
        ]
        assert all(selector.startswith("table.wide") for selector in wide)


def test_an_interval_that_ends_on_a_bound_is_flagged(results):
    html = write_report(results).read_text(encoding="utf-8")
    rows = dict(re.findall(r"<code>(k[abc])</code></th>(.*?)</tr>", html))
    assert "ends on its lower bound" in rows["ka"]
    assert "ends on its" not in rows["kb"] + rows["kc"]


def test_a_level_below_the_floor_is_told_as_such(results):
    html = write_report(results).read_text(encoding="utf-8")
    row = re.search(r"<tr><th scope=\"row\">Temozolomide.*?</tr>", html)[0]
    assert "&lt; 7×10⁻⁶" in row
    assert "e-96" not in html
    assert "“&lt; x”: below a millionth of the largest value" in html


@pytest.mark.parametrize(
    ("value", "floor", "told"),
    [
        ("6e-96", "7e-06", "< 7×10⁻⁶"),
        ("-4.8e-14", "0.005", "< 0.005"),
        ("0.001", "5e-20", "0.001"),
        ("3e-21", "5e-20", "< 5×10⁻²⁰"),
        ("1.5", "", "1.5"),
        ("", "1", ""),
        ("0", "0", "0"),
    ],
)
def test_values_are_shown_down_to_their_floor(value, floor, told):
    assert shown_value({"value": value, "floor": floor}) == told
