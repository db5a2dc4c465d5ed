"""Over how large a region of the assumed parameters do the behaviours hold?

Writes `experiments/behaviour_region.tsv` and the table in `models/README.md`. Takes some minutes:

    python experiments/behaviour_region.py --draws 100 --workers 2
"""

import argparse
from pathlib import Path

from tqdm import tqdm

from il15_sim import Model
from il15_sim.behaviours.region import drivers, region, shares

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- region: written by experiments/behaviour_region.py -->", "<!-- end of region -->"


def main() -> None:
    """Draw, judge, and write both tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--draws", type=int, default=100, help="draws per width")
    options.add_argument("--seed", type=int, default=2014)
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()

    model = Model.load()
    with tqdm(unit="draw") as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        draws = region(
            model,
            draws=given.draws,
            seed=given.seed,
            workers=given.workers,
            progress=progress,
        )
    table = shares(draws)
    table.to_csv(HERE / "behaviour_region.tsv", sep="\t", index=False, float_format="%.4g")

    wide = table.pivot(index="behaviour", columns="width", values="share")
    wide = wide.loc[table["behaviour"].unique(), table["width"].unique()]
    lines = [
        "| behaviour | " + " | ".join(wide.columns) + " |",
        "|---|" + "---|" * len(wide.columns),
        *(f"| {n} | " + " | ".join(f"{x:.2f}" for x in row) + " |" for n, row in wide.iterrows()),
    ]
    readme = HERE.parent / "models" / "README.md"
    text = readme.read_text(encoding="utf-8")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    readme.write_text(head + "\n".join([BEGIN, *lines, END]) + tail, encoding="utf-8")
    print(table.to_string(index=False))
    print(drivers([d for d in draws if d.width == "2-fold"], "subset").to_string(index=False))


if __name__ == "__main__":
    main()
