"""What must stop at once: the database says it the moment a pause, an unsubscription or a suppression commits.

Triggers notify (migration 0003), whoever made the change and by whatever program; a task that submits listens from
before it reads whom to mail. What it hears is never a verdict: it only lets the delivery be looked at again.
"""

import asyncio
from types import TracebackType
from typing import Self

import psycopg

from newsletter import log

_log = log.get("delivery")

CHANNEL = "newsletter_stops"

APPLICATION = "newsletter stops"
"""What the database calls the connection."""

_ASK_SECONDS = 0.2
_PATIENCE_SECONDS = 0.7
"""How long the database may take to answer before we count as deaf. With the time between two questions it stays
below the second in which a pause takes hold."""


class Stops:
    """Listens while the block lasts, on the running loop."""

    def __init__(self, database_url: str) -> None:
        """Listen to the database at ``database_url``."""
        self._url = database_url
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._file = -1
        self._asked_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.editions: set[int] = set()
        self.subscriptions: set[int] = set()
        self.is_lost = False
        """Whether the connection is gone."""

    async def __aenter__(self) -> Self:
        self._connection = await asyncio.to_thread(_listen, self._url)
        # A lost connection does not tell its number any more.
        self._file = self._connection.fileno()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._file, self._hear)
        self._ask()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> None:
        assert self._connection is not None
        if self._timer is not None:
            self._timer.cancel()
        if not self.is_lost:
            self._loop.remove_reader(self._file)
        self._connection.close()

    @property
    def is_deaf(self) -> bool:
        """Whether nothing can be heard now: the connection is gone, or the database has not answered for long."""
        if self._asked_at is None:
            return self.is_lost
        return self.is_lost or self._loop.time() - self._asked_at > _PATIENCE_SECONDS

    def _ask(self) -> None:
        """Ask the database to answer: what is quiet may be dead."""
        assert self._connection is not None
        self._timer = self._loop.call_later(_ASK_SECONDS, self._ask)
        if self._asked_at is None and not self.is_lost:
            server = self._connection.pgconn
            try:
                server.send_query(b"")
                server.flush()
            except psycopg.OperationalError as error:
                self._lose(error)
            else:
                self._asked_at = self._loop.time()

    def _hear(self) -> None:
        """Take in what the server has said."""
        assert self._connection is not None
        server = self._connection.pgconn
        try:
            server.consume_input()
            while not server.is_busy():
                if server.get_result() is None:
                    self._asked_at = None
                    break
        except psycopg.OperationalError as error:
            self._lose(error)
            return
        while notice := server.notifies():
            what, _, number = notice.extra.decode().partition(" ")
            (self.editions if what == "edition" else self.subscriptions).add(int(number))

    def _lose(self, error: Exception) -> None:
        _log.warning("stops_unheard", error=str(error).strip())
        self._loop.remove_reader(self._file)
        self.is_lost = True


def _listen(url: str) -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(url, autocommit=True, connect_timeout=10, application_name=APPLICATION)
    connection.execute(f"LISTEN {CHANNEL}")
    connection.pgconn.nonblocking = 1
    return connection
