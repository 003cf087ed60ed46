"""Journals in Redis, for workers whose disk does not last.

One string a batch. Each append runs as one script, which refuses when the journal was taken over, is gone or is
shorter than its writer left it, or when the server has forgotten what it held since this process began.
"""

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property

import redis

from newsletter.delivery.accounting.journal import HEADER, NOTHING_KNOWN, Evidence, read_journal
from newsletter.errors import LeaseLostError, SettingsError

_IDENTITY = "newsletter:journals"
_SECONDS = 5

_APPEND = """
if redis.call('get', KEYS[1]) ~= ARGV[1] or redis.call('strlen', KEYS[2]) ~= tonumber(ARGV[2])
  or redis.call('exists', KEYS[3]) == 1 then
  return 0
end
redis.call('append', KEYS[2], ARGV[3])
return 1
"""

_BEGIN = """
if redis.call('exists', KEYS[1]) == 1 or redis.call('exists', KEYS[2]) == 1 then
  return 0
end
redis.call('set', KEYS[1], ARGV[1], 'EX', 604800)
return 1
"""

_SEIZE = """
redis.call('set', KEYS[2], '1', 'EX', 604800)
return redis.call('get', KEYS[1])
"""


class RedisJournals:
    """Keeps one string a batch at a server that other hosts reach too. Its writers are never known to be dead."""

    def __init__(self, redis_url: str) -> None:
        """Use the server at ``redis_url``, connected to when first needed."""
        self._url = redis_url

    @cached_property
    def server(self) -> redis.Redis:
        """The connection."""
        return redis.Redis.from_url(self._url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)

    @property
    def identity(self) -> str:
        """The data's own number, made anew once all is forgotten, and that of the server's run.

        A server started again may hold the data of an hour ago. Raises SettingsError.
        """
        with _answers():
            self.server.set(_IDENTITY, uuid.uuid4().hex, nx=True)
            run = self.server.info("server")
            return f"redis/{self._number()}/{run['run_id']}"

    def open(self, name: str) -> "RedisJournal":
        """Begin a batch's string."""
        with _answers():
            return RedisJournal(self.server, self._number(), _keys(name))

    def seize(self, name: str, *, lease_is_over: bool) -> Evidence | None:
        """Fence a writer off, when its lease is over.

        What is not there was never begun, or was evicted (``maxmemory-policy``): nobody can tell which.
        """
        if not lease_is_over:
            return None
        with _answers():
            raw = self.server.eval(_SEIZE, 2, *_keys(name))
        return read_journal(raw) if isinstance(raw, bytes) else NOTHING_KNOWN

    def forget(self, name: str) -> None:
        """Remove a string and the mark that fenced its writer off. Raises SettingsError."""
        with _answers():
            self.server.delete(*_keys(name))

    def sweep(self, wanted: Collection[str]) -> None:
        """Nothing is left behind for long: every string has a time to live."""

    def _number(self) -> str:
        number = self.server.get(_IDENTITY)
        return number.decode() if isinstance(number, bytes) else ""


class RedisJournal:
    """One batch's string."""

    def __init__(self, server: redis.Redis, number: str, keys: tuple[str, str]) -> None:
        """Raise LeaseLostError when somebody is there already."""
        self._number, self._keys, self._server = number, keys, server
        self._append = server.register_script(_APPEND)
        self._length = len(HEADER)
        if not server.eval(_BEGIN, 2, *keys, HEADER):
            raise LeaseLostError(f"The journal {keys[0]} is another task's.")

    def write(self, records: bytes) -> None:
        """Append records, unless somebody has fenced us off or the server has forgotten."""
        keys = (_IDENTITY, *self._keys)
        try:
            is_kept = self._append(keys=keys, args=(self._number, self._length, records))
        except redis.RedisError as error:
            raise LeaseLostError(f"The journal {self._keys[0]} cannot be written: {error}.") from None
        if not is_kept:
            raise LeaseLostError(f"The journal {self._keys[0]} was taken over, or Redis has forgotten.")
        self._length += len(records)

    def close(self, *, keep: bool) -> None:
        """Let go of the string; where it cannot be removed its time to live ends it."""
        if not keep:
            with suppress(redis.RedisError):
                self._server.delete(self._keys[0])


@contextmanager
def _answers() -> Iterator[None]:
    """Let the server's silence and its refusals be a setting to mend."""
    try:
        yield
    except redis.RedisError as error:
        raise SettingsError(
            f"Journals cannot be kept in Redis: {error}.", "Check REDIS_URL, or set JOURNAL."
        ) from None


def _keys(name: str) -> tuple[str, str]:
    key = f"newsletter:journal:{name}"
    return key, f"{key}:taken"
