"""The report: one file that opens offline, with every section, every name escaped."""

import base64
import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from il15_sim.errors import InputError
from il15_sim.record import ResultFolder
from il15_sim.reporting.report import interval_end, report_html, short_number, write_report
from il15_sim.reporting.report_data import (
    doi_parts,
    find_results,
    pivot,
    read_result,
    shown_value,
)
from il15_sim.reporting.run_scenario import run_scenario
from il15_sim.scenario import Scenario

MARKUP = "<script>alert(1)</script>"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
VOID = {"meta", "br", "img"}


class Page(HTMLParser):
    """Collects what the tests ask about, and fails on a tag that is not closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.links, self.images, self.tags = [], [], [], [], set()
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.tags.add(tag)
        self.ids += [facts["id"]] if "id" in facts else []
        self.links += [facts["href"]] if "href" in facts else []
        self.images += [facts] if tag == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


def made_result(root, name, *, kind="scenario", title="A title", tables=(), pictures=(), about=()):
    with ResultFolder.open(root, name, {"scenario": name + title}, 3) as folder:
        facts = {"name": name, "title": title, "kind": kind, "description": "What it is."}
        folder.write("about.json", json.dumps(facts | dict(about)))
        for table, text in dict(tables).items():
            folder.write(f"data/{table}.csv", text)
        words = []
        for picture in pictures:
            folder.write(f"figures/{picture}.png", PIXEL)
            folder.write(f"figures/{picture}.svg", "<svg/>")
            facts = {
                "name": picture,
                "title": f"T {picture}",
                "alt": "A line.",
                "caption": "Shown.",
            }
            facts |= {"story": ["a: <none>", "b: none"]}
            words.append(
                facts | {"data": ["data/endpoints.csv", "data/none.csv", "../manifest.json"]}
            )
        folder.write("figures/captions.json", json.dumps(words))
    return folder.path


ENDPOINTS = """run,endpoint,observable,day,value,unit,floor
a,AUC0-12,sorafenib_total_mg_per_L,28,38.1234567,mg*h/L,5e-05
a,trough,temozolomide_mg_per_L,28,-5.9e-96,mg/L,7e-06
a,change,cd4_nkg2d_percent,56,1.25,percentage points,5e-06
a,fold,cd4_nkg2d_percent,56,1.5,,
b,change,cd4_nkg2d_percent,56,-0.125,percentage points,5e-06
"""
ARMS = "run,regimen,changed_parameters,status\na,none,,ok\nb,none,k = 0,ok\n"
PARAMETERS = """id,name,value,unit,kind,source,fact,note
ka,uptake,0.5,1/h,measured,"Jain 2011, doi:10.1111/j.1365-2125.2011.03963.x",quote,
kb,loss,0.25,1/h,assumed,-,,a guess
"""
ESTIMATES = """parameter,value,unit,lower95,upper95,lower_bound,upper_bound,at_bound
ka,0.5,1/h,0.1,0.9,0.1,9,
kb,9.0,1/h,,,0.1,9,upper
kc,1.0,1/h,0.5,2,0.1,9,
"""


@pytest.fixture
def results(tmp_path):
    tables = {"endpoints": ENDPOINTS, "arms": ARMS, "parameters": PARAMETERS}
    made_result(tmp_path, "one", title="Scenario one", tables=tables, pictures=["chain"])
    made_result(
        tmp_path,
        "pk",
        kind="fit",
        title="Fit of the PK",
        tables={"estimates": ESTIMATES},
        about={"warnings": ["kb = 9 1/h sits on its upper bound: the data do not identify it."]},
    )
    return tmp_path


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A report of a scenario that was really run, markup in all its names."""
    place = tmp_path_factory.mktemp("real")
    file = place / "marked.toml"
    file.write_text(
        f'title = "{MARKUP}"\ndescription = "{MARKUP} & <b>"\nhorizon_days = 2\n'
        f'[[arms]]\nname = "{MARKUP}"\nregimen = "sorafenib 400 mg q12h x 2 d"\n',
        encoding="utf-8",
    )
    folder = run_scenario(Scenario.read(file), place / "results")
    return write_report(folder, title=MARKUP)


