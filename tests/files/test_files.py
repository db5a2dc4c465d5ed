"""Finding and reading files, numbers in cells and values, writing whole files: by their errors."""

import errno
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from il15_sim.errors import InputError
from il15_sim.files.atomic import replacing
from il15_sim.files.numeric import number, positive, real, whole
from il15_sim.files.resources import find_file, shipped
from il15_sim.files.text import read_text
from il15_sim.files.toml import read_toml
from il15_sim.files.tsv import read_tsv

# --- numbers -------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["{!r}", "{:+.17e}"]))
def test_a_written_number_reads_back_the_same(value, form):
    assert number(form.format(value), "a", None) == value


@pytest.mark.parametrize("text", ["1.", ".5", "+2", "-0", "1E3", "007"])
def test_spellings_that_are_numbers(text):
    assert number(text, "a", None) == float(text)


NO_NUMBERS = ["", " 1", "1 0", "1_000", "1,000", "1.000,5", "１２", "٣", "0x10", "1e", ".", "--1"]


@pytest.mark.parametrize("text", [*NO_NUMBERS, "1e1_0", "5%", "<3", "²"])
def test_texts_that_are_no_numbers(text):
    fix = "; write it with plain digits and a decimal point" if any(map(str.isdigit, text)) else ""
    with pytest.raises(InputError) as error:
        number(text, "ka", "t.tsv: line 2")
    assert str(error.value) == " ".join(f"t.tsv: line 2: ka is not a number: '{text}'{fix}".split())


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e400"])
def test_numbers_that_are_not_finite(text):
    with pytest.raises(InputError, match=f"^ka is not a finite number: '{text}'$"):
        number(text, "ka", None)


def test_positive_and_whole_numbers():
    assert (positive("1e-9", "a", None), whole("18.0", "n", None)) == (1e-9, 18)
    with pytest.raises(InputError, match=r"^a 0 is not positive; on a log scale$"):
        positive("0", "a", None, "on a log scale")
    for text in ("0.3", "0", "-2", "1.5"):
        with pytest.raises(InputError, match=f"^n {text} is not a whole number from 1 on$"):
            whole(text, "n", None)


@pytest.mark.parametrize("value", [3, 3.0, np.float32(3), np.int8(3), np.array(3.0)])
def test_values_that_are_numbers(value):
    assert real(value, "a", None) == 3.0


@pytest.mark.parametrize(
    "value",
    [
        *("70", b"70", True, None, [3.0], 3j, np.timedelta64(3, "h"), np.bool_(1), np.str_("3")),
        np.array([3.0]),
    ],
)
def test_values_that_are_no_numbers(value):
    with pytest.raises(InputError, match=r"^value of 'ka' is not a number: "):
        real(value, "value of 'ka'", None)


@pytest.mark.parametrize("value", [float("nan"), -np.inf, 10**400, 10**5000], ids=range(4))
def test_values_that_are_not_finite(value):
    with pytest.raises(InputError, match=r"^a is not a finite number: (np\.float64\()?-?(nan|inf)"):
        real(value, "a", None)


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [read_text, read_toml, lambda p: read_tsv(p, ("a",))])
def test_what_is_no_file_is_told_alike_by_every_reader(tmp_path, read):
    with pytest.raises(InputError, match=r"none: cannot be read: No such file or directory$"):
        read(tmp_path / "none")
    with pytest.raises(InputError, match=r"is a folder; name a file in it$"):
        read(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")  # nobody writes into it: reading would wait for ever
        with pytest.raises(InputError, match=r"pipe: is no file but a device or pipe; save it"):
            read(tmp_path / "pipe")


def test_the_line_of_the_first_fault_counts_the_byte_order_mark_as_nothing(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfa\nb\n\xffc\n")
    with pytest.raises(InputError, match=r"a: line 3: is not UTF-8 text; save it as UTF-8 text"):
        read_text(file)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_told(tmp_path, encoding):
    file = tmp_path / "a"
    file.write_bytes("a\tb\n".encode(encoding))
    with pytest.raises(InputError, match=r"UTF-16.*; save it as UTF-8 text$"):
        read_text(file)


def test_columns_in_any_order_some_left_out(tmp_path):
    file = tmp_path / "t.tsv"
    file.write_text("b\ta\n1\t2\n", encoding="utf-8")
    assert read_tsv(file, ("a",), ("b", "c")) == ([(2, {"b": "1", "c": "", "a": "2"})], ())


def test_a_column_that_is_misspelt_is_not_told_as_missing_or_as_one_that_is_there(tmp_path):
    file = tmp_path / "t.tsv"
    file.write_text("time\ttimeStrt\n1\t2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 1: unknown column 'timeStrt'; did you mean 'timeS"):
        read_tsv(file, ("time", "timeStart"))
    file.write_text("time\tcolour\n1\t2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 1: unknown column 'colour'; choose one of: time$"):
        read_tsv(file, ("time",))


def test_keys_of_a_table_are_told_with_their_own_line(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("[arm.b]\nx = 1\n[arm.b.deep]\ny = 1\n[arm.a]\nx = 1\nz = 1\n", "utf-8")
    arms = read_toml(file).named_tables("arm")
    assert list(arms) == ["b", "a"]
    assert arms["a"].at("x") == f"{file}:6: arm.a"
    assert arms["b"].at("deep") == f"{file}:3: arm.b"
    with pytest.raises(InputError, match=r"a\.toml:7: arm\.a: unknown key 'z'; choose one of: x$"):
        arms["a"].allow(["x"])
    with pytest.raises(InputError, match=r"a\.toml:1: unknown key 'arm'; did you mean 'arms'\?$"):
        read_toml(file).allow(["arms"])


# --- finding -------------------------------------------------------------------------------------


def test_a_packaged_name_and_a_path_are_found(tmp_path):
    assert find_file("tmz_alone", "doses") == shipped("doses")["tmz_alone"]
    file = tmp_path / "läufe.toml"
    file.touch()
    assert find_file(str(file), "doses") == file


def test_what_is_not_found_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for text, kind, line in (
        ("mine", "doses", "mine: is a folder; name a file in it"),
        (os.devnull, "doses", f"{os.devnull}: is no file but a device or pipe; save it as a file"),
        (
            "no.toml",
            "fits",
            "there is no file 'no.toml'; give a path that exists, or a pack",
        ),
        ("tmz_alon", "doses", "unknown scenario 'tmz_alon'; did you mean 'tmz_alone'?"),
        ("a" * 300, "fits", f"unknown fit '{'a' * 300}'; choose one of: il15_agonists"),
        ("a\0b", "fits", "unknown fit 'a\0b'; choose one of: il15_agonists"),
    ):
        with pytest.raises(InputError) as error:
            find_file(text, kind)
        assert str(error.value).startswith(line)


# --- writing -------------------------------------------------------------------------------------


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fill():
        with replacing(path) as file:
            file.write(b"half")
            assert len(os.listdir(tmp_path)) == 2
            raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        fill()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]
