"""Predictions beside what was published: what the figure shows, and what it refuses."""

import pandas as pd
import pytest

from il15_sim import plots
from il15_sim.errors import InputError


def table():
    return pd.DataFrame(
        {
            "group": ["Alive", "Alive", "Response"],
            "label": ["one year", "two years", "any"],
            "published": [0.5, 0.2, 0.1],
            "lower": [0.4, 0.1, 0.05],
            "upper": [0.6, 0.3, 0.15],
            "predicted": [0.45, 0.35, 0.1],
            "used": ["fit", "compare", "compare"],
        }
    )


def markers(figure):
    """Predictions: (percent, marker, colour, filled)."""
    lines = [line for axes in figure.axes for line in axes.lines if line.get_marker() in "so"]
    return [
        (
            round(float(line.get_xdata()[0]), 6),
            line.get_marker(),
            line.get_color(),
            line.get_markerfacecolor() == line.get_color(),
        )
        for line in lines
    ]


def test_colour_and_marker_tell_fits_from_predictions_and_filling_agreement():
    (one, two, three) = markers(plots.agreement(table()))
    assert [one[0], two[0], three[0]] == [45, 35, 10]
    assert (one[1], two[1], three[1]) == ("s", "o", "o")
    assert one[2] != two[2] == three[2]
    assert (one[3], two[3], three[3]) == (True, False, True)


def test_groups_head_their_rows_in_two_columns():
    figure = plots.agreement(table())
    names = [[text.get_text() for text in axes.get_yticklabels()] for axes in figure.axes]
    assert names == [["Alive", "one year", "two years"], ["Response", "any"]]


def test_one_group_stands_in_one_column():
    assert len(plots.agreement(table().iloc[:2]).axes) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"used": "fitted"}, "(?s)'fitted'.*'fit'"),
        ({"published": 0.9}, "interval .* of 'one year'.*holds its estimate"),
        ({"predicted": "high"}, "column 'predicted'.*not of numbers"),
    ],
)
def test_faults(change, told):
    with pytest.raises(InputError, match=told):
        plots.agreement(table().assign(**change))