def test_all_sections_are_there_and_the_contents_lead_to_them(results):
    page = Page(write_report(results).read_text(encoding="utf-8"))
    anchors = [link[1:] for link in page.links if link.startswith("#")]
    assert set(anchors) <= set(page.ids)
    assert {"summary", "parameters", "fits", "scenarios", "limits", "manifest"} <= set(anchors)
    assert len(page.ids) == len(set(page.ids))
    assert "Research only, not for treatment decisions." in page.text


def test_the_file_needs_nothing_from_outside(results, real):
    for path in (write_report(results), real):
        html = path.read_text(encoding="utf-8")
        page = Page(html)
        outside = {link for link in page.links if not link.startswith("#")}
        beside = {link for link in outside if not link.startswith("https://doi.org/10.")}
        # Nothing is loaded from these: they lead to the tables and drawings behind the figures.
        assert all((path.parent / unquote(link)).is_file() for link in beside)
        assert all(image["src"].startswith("data:image/png;base64,") for image in page.images)
        assert not page.tags & {"script", "link", "iframe", "object"}
        assert "@import" not in html
        assert "url(" not in html


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


def test_markup_in_names_is_shown_not_run(real):
    html = real.read_text(encoding="utf-8")
    page = Page(html)
    assert "script" not in page.tags
    assert MARKUP not in html
    # Title, heading, contents, scenario, arm, caption: all of them show it as text.
    assert page.text.count(MARKUP) >= 6
    assert f"{MARKUP} & <b>" in page.text


def test_parameters_are_counted_by_kind_and_listed_with_their_source(results):
    html = write_report(results).read_text(encoding="utf-8")
    text = " ".join(Page(html).text.split())
    assert "1 measured · 0 derived · 0 fitted · 1 assumed" in text
    assert "1 of 2 parameters are assumed" in text
    assert 'href="https://doi.org/10.1111/j.1365-2125.2011.03963.x"' in html


def test_a_value_at_its_bound_is_flagged(results):
    text = Page(write_report(results).read_text(encoding="utf-8")).text
    assert "at its upper bound" in text
    assert "the data do not identify it" in text


def test_an_interval_that_ends_on_a_bound_is_flagged(results):
    html = write_report(results).read_text(encoding="utf-8")
    rows = dict(re.findall(r"<code>(k[abc])</code></th>(.*?)</tr>", html))
    assert "ends on its lower bound" in rows["ka"]
    assert "ends on its" not in rows["kb"] + rows["kc"]


@pytest.mark.parametrize(
    ("lower", "upper", "told"),
    [("0.1", "9", "lower and upper"), ("0.2", "9.0001", "upper"), ("0.11", "8", ""), ("", "", "")],
)
def test_ends_of_intervals_are_compared_with_the_bounds(lower, upper, told):
    row = {"lower95": lower, "upper95": upper, "lower_bound": "0.1", "upper_bound": "9"}
    assert interval_end(row) == told


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


def test_endpoints_are_told_with_their_units(results):
    html = write_report(results).read_text(encoding="utf-8")
    row = re.search(r"<tr><th scope=\"row\">Sorafenib, total.*?</tr>", html)[0]
    assert [re.sub("<.*?>", "", c) for c in re.findall(r"<td.*?</td>", row)] == [
        *("AUC0-12", "28", "mg·h/L", "38.12", "–")
    ]
    assert "−0.125" in html


def test_the_summary_tells_share_and_count_of_every_arm(results):
    html = write_report(results).read_text(encoding="utf-8")
    part = html[html.index('<section id="summary">') : html.index('<section id="parameters">')]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', part)
    cells = {name: re.findall(r'<td class="n">(.*?)</td>', rest) for name, rest in rows}
    assert cells == {"a": ["56", "1.25", "1.5", "–", "–"], "b": ["56", "−0.125", "–", "–", "–"]}


