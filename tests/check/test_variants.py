"""Checks of the variants: each breaks a healthy problem in one place."""

import pytest

from il15_sim.check import run_checks
from tests.check.test_problem import healthy, write_variant


@pytest.fixture
def folder(tmp_path):
    return healthy(tmp_path)


def told(folder, check, shipped=("demo_fit",)):
    return [str(f) for f in run_checks(folder, folder, shipped=shipped) if f.check == check]


def test_a_variant_overrides_known_parameters(folder):
    path = write_variant(folder / "variants" / "fast.tsv", ["ka|1|x|", "lief|1|x|"])
    assert told(folder, "variants") == [
        f"error [variants] {path}: line 4: unknown parameter 'lief'; did you mean 'life'?"
    ]


def test_a_variant_lies_inside_the_bounds(folder):
    path = write_variant(folder / "variants" / "none.tsv", ["base_left|0|x|"])
    assert told(folder, "variants") == [
        f"error [variants] {path}: line 3: base_left = 0 lies outside its bounds 10 to 1000"
    ]


def test_an_override_without_origin_is_a_warning(folder):
    path = write_variant(folder / "variants" / "bare.tsv", ["base_left|50|-|"], comments=())
    assert told(folder, "variants") == [
        f"warning [variants] {path}: line 2: "
        "the override of 'base_left' has no source, no note and no comment above it"
    ]


def test_two_shipped_variants_do_not_meet(folder):
    path = write_variant(folder / "variants" / "more_fit.tsv", ["turnover|0.12|x|"])
    assert told(folder, "shipped_overlap") == []
    assert told(folder, "shipped_overlap", ("demo_fit", "more_fit")) == [
        f"error [shipped_overlap] {path}: line 3: 'turnover' is overridden by two shipped "
        "variants, 'demo_fit' and 'more_fit'"
    ]


def test_a_variant_that_cannot_be_read_is_told(folder):
    path = write_variant(folder / "variants" / "odd.tsv", ["ka|x||"])
    assert told(folder, "read") == [
        f"error [read] {path}: line 3: value of 'ka' is not a number: 'x'"
    ]


def test_a_shipped_variant_without_a_file_is_left_out(folder):
    assert told(folder, "read", ("demo_fit", "not_fitted_yet")) == []
