"""Which way of keeping deliveries costs least: ``python -m bench.ledger [READERS]`` (docs/adr/0008).

Prints microseconds of processor time a reader, PostgreSQL's and the client's, for each way to plan an audience and
to record that everybody's message was accepted.
"""

import sys
import time
from collections.abc import Callable, Iterator

import psycopg

from newsletter.bench.installation import installed
from newsletter.bench.meter import postgres_pid, tree_seconds

PAGE = 2_000
_USUAL = 200_000

_ROWS = """
DROP TABLE IF EXISTS d;
CREATE TABLE d (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, edition_id bigint NOT NULL, subscription_id bigint NOT NULL,
  state text NOT NULL DEFAULT 'pending', attempts int NOT NULL DEFAULT 0, reply_code int,
  status text NOT NULL DEFAULT '', reply text NOT NULL DEFAULT '', created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz, UNIQUE (edition_id, subscription_id)
) WITH (fillfactor = 50)
"""
_ACCEPTED = """
UPDATE d SET state = 'accepted', attempts = attempts + 1, reply_code = 250, status = '2.0.0', reply = told.reply,
  settled_at = now()
"""
_BY_LIST = f"{_ACCEPTED} FROM unnest(%b::bigint[], %b::text[]) AS told (id, reply) WHERE d.id = told.id"
_TOLD = "CREATE TEMPORARY TABLE IF NOT EXISTS told (id bigint, reply text) ON COMMIT DELETE ROWS"
_BY_COPY = f"{_ACCEPTED} FROM told WHERE d.id = told.id"
_ARRAYS = """
INSERT INTO b (edition_id, ids) SELECT 1, array_agg(id ORDER BY id)
FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS number FROM reader) AS numbered GROUP BY number
"""

Connection = psycopg.Connection[tuple[object, ...]]


def main(readers: int) -> None:
    """Measure each way in turn on a database of its own."""
    with installed("smtp://127.0.0.1:25", ()) as installation:
        database = installation.services.database
        server = postgres_pid(database)
        with psycopg.connect(database.plain_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE reader (id bigint PRIMARY KEY)")
            connection.execute("CREATE TABLE b (edition_id bigint, ids bigint[])")
            connection.execute("INSERT INTO reader SELECT generate_series(1, %s)", (readers,))
            for name, prepare, work in _ways(connection, readers):
                connection.execute(prepare)
                connection.execute("ANALYZE")
                before = tree_seconds(server), time.process_time()
                work()
                spent = tree_seconds(server) - before[0], time.process_time() - before[1]
                server_us, own_us = (seconds / readers * 1e6 for seconds in spent)
                print(f"{name:<42} PostgreSQL {server_us:5.1f}  client {own_us:4.1f}")


def _ways(connection: Connection, readers: int) -> Iterator[tuple[str, str, Callable[[], None]]]:
    rows = "INSERT INTO d (edition_id, subscription_id) SELECT 1, id FROM reader ORDER BY id"
    filled = f"{_ROWS}; {rows}"
    yield "rows first: plan", _ROWS, lambda: _run(connection, rows)
    pages = range(1, readers + 1, PAGE)
    yield "rows first: unnest within the range", filled, lambda: _each(pages, _settle_in_range, connection)
    yield "rows first: unnest", filled, lambda: _each(pages, _settle_by_list, connection)
    yield "rows first: COPY and UPDATE", filled, lambda: _each(pages, _settle_by_copy, connection)
    yield "arrays: plan", _ROWS, lambda: _run(connection, _ARRAYS, PAGE)
    yield "arrays: COPY", _ROWS, lambda: _each(pages, _append, connection)


def _each(pages: range, settle: Callable[[Connection, int], None], connection: Connection) -> None:
    for first in pages:
        with connection.transaction():
            settle(connection, first)


def _run(connection: Connection, statement: str, *given: object) -> None:
    connection.execute(statement, given)


def _told(first: int) -> tuple[list[int], list[str]]:
    ids = list(range(first, first + PAGE))
    return ids, [f"2.0.0 Ok: queued as 4XYZ{each:08}" for each in ids]


def _settle_in_range(connection: Connection, first: int) -> None:
    _run(connection, f"{_BY_LIST} AND d.id BETWEEN %s AND %s", *_told(first), first, first + PAGE - 1)


def _settle_by_list(connection: Connection, first: int) -> None:
    _run(connection, _BY_LIST, *_told(first))


def _settle_by_copy(connection: Connection, first: int) -> None:
    _run(connection, _TOLD)
    with connection.cursor() as cursor, cursor.copy("COPY told FROM STDIN") as copy:
        copy.write("".join(f"{each}\t{reply}\n" for each, reply in zip(*_told(first), strict=True)))
    _run(connection, _BY_COPY)


def _append(connection: Connection, first: int) -> None:
    columns = "edition_id, subscription_id, state, attempts, reply_code, status, reply"
    with connection.cursor() as cursor, cursor.copy(f"COPY d ({columns}) FROM STDIN") as copy:
        lines = (
            f"1\t{each}\taccepted\t1\t250\t2.0.0\t{reply}\n" for each, reply in zip(*_told(first), strict=True)
        )
        copy.write("".join(lines))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _USUAL)
