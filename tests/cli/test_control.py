"""`newsletter pause`, `resume` and `cancel`."""

import pytest
from redis import Redis

from newsletter.config import Settings
from newsletter.delivery.states import DeliveryState
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError, NotFoundError
from tests.cli.conftest import Terminal
from tests.delivery.press import Press


def test_pause_and_resume(terminal: Terminal, press: Press, installation: Settings) -> None:
    """A pause keeps the operator's reason; going on rings for the workers."""
    edition_id = press.send("ann")
    shown = terminal.run("pause", "daily/2026-03-02", "--reason", "The subject is wrong.").stdout
    assert "`newsletter resume daily/2026-03-02`" in shown
    paused = press.edition(edition_id)
    assert (EditionState.PAUSED, "The subject is wrong.") == (paused.state, paused.reason)
    with Redis.from_url(installation.redis_url.get_secret_value()) as broker:
        broker.flushall()
        terminal.run("resume", "daily")
        assert 1 == broker.llen("edition")
        broker.flushall()
    assert EditionState.SENDING is press.edition(edition_id).state


def test_cancel(terminal: Terminal, press: Press) -> None:
    """A cancelled edition stays so, and what was not begun with it."""
    edition_id = press.send("ann")
    terminal.run("cancel", str(edition_id))
    assert (EditionState.CANCELLED, "Cancelled by the operator.") == (
        press.edition(edition_id).state,
        press.edition(edition_id).reason,
    )
    assert {DeliveryState.CANCELLED: 1} == press.counts(edition_id)
    with pytest.raises(ConflictError, match="cancelled"):
        terminal.run("resume", str(edition_id))


@pytest.mark.parametrize("command", ["pause", "resume", "cancel"])
@pytest.mark.parametrize("name", ["99", "daily/1999-01-01", "weekly"])
def test_no_such_edition(terminal: Terminal, press: Press, command: str, name: str) -> None:
    """An edition that is not there is told as such."""
    with pytest.raises(NotFoundError, match="no edition"):
        terminal.run(command, name)
