"""Which tables of parameter values are refused, and the sentence with which they are."""

import pandas as pd
import pytest

from il15_sim import InputError, ParameterRows


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        ([True, False], "bool"),
        (pd.array([True, None], "boolean"), "boolean"),
        (pd.to_timedelta([1, 2], unit="h"), "timedelta64.*"),
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), "datetime64.*"),
        (["80", "1_0"], "object|str"),
        ([b"70", b"80"], "object"),
        ([1 + 2j, 3.0], "complex128"),
    ],
    ids=lambda x: str(x)[:30],
)
def test_columns_that_are_no_numbers(column, dtype):
    told = rf"^column 'sorafenib_volume' of the parameter table; it is ({dtype}), not numbers$"
    with pytest.raises(InputError, match=told):
        ParameterRows.of_frame(pd.DataFrame({"sorafenib_volume": column}))


@pytest.mark.parametrize("table", [{"sorafenib_volume": [80.0]}, None, [80.0]], ids=str)
def test_what_is_no_table(table):
    with pytest.raises(InputError, match=r"^parameter table .*; give a pandas DataFrame$"):
        ParameterRows.of_frame(table)
