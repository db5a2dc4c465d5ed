"""Maps of doses and schedules show the numbers of the sweep."""

import numpy as np
import pytest
import xarray as xr

from il15_sim import InputError, plots

VALUES = np.array([[4.0, 3.0], [2.0, 1.0], [6.0, 5.0]])


def sweep(values=VALUES, unit="mg/L"):
    """Doses out of order, as a user may give them."""
    return xr.Dataset(
        {"peak": (("dose", "every"), values, {"units": unit}), "status": ((), "ok")},
        {"dose": ("dose", [400.0, 200.0, 600.0], {"units": "mg/m2"}), "every": [12.0, 24.0]},
    )


def test_two_axes_make_a_map_with_each_number_in_its_cell():
    figure = plots.dose_map(sweep(), approved={"dose": 400, "every": 12})
    axes, bar = figure.axes
    mesh = next(c for c in axes.collections if hasattr(c, "get_coordinates"))
    np.testing.assert_array_equal(mesh.get_array(), [[2.0, 4.0, 6.0], [1.0, 3.0, 5.0]])
    np.testing.assert_array_equal(mesh.get_coordinates()[0, :, 0], [100, 300, 500, 700])
    np.testing.assert_array_equal(mesh.get_coordinates()[:, 0, 1], [6, 18, 30])
    assert [axes.get_xlabel(), axes.get_ylabel()] == ["Dose (mg/m²)", "Every"]
    assert bar.get_ylabel() == "peak\n(mg/L)"
    (star,) = axes.get_lines()
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (400, 12)
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["approved"]


def test_one_axis_makes_a_line_with_points():
    figure = plots.dose_map(sweep().sel(every=12), approved={"dose": 400})
    line, mark = figure.axes[0].get_lines()
    assert list(line.get_xdata()) == [200, 400, 600]
    assert list(line.get_ydata()) == [2.0, 4.0, 6.0]
    assert list(mark.get_xdata()) == [400, 400]


def test_a_run_without_a_number_is_told_and_the_same_everywhere_has_no_contour():
    values = np.full((3, 2), 7.0)
    values[0, 0] = np.nan
    figure = plots.dose_map(sweep(values))
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["no number"]
    assert len(figure.axes[0].collections) == 1


def test_labels_and_areas_are_written_as_people_write_them():
    figure = plots.dose_map(sweep(unit="mg/L h"), labels={"every": "Interval (h)"})
    assert figure.axes[0].get_ylabel() == "Interval (h)"
    assert figure.axes[1].get_ylabel() == "peak\n(mg·h/L)"
    figure = plots.dose_map(sweep(), labels={"peak": "Peak (mg per litre)"})
    assert figure.axes[1].get_ylabel() == "Peak (mg per litre)"


def test_values_over_decades_stand_on_a_logarithmic_axis():
    found = sweep().assign_coords(dose=[10.0, 1.0, 100.0])
    axes = plots.dose_map(found).axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert [t.get_text() for t in axes.get_xticklabels()] == ["1", "10", "100"]
    np.testing.assert_allclose(axes.get_xlim(), [10**-0.5, 10**2.5])


BOTH = sweep().assign(other=sweep()["peak"])
DEEP = sweep().expand_dims(hold=[7.0, 14.0])


@pytest.mark.parametrize(
    ("found", "asked", "told"),
    [
        (sweep(), {"endpoint": "peek"}, "unknown endpoint 'peek'; did you mean 'peak'?"),
        (BOTH, {}, "which endpoint?; choose one of: peak, other"),
        (DEEP, {}, "a map of 3 axes (hold, dose, every); a figure has room for two; choose a val"),
        (sweep(), {"approved": {"dos": 1}}, "approved: unknown axis 'dos'; did you mean 'dose'?"),
        (sweep(), {"approved": {"dose": 1}}, "approved: no number for axis 'every'; give one"),
        (sweep(VALUES * np.nan), {}, "no number of 'peak'; every run failed or has none"),
    ],
)
def test_what_cannot_be_drawn_is_refused(found, asked, told):
    with pytest.raises(InputError) as error:
        plots.dose_map(found, **asked)
    assert told in str(error.value)
