"""Made-up results folders for tests of the report, and a reader of its HTML."""

import base64
import json
from html.parser import HTMLParser

import pytest

from il15_sim.files.record import ResultFolder
from il15_sim.jobs.run import run_scenario
from il15_sim.reporting.report import write_report
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
link_switch,the link,1,dimensionless,setting,-,,1 lets it act
"""
HEADLINES = """observable,measured,derived,fitted,assumed,setting
cd4_nkg2d_percent,11,12,13,14,15
"""
LINKS = """link,modules,fit,data,fitted,errors,not_identified,assumed,falsify
uptake,sorafenib_pk,sorafenib_pk,12 rows,7,0.9 of the seen,,"the loss, <b>all</b>",a second peak
"""
ESTIMATES = """\
parameter,value,unit,lower95,upper95,lower_bound,upper_bound,on_bound,interval_on_bound
ka,0.5,1/h,0.1,0.9,0.1,9,,lower
kb,9.0,1/h,,,0.1,9,upper,
kc,1.0,1/h,0.5,2,0.1,9,,
"""


@pytest.fixture
def results(tmp_path):
    tables = {"endpoints": ENDPOINTS, "arms": ARMS, "parameters": PARAMETERS}
    tables |= {"headlines": HEADLINES, "links": LINKS}
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
    folder = run_scenario(Scenario.read(file), place / "results").path
    return write_report(folder, title=MARKUP)
