"""The report: one file that opens offline, with every section, every name escaped."""

import json
import re
from urllib.parse import unquote

import pytest

from il15_sim.errors import InputError
from il15_sim.reporting.report import report_html, short_number, write_report
from il15_sim.reporting.report_data import doi_parts, find_results, pivot, read_result
from tests.reporting.made_results import ARMS, MARKUP, PIXEL, Page, made_result, real, results

__all__ = ["real", "results"]  # fixtures


def test_all_sections_are_there_and_the_contents_lead_to_them(results):
    page = Page(write_report(results).read_text(encoding="utf-8"))
    anchors = [link[1:] for link in page.links if link.startswith("#")]
    assert set(anchors) <= set(page.ids)
    assert {"summary", "parameters", "links", "fits", "scenarios", "limits", "manifest"} <= set(
        anchors
    )
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
    assert "1 measured · 0 derived · 0 fitted · 1 assumed · 1 setting" in text
    assert "1 of 2 parameters, settings aside, are assumed" in text
    assert re.search(r"CD4\+NKG2D\+ of CD4\+\s*11\s*12\s*13\s*14\s*15\s*95 of 165", text)
    assert 'href="https://doi.org/10.1111/j.1365-2125.2011.03963.x"' in html


def test_what_each_link_rests_on_is_told_with_the_counts_of_assumed_rows(results):
    html = write_report(results).read_text(encoding="utf-8")
    part = html[html.index('<section id="links">') : html.index('<section id="fits">')]
    assert "<h2>What each link rests on</h2>" in part
    assert (
        "1 of 3 parameters are assumed, and 1 are settings. Before the links were fitted, 115 of "
        "174 were assumed, of which 15 are counted as settings now."
    ) in part
    row = re.search(r"<tbody>\s*<tr>(.*?)</tr>", part, re.DOTALL)[1]
    assert re.sub("<.*?>", " ", row[: row.index("<td>")]).split() == [
        *("uptake", "sorafenib_pk", "fit", "sorafenib_pk")
    ]
    assert re.findall(r"<td>(.*?)</td>", row) == [
        *("12 rows", "7", "0.9 of the seen", "–", "the loss, &lt;b&gt;all&lt;/b&gt;"),
        "a second peak",
    ]
    heads = [re.sub("<.*?>", "", c) for c in re.findall(r"<th scope=\"col\">.*?</th>", part)]
    assert heads[-1] == "what would falsify it"


def test_results_without_links_have_no_section_of_them(tmp_path):
    made_result(tmp_path, "one", tables={"arms": ARMS})
    page = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert "links" not in page.ids
    assert "#links" not in page.links


def test_a_value_at_its_bound_is_flagged(results):
    text = Page(write_report(results).read_text(encoding="utf-8")).text
    assert "on its upper bound" in text
    assert "the data do not identify it" in text


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


@pytest.mark.parametrize("study", ["awada2005", ""])
def test_cohorts_are_told_of_only_where_studies_were_fitted(tmp_path, study):
    tables = {
        "residuals": f"study,measured\n{study},1.0\n",
        "fold_errors": f"study,gmfe\n{study},1.2\n",
    }
    made_result(tmp_path, "f", kind="fit", tables=tables, about={"answer": ["f fitted to d.csv"]})
    page = Page(report_html(find_results(tmp_path), title="T"))
    assert "f fitted to d.csv" in page.text
    assert ("Geometric mean fold error" in page.text) == bool(study)
    assert ("Data of many cohorts" in page.text) == bool(study)
