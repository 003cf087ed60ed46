"""Journals in Redis: what files promise, but that no writer is known to be dead before its lease is over."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from newsletter.config import Settings
from newsletter.delivery.accounting import journal
from newsletter.delivery.accounting.journal import NOTHING_KNOWN, Evidence, Trace
from newsletter.delivery.accounting.journal_redis import RedisJournals
from newsletter.errors import LeaseLostError, SettingsError


@pytest.fixture
def url(servers: Settings) -> str:
    """Give the address of a Redis database of these tests' own."""
    address = f"{servers.redis_url.get_secret_value().partition('?')[0]}?db=5"
    redis.Redis.from_url(address).flushdb()
    return address


@pytest.fixture
def journals(url: str) -> RedisJournals:
    """Give the journals of a worker that has said whose they are, as every claim does."""
    opened = RedisJournals(url)
    assert opened.identity
    return opened


def test_a_writer_whose_lease_is_over(journals: RedisJournals, url: str) -> None:
    """Any host reads what it wrote, and it is refused from then on, even once all is forgotten."""
    writer = journals.open("one")
    writer.write(journal.taken(7, 2) + journal.begun(7))
    writer.write(journal.taken(8, 0))
    other = RedisJournals(url)
    assert Evidence({7: Trace(2, is_begun=True), 8: Trace(0)}) == other.seize("one", lease_is_over=True)
    with pytest.raises(LeaseLostError):
        writer.write(journal.begun(8))
    assert Evidence({7: Trace(2, is_begun=True), 8: Trace(0)}) == other.seize("one", lease_is_over=True)
    other.forget("one")
    with pytest.raises(LeaseLostError):
        writer.write(journal.begun(8))
    writer.close(keep=False)
    assert [b"newsletter:journals"] == redis.Redis.from_url(url).keys()


def test_a_writer_whose_lease_lasts(journals: RedisJournals) -> None:
    """Nobody can tell whether it lives: it is left alone."""
    writer = journals.open("one")
    assert journals.seize("one", lease_is_over=False) is None
    writer.write(journal.taken(1, 0))


def test_a_writer_that_never_came_to_its_journal(journals: RedisJournals) -> None:
    """Nobody can tell it from one that was evicted; when its writer wakes it finds its journal taken."""
    assert NOTHING_KNOWN == journals.seize("one", lease_is_over=True)
    with pytest.raises(LeaseLostError):
        journals.open("one")


def test_a_journal_has_one_writer(journals: RedisJournals) -> None:
    """Of several who begin the journal of one lease, one does."""
    together = threading.Barrier(4)

    def begin() -> bool:
        together.wait()
        try:
            journals.open("one")
        except LeaseLostError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        begun = [future.result() for future in [pool.submit(begin) for _ in range(4)]]
    assert [False, False, False, True] == sorted(begun)


def test_an_emptied_server(journals: RedisJournals, url: str) -> None:
    """What was written is gone: the identity is another one, and no writer of before may go on."""
    before, writer = journals.identity, journals.open("one")
    writer.write(journal.taken(1, 0))
    redis.Redis.from_url(url).flushdb()
    with pytest.raises(LeaseLostError):
        writer.write(journal.begun(1))
    assert before != journals.identity
    assert journals.identity == RedisJournals(url).identity
    with pytest.raises(LeaseLostError):
        writer.write(journal.begun(1))


def test_a_writer_that_wrote_nothing(journals: RedisJournals) -> None:
    """Begun and left empty, a journal tells that nothing was in hand."""
    journals.open("one")
    assert Evidence({}) == journals.seize("one", lease_is_over=True)


def test_a_server_that_went_back_in_time(journals: RedisJournals, url: str) -> None:
    """Started from an older snapshot it has the journal without its end: the writer may not go on."""
    writer, server = journals.open("one"), redis.Redis.from_url(url)
    writer.write(journal.taken(1, 0))
    older = server.get("newsletter:journal:one")
    assert isinstance(older, bytes)
    writer.write(journal.begun(1))
    server.set("newsletter:journal:one", older)
    with pytest.raises(LeaseLostError):
        writer.write(journal.taken(2, 0))


def test_a_server_started_again(journals: RedisJournals, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold the data of an hour ago, and is another place: what it has forgotten is not known."""
    before = journals.identity
    monkeypatch.setattr(redis.Redis, "info", lambda *_: {"run_id": "another"})
    assert before != journals.identity


@pytest.mark.parametrize("keep", [False, True])
def test_a_journal_that_is_closed(journals: RedisJournals, keep: bool) -> None:
    """What the database knows is removed, and what it may not know is kept."""
    writer = journals.open("one")
    writer.write(journal.taken(1, 0))
    writer.close(keep=keep)
    assert (Evidence({1: Trace(0)}) if keep else NOTHING_KNOWN) == journals.seize("one", lease_is_over=True)


def test_a_server_that_is_away() -> None:
    """Without the server no batch may be claimed, which is a setting to mend; nothing more is begun."""
    away = RedisJournals("redis://127.0.0.1:1/0")
    with pytest.raises(SettingsError, match="JOURNAL"):
        assert away.identity
    with pytest.raises(SettingsError, match="JOURNAL"):
        away.open("one")
    with pytest.raises(SettingsError, match="JOURNAL"):
        away.seize("one", lease_is_over=True)
    with pytest.raises(SettingsError, match="JOURNAL"):
        away.forget("one")


def test_a_server_that_goes_away(journals: RedisJournals, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that could not be written announces nothing: the writer must not go on."""
    writer = journals.open("one")

    def refuse(*_: object, **__: object) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(redis.Redis, "execute_command", refuse)
    with pytest.raises(LeaseLostError):
        writer.write(journal.taken(1, 0))
    writer.close(keep=False)
