"""Predictions beside what was published, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from il15_sim.errors import unknown
from il15_sim.plots.trial_table import check_ends, read_rows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_ROW_MM = 4.0
#: Colour and marker of a prediction by what its reading was used for.
_USED = {"fit": (0, "s", "read by a fit"), "compare": (1, "o", "kept aside: a prediction")}


def agreement(
    rows: pd.DataFrame, *, label: str = "Share of patients (%)", width_mm: float = 180.0
) -> Figure:
    """What a model gives beside what was published, with the interval in which it agrees.

    Parameters
    ----------
    rows : DataFrame
        Columns `group` (rows of a group follow each other under its heading), `label`, `published`,
        `lower`, `upper`, `predicted` (shares, 0 to 1) and `used`: `"fit"` for readings that a fit
        has read, `"compare"` for those kept aside; they differ in colour and in marker.
    label : str
        What the axis shows.
    width_mm : float
        Width on paper. Groups stand in two columns of about the same length.

    Returns
    -------
    matplotlib Figure
        A prediction outside the interval has an empty marker.

    Raises
    ------
    InputError
        For tables without these columns, other words in `used`, and intervals that do not hold
        what was published.

    Examples
    --------
    >>> import pandas as pd
    >>> from il15_sim import plots
    >>> table = pd.DataFrame({"group": "alive", "label": ["one year", "two years"],
    ...                       "published": [0.5, 0.2], "lower": [0.4, 0.1], "upper": [0.6, 0.3],
    ...                       "predicted": [0.45, 0.35], "used": ["fit", "compare"]})
    >>> figure = plots.agreement(table)
    """
    from il15_sim.plots import figure as look

    numbers = ("published", "lower", "upper", "predicted")
    found = read_rows(rows, numbers, ("group", "label", "used"), what="agreement")
    for used in found["used"]:
        if used not in _USED:
            raise unknown("use of a reading", str(used), _USED, "agreement")
    check_ends(found, "published", "lower", "upper", what="agreement")
    columns = _columns(found)
    lines = max(len(own) + own["group"].nunique() for own in columns)
    high = max(1.0, float(found[list(numbers)].to_numpy(float).max()))
    with look.themed():
        figure = look.new_figure(width_mm, 22.0 + _ROW_MM * lines)
        panels = figure.subplots(1, len(columns), squeeze=False)[0]
        for axes, own in zip(panels, columns, strict=True):
            _panel(axes, own, lines)
            axes.set_xlim(0, 102 * high)
            axes.set_xlabel(look.plain(label))
        figure.legend(
            handles=_keys(), loc="outside upper center", ncols=4, columnspacing=1.6, borderpad=0.1
        )
    return figure


def _columns(found: pd.DataFrame) -> list[pd.DataFrame]:
    """Groups in two columns; one where there is only one group."""
    groups = [own for _, own in found.groupby("group", sort=False)]
    sizes = [len(own) + 1 for own in groups]
    if len(groups) == 1:
        return groups
    splits = range(1, len(groups))
    best = min(splits, key=lambda k: max(sum(sizes[:k]), sum(sizes[k:])))
    import pandas as pd

    return [pd.concat(groups[:best]), pd.concat(groups[best:])]


def _panel(axes: Any, own: pd.DataFrame, lines: int) -> None:
    from il15_sim.plots import figure as look

    line, places, names, headings = 0, [], [], []
    for group, rows in own.groupby("group", sort=False):
        headings.append(line)
        places.append(line)
        names.append(look.plain(str(group)))
        for row in rows.to_dict("records"):
            line += 1
            places.append(line)
            names.append(look.plain(str(row["label"])))
            axes.hlines(line, 100 * row["lower"], 100 * row["upper"], color=look.GREY, linewidth=1)
            axes.plot(100 * row["published"], line, "|", color="black", markersize=5)
            tint, marker, _ = _USED[str(row["used"])]
            inside = row["lower"] <= row["predicted"] <= row["upper"]
            axes.plot(
                *(100 * row["predicted"], line, marker),
                color=look.colour(tint),
                markerfacecolor=look.colour(tint) if inside else "white",
                markersize=3.8,
                clip_on=False,
            )
        line += 1
    axes.set_ylim(lines - 0.4, -0.6)
    axes.set_yticks(places, names)
    for k, text in enumerate(axes.get_yticklabels()):
        if places[k] in headings:
            text.set_fontweight("bold")
    axes.tick_params(axis="y", left=False)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def _keys() -> list[Any]:
    from matplotlib.lines import Line2D

    from il15_sim.plots import figure as look

    shown: dict[str, Any] = {"markersize": 3.8, "linestyle": ""}
    keys = [Line2D([], [], color=look.GREY, marker="|", markeredgecolor="black", label="published")]
    for tint, marker, told in _USED.values():
        keys.append(Line2D([], [], color=look.colour(tint), marker=marker, label=told, **shown))
    outside: dict[str, Any] = {"markerfacecolor": "white", "label": "outside the interval"}
    keys.append(Line2D([], [], color=look.GREY, marker="o", **shown, **outside))
    return keys
