"""A CSV file is read line by line, whatever is wrong with some of them."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SettingsError
from newsletter.readers.exchange.records import LONGEST_LINE, MOST_LINES, Record, Records, open_records


def records(text: str, delimiter: str = ",") -> list[Record]:
    """Return the records of a text."""
    return list(Records(io.StringIO(text), 1, delimiter))


def test_lines_are_records() -> None:
    """Each knows its line; empty lines count as lines and are no records."""
    assert [Record(1, 1, ["a", "b"]), Record(3, 3, ["c", "d"])] == records("a,b\n\nc,d")


def test_a_quoted_cell_may_go_over_lines() -> None:
    """A record is where it begins, and ends where its last line does."""
    expected = [Record(1, 2, ["a", "one\ntwo, three", "c"]), Record(3, 3, ["d"])]
    assert expected == records('a,"one\ntwo, three",c\nd')


@pytest.mark.parametrize("line", [",,,", '"",""', "  ", "\t"])
def test_a_line_of_nothing_is_none(line: str) -> None:
    """Spreadsheets write them below a table."""
    assert [Record(2, 2, ["next"])] == records(f"{line}\nnext\n")


@pytest.mark.parametrize("line", ['O"Brien,b', 'a,b"', '"a"b,c', 'a,"b""c"', 'a,""'])
def test_a_stray_quote_swallows_nothing(line: str) -> None:
    """Whatever a quote in a cell means, the next line is the next record."""
    assert Record(2, 2, ["next"]) == records(f"{line}\nnext\n")[-1]


def test_a_quote_that_is_never_closed_costs_its_own_line() -> None:
    """The line has a fault, and all others are read."""
    broken, *others = records('a,"b\n' + "".join(f"{number},x\n" for number in range(50)))
    assert (1, "a quote is never closed") == (broken.line, broken.fault)
    assert [Record(number + 2, number + 2, [str(number), "x"]) for number in range(50)] == others


def test_each_line_may_be_broken() -> None:
    """A file of nothing but open quotes is read to its end, line by line."""
    found = records('"a\n' * 101)
    assert ["a quote is never closed"] == list({each.fault for each in found if each.line > MOST_LINES * 5})
    assert found[-1].end == 101


@pytest.mark.parametrize(
    ("line", "fault"),
    [("x" * (LONGEST_LINE + 1), "longer than"), ("x" * 10_000_000, "longer than"), ("a\0b", "NUL")],
    ids=["too long", "ten megabytes", "NUL"],
)
def test_a_line_that_is_none(line: str, fault: str) -> None:
    """It is refused with its number, and the one behind it is read."""
    first, last = records(f"{line}\nnext\n")
    assert fault in first.fault
    assert Record(2, 2, ["next"]) == last


def test_a_line_without_end_is_not_held(tmp_path: Path) -> None:
    """Of ten megabytes in one line no more is kept than a line may have."""
    path = tmp_path / "long.csv"
    path.write_text("email\n" + "x" * 10_000_000 + "\nann@example.org\n")
    tracemalloc.start()
    try:
        with open_records(path) as (_, found):
            last = list(found)[-1]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (["ann@example.org"], True) == (last.cells, peak < 2_000_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_how_spreadsheets_write_it(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    """Encoding, delimiter and ends of lines are found out."""
    path = tmp_path / "readers.csv"
    path.write_bytes(
        end.join([f'"e-mail"{delimiter}name', f"ann@example.org{delimiter}Änne", ""]).encode(encoding)
    )
    with open_records(path) as (heading, found):
        assert (["e-mail", "name"], [["ann@example.org", "Änne"]]) == (
            heading.cells,
            [each.cells for each in found],
        )


def test_another_encoding_spoils_only_what_it_wrote(tmp_path: Path) -> None:
    """A name in Windows-1252 comes with a gap; the address beside it is whole."""
    path = tmp_path / "readers.csv"
    path.write_bytes("email,name\nann@example.org,Änne\n".encode("cp1252"))
    with open_records(path) as (_, found):
        assert [["ann@example.org", "\N{REPLACEMENT CHARACTER}nne"]] == [each.cells for each in found]


@pytest.mark.parametrize("octets", [b"", b"\n\n", b"a\0,b\n", b"x" * 70_000, b'"never closed', b"\xff\xfe"])
def test_a_file_without_a_heading(tmp_path: Path, octets: bytes) -> None:
    """It is told what is wrong with the file, and what to do."""
    path = tmp_path / "readers.csv"
    path.write_bytes(octets)
    with pytest.raises(SettingsError, match="Save it as CSV"), open_records(path):
        pass


@pytest.mark.parametrize("name", ["", "nowhere.csv"])
def test_a_file_that_is_none(tmp_path: Path, name: str) -> None:
    """A folder, or nothing, is told by its name."""
    with pytest.raises(SettingsError, match="cannot be read"), open_records(tmp_path / name):
        pass


def test_going_on_behind_a_line() -> None:
    """Lines count as they did the first time, those of quoted cells and long ones too."""
    text = 'a,b\n"x\ny",1\n' + "x" * (LONGEST_LINE * 2) + "\nc,d\ne,f\n"
    whole = records(text)
    again = Records(io.StringIO(text), 1, ",")
    again.skip_to(whole[2].end)
    assert whole[3:] == list(again)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)


@given(st.lists(st.lists(cells, min_size=2, max_size=4), max_size=8), st.sampled_from(",;\t|"))
def test_what_was_written_is_read(rows: list[list[str]], delimiter: str) -> None:
    """Every record that the standard library writes comes back as it was."""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
    lines = file.getvalue()
    if all(row.count("\n") < MOST_LINES for row in ("".join(each) for each in rows)):
        filled = [row for row in rows if any(cell.strip() for cell in row)]
        assert filled == [each.cells for each in records(lines, delimiter)]


@given(st.text(st.sampled_from('",;\na\0 ')), st.sampled_from(",;"))
def test_any_text_is_read_to_its_end(text: str, delimiter: str) -> None:
    """Whatever a file is, it has records and faults, and every line is in one of them or empty."""
    found = records(text, delimiter)
    told = [number for each in found for number in range(each.line, each.end + 1)]
    assert sorted(set(told)) == told
    filled = {number for number, line in enumerate(io.StringIO(text), start=1) if {"a", "\0"} & set(line)}
    assert filled <= set(told)
