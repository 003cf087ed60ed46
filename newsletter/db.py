"""PostgreSQL: one engine a process, one transaction a use case.

PostgreSQL is the only database, because the ledger leans on what only it gives: SKIP LOCKED, RETURNING, COPY
and one clock for all hosts (docs/adr/0001-postgresql-only.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from newsletter.errors import SettingsError

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Moment = sa.DateTime(timezone=True)
"""A column that ends in ``_at``: an instant, kept in UTC."""


def key() -> sa.Column[int]:
    """Return the ``id`` column that every table of things has."""
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def reference(
    to: str, *, on_delete: str = "CASCADE", primary_key: bool = False, index: bool = False
) -> sa.Column[int]:
    """Return the column ``<to>_id`` that points at table ``to``."""
    foreign = sa.ForeignKey(f"{to}.id", ondelete=on_delete)
    return sa.Column(f"{to}_id", sa.BigInteger, foreign, primary_key=primary_key, index=index, nullable=False)


def one_of(column: str, words: type[StrEnum]) -> sa.CheckConstraint:
    """Return the constraint that keeps a text column to the words of an enum."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


class Database:
    """The engine, and the one way to open a transaction."""

    def __init__(self, url: str, application: str = "newsletter", *, keeps_connections: bool = True) -> None:
        """Prepare connections to ``url``; none is opened yet.

        A process that forks keeps none, or two processes would speak over one.
        """
        self._url = _with_driver(url)
        pool = {"pool_size": 5, "max_overflow": 10} if keeps_connections else {"poolclass": sa.NullPool}
        self.engine = sa.create_engine(
            self._url,
            pool_pre_ping=True,
            # Parameters hold readers' addresses, and an error's text ends in the log.
            hide_parameters=True,
            **pool,
            connect_args={"application_name": application, "connect_timeout": 10},
        )

    @property
    def plain_url(self) -> str:
        """The server's address as libpq takes it, password and all."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Open a transaction: committed at the end of the block, rolled back by any exception.

        Raises SettingsError when the server cannot be reached.
        """
        try:
            connection = self.engine.connect()
        except OperationalError as error:
            first_line = str(error.orig).splitlines()[0]
            where = self._url.render_as_string(hide_password=True)
            raise SettingsError(
                f"PostgreSQL at {where} cannot be reached: {first_line}.",
                "Check DATABASE_URL and that the server is running.",
            ) from None
        with connection, connection.begin():
            yield connection

    @contextmanager
    def one_of_few(self, key: int, most: int) -> Iterator[bool]:
        """Hold one of ``most`` places that processes share under a key; False where all are taken.

        An advisory lock of a session of its own: it ends with the block, or with the process.
        """
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            taken = (
                place
                for place in range(most)
                if connection.execute(sa.select(sa.func.pg_try_advisory_lock(_folded(key), place))).scalar_one()
            )
            place = next(taken, None)
            try:
                yield place is not None
            finally:
                if place is not None:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(_folded(key), place)))

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()


def _folded(key: int) -> int:
    """Return an id as the four-byte integer that a lock of two numbers takes."""
    return key % 2**31


def _with_driver(url: str) -> sa.URL:
    if not url:
        raise SettingsError(
            "DATABASE_URL is not set.", "Set it, or start the embedded servers with `newsletter up`."
        )
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise SettingsError(
            "DATABASE_URL is no database address.", "Write postgresql://user:password@host/name."
        ) from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise SettingsError(
            f"DATABASE_URL names {parsed.get_backend_name()}; PostgreSQL is the only database.",
            "Write postgresql://user:password@host/name.",
        )
    return parsed.set(drivername="postgresql+psycopg")