def test_checks_are_told_where_they_were_made(results):
    found = find_results(results)
    bad = report_html(found, title="t", checks={"findings": ["error [units] <x>"]})
    assert "error [units] &lt;x&gt;" in bad
    assert "have 1 finding." in bad
    assert "Every check" in report_html(found, title="t", checks={"findings": []})


def test_a_file_changed_afterwards_is_pointed_out(results):
    (path,) = results.glob("one/*/data/arms.csv")
    path.write_text(ARMS + "c,none,,ok\n", encoding="utf-8")
    text = Page(write_report(results).read_text(encoding="utf-8")).text
    assert "Changed since the result was written: data/arms.csv." in text


def test_the_newest_result_of_a_name_is_told(tmp_path):
    for year, title in ((2001, "old"), (2002, "new")):
        path = made_result(tmp_path, "one", title=title)
        manifest = json.loads((path / "manifest.json").read_text())
        manifest["created"] = f"{year}-01-01T00:00:00+00:00"
        (path / "manifest.json").write_text(json.dumps(manifest))
    assert [result.title for result in find_results(tmp_path)] == ["new"]


def test_a_result_that_somebody_is_still_writing_is_left_alone(results):
    (done,) = results.glob("one/*")
    done.rename(done.with_name(".12345678.partial-x"))
    assert [result.name for result in find_results(results)] == ["pk"]


def test_a_report_inside_a_result_does_not_block_the_next_run(tmp_path):
    path = made_result(tmp_path, "one")
    write_report(path)
    assert made_result(tmp_path, "one") == path


def test_a_picture_cannot_be_named_out_of_its_folder(tmp_path):
    (tmp_path / "secret.png").write_bytes(PIXEL)
    path = made_result(tmp_path, "one")
    words = [{"name": "../../../../secret", "title": "", "alt": "", "caption": ""}]
    (path / "figures" / "captions.json").write_text(json.dumps(words))
    assert read_result(path).pictures == ()


# --- what cannot be told ---------------------------------------------------------------------


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no results; write some with"):
        write_report(tmp_path)
    with pytest.raises(InputError, match="is no folder; give a folder"):
        write_report(tmp_path / "nowhere")


def test_a_broken_manifest_is_refused(tmp_path):
    path = made_result(tmp_path, "one")
    (path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"manifest\.json: is no JSON"):
        write_report(tmp_path)
    (path / "manifest.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(InputError, match="is no results folder"):
        write_report(tmp_path)


def test_a_place_that_cannot_be_written_is_told(results, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("il15_sim.reporting.report.write_atomic", full)
    with pytest.raises(InputError, match=r"report\.html: cannot be written: No space left"):
        write_report(results)


# --- small parts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "dois"),
    [
        ("see doi:10.1000/a(b)c.", ["10.1000/a(b)c"]),
        ("(doi:10.1000/abc) and https://doi.org/10.1000/x", ["10.1000/abc", "10.1000/x"]),
        ("10.5 mg, label", []),
    ],
)
def test_dois_are_found_without_the_punctuation_around_them(text, dois):
    parts = doi_parts(text)
    assert [doi for _, doi in parts if doi] == dois
    assert "".join(piece for piece, _ in parts) == text


@pytest.mark.parametrize(
    ("text", "digits", "told"),
    [
        ("1084.2", 3, "1080"),
        ("-0.12345", 4, "−0.1235"),
        ("0.000630", 4, "0.00063"),
        ("ok", 4, "ok"),
    ],
)
def test_numbers_are_short(text, digits, told):
    assert short_number(text, digits) == told


def test_a_pivot_has_one_column_per_run():
    rows = [
        {"run": r, "endpoint": "Cmax", "observable": "x", "day": "1", "unit": "nM", "value": v}
        for r, v in (("a", "1"), ("b", "2"))
    ]
    assert pivot([*rows, {"run": "c", "endpoint": "failed"}], ["Cmax"]) == (
        ["a", "b", "c"],
        [("x", "Cmax", "1", "nM", ["1", "2", ""])],
    )
