"""No cell that we write is taken for a formula, and each is read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.readers.exchange.cells import bare, safe

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1+1")


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_becomes_text(cell: str) -> None:
    """What a spreadsheet would calculate gets an apostrophe."""
    assert f"'{cell}" == safe(cell)


@pytest.mark.parametrize("cell", ["ann@example.org", "'tis", "", "a=b"])
def test_what_protects_nothing_is_the_cell_s_own(cell: str) -> None:
    """Files of others are read as they are written."""
    assert cell == bare(cell)


@given(st.one_of(st.text(), st.text("'=+-@\t\ra")))
def test_each_cell_is_read_back(cell: str) -> None:
    """Written and read it is the same, and written it never begins with a sign."""
    assert cell == bare(safe(cell))
    assert not safe(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
