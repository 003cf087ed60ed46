"""`newsletter migrate` and `tick`."""

from redis import Redis

from newsletter.config import Settings
from tests.cli.conftest import Terminal
from tests.delivery.press import Press


def test_migrate_twice(terminal: Terminal) -> None:
    """Where the schema is up to date, nothing happens."""
    assert ["The schema is up to date.\n"] * 2 == [terminal.run("migrate").stdout for _ in range(2)]


def test_tick(terminal: Terminal, press: Press, installation: Settings) -> None:
    """Ringing by hand does what beat does, and says how many bells it rang."""
    press.send("ann")
    with Redis.from_url(installation.redis_url.get_secret_value()) as broker:
        broker.flushall()
        shown = terminal.run("tick").stdout
        rung = broker.llen("edition")
        broker.flushall()
    assert 1 == rung
    assert "1 bell rung.\n" == shown
