"""A message is handled once, or kept to be looked at; no crash loses one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.config import Settings
from newsletter.inbound.door import handling
from newsletter.inbound.door.store import (
    KEPT_FOR,
    RETRY_AFTER,
    count_waiting,
    due_mail,
    failed_mail,
    forget_mail,
    take_mail,
)
from newsletter.inbound.tables import InboundState, auto_reply
from newsletter.schedule.tick import tick
from tests.inbound.mailroom import ANN, DOMAIN, Mailroom, free_port, letter


def break_down(*_: object) -> None:
    raise ValueError("ann@reader.example wrote something odd")


def due(room: Mailroom) -> list[int]:
    with room.database.transaction() as connection:
        return due_mail(connection, room.now)


def test_what_fails_is_undone_and_tried_again(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt that fails at its very end has done nothing; the next one does it all, once."""
    with monkeypatch.context() as broken:
        broken.setattr(handling, "settle_mail", break_down)
        room.write("")
    assert ([], []) == (room.subscriptions(), room.sent)
    assert [] == due(room)
    room.pass_time(RETRY_AFTER)
    (number,) = due(room)
    room.ringer.ring(handling.handle_mail(room.database, room.desk, number, room.now))
    room.handle()
    assert (["subscribe"], 1) == (room.outcomes(), len(room.sent))


def test_what_fails_always_is_put_aside(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After three attempts a message is left alone and kept; row and log say no more than the error's name."""
    monkeypatch.setattr(handling, "handle", break_down)
    assert "ValueError" == room.write("")
    for _ in range(2):
        room.pass_time(RETRY_AFTER)
        handling.handle_mail(room.database, room.desk, 1, room.now)
    room.pass_time(RETRY_AFTER)
    assert [] == due(room)
    with room.database.transaction() as connection:
        assert (0, [1]) == (count_waiting(connection), failed_mail(connection))
    assert "ann@" not in "".join(capsys.readouterr())
    assert [3] == [row["attempts"] for row in room.rows()]


def test_an_attempt_that_ends_with_its_process_counts(room: Mailroom) -> None:
    """A message that kills whoever looks at it is not looked at for ever."""
    room.hand_over(letter(""), f"help@{DOMAIN}")
    for _ in range(3):
        with room.database.transaction() as connection:
            assert take_mail(connection, 1, room.now)
        room.pass_time(RETRY_AFTER)
    assert [] == list(handling.handle_mail(room.database, room.desk, 1, room.now))
    assert [InboundState.FAILED] == [row["state"] for row in room.rows()]


def test_a_bell_rung_twice_is_one(room: Mailroom) -> None:
    """Two tasks that hear of a message handle it once, at the same time or one after the other."""
    room.hand_over(letter(""), f"subscribe@{DOMAIN}")
    room.ringer.rung *= 2
    room.handle()
    assert 1 == len(room.sent)
    assert [] == list(handling.handle_mail(room.database, room.desk, 99, room.now))


def test_the_tick_rings_for_what_waits(room: Mailroom) -> None:
    """A bell that nobody heard is rung again."""
    room.hand_over(letter(""), f"subscribe@{DOMAIN}")
    room.ringer.rung.clear()
    with room.database.transaction() as connection:
        room.ringer.ring(tick(connection, room.now))
    room.handle()
    assert ["subscribe"] == room.outcomes()


def test_everything_is_forgotten_after_a_week(room: Mailroom) -> None:
    """Mail of strangers is not kept, handled or not; who was answered is forgotten after the day."""
    room.write("HELP", "help")
    room.pass_time(KEPT_FOR + timedelta(minutes=1))
    with room.database.transaction() as connection:
        assert 1 == forget_mail(connection, room.now)
        assert 0 == connection.execute(sa.select(sa.func.count()).select_from(auto_reply)).scalar_one()
    assert [] == list(room.rows())


@pytest.fixture
def own_process(room: Mailroom, servers: Settings) -> Iterator[subprocess.Popen[str]]:
    """Give a ``newsletter lmtp`` of its own, on another port, that listens."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": servers.database_url.get_secret_value(),
        "REDIS_URL": servers.redis_url.get_secret_value(),
        "SECRET_KEY": servers.secret_key.get_secret_value(),
        "DATA_DIR": str(servers.data_dir / "lmtp"),
        "INBOUND_DOMAIN": DOMAIN,
        "LMTP_PORT": str(port),
    }
    command = [sys.executable, "-u", "-m", "newsletter", "lmtp"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert f"Taking in mail for {DOMAIN} on 127.0.0.1:{port}.\n" == process.stdout.readline()
        room.port = port
        yield process
    finally:
        process.kill()
        process.communicate()


def test_killing_the_door_loses_nothing(room: Mailroom, own_process: subprocess.Popen[str]) -> None:
    """A process killed right after its 250 has kept what it took; whoever comes next handles it."""
    room.hand_over(letter("", From=ANN), f"subscribe@{DOMAIN}")
    own_process.send_signal(signal.SIGKILL)
    own_process.wait()
    room.clock.append(datetime.now(UTC))
    (number,) = due(room)
    room.ringer.ring(handling.handle_mail(room.database, room.desk, number, room.now))
    room.handle()
    assert (["subscribe"], 1) == (room.outcomes(), len(room.sent))


def test_the_door_ends_when_it_is_told_to(own_process: subprocess.Popen[str]) -> None:
    """A service manager's SIGTERM ends it, and nothing is wrong with that."""
    own_process.send_signal(signal.SIGTERM)
    assert 0 == own_process.wait(20)
