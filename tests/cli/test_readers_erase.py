"""`newsletter readers erase`."""

import json

import pytest

from newsletter.errors import ConflictError, NotFoundError
from tests.cli.conftest import Terminal
from tests.delivery.press import Press


def test_an_operator_erases_a_reader(terminal: Terminal, press: Press) -> None:
    """The rows are told by table; afterwards nobody of that address is known."""
    press.add_readers("ann", "bob")
    told = json.loads(terminal.run("readers", "erase", "Ann@example.org", "--yes", "--json").stdout)
    assert {"subscriber": 1, "subscription": 1, "consent": 1} == told
    with pytest.raises(NotFoundError):
        terminal.run("readers", "show", "ann@example.org")
    assert "daily: active\n" == terminal.run("readers", "show", "bob@example.org").stdout


@pytest.mark.parametrize(("typed", "is_erased"), [("ANN@example.org", True), ("bob@example.org", False)])
def test_the_address_is_typed_again(terminal: Terminal, press: Press, typed: str, is_erased: bool) -> None:
    """Without --yes nothing is erased before the same address was typed once more."""
    press.add_readers("ann", "bob")
    if is_erased:
        assert "Erased." in terminal.run("readers", "erase", "ann@example.org", typed=typed).stdout
    else:
        with pytest.raises(ConflictError, match="nothing was erased"):
            terminal.run("readers", "erase", "ann@example.org", typed=typed)
    assert is_erased == ("(erased)" in terminal.run("suppressions", "list").stdout)


def test_the_operator_cannot_add_who_was_erased(terminal: Terminal, press: Press) -> None:
    """Only the reader comes back by themselves; or the operator takes the erasure back first."""
    press.add_readers("bob")
    terminal.run("readers", "erase", "ann@example.org", "--yes")
    with pytest.raises(ConflictError, match="erased, and was not added"):
        terminal.run("readers", "add", "daily", "ANN@example.org")
    terminal.run("suppressions", "lift", "ann@example.org")
    assert "daily: active\n" == terminal.run("readers", "add", "daily", "ann@example.org").stdout
