"""What taking readers in from a file costs: ``python -m bench.readers [--rows ROWS]`` (docs/readers.md).

Writes a file as Mailchimp would, copies its plain rows into a table without any judgement, which is the floor,
then takes the file in as ``newsletter readers import`` does, in a process of its own, and looks at that process's
memory when it has come a tenth, a half and the whole of the way.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench.machine import facts
from newsletter.bench.installation import installed
from newsletter.bench.meter import peak_mib, postgres_pid, tree_seconds
from newsletter.db import Database
from newsletter.local import environment
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter

_HEADING = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
)
_DOMAINS = ("gmail.com", "yahoo.com", "outlook.com", "example.org", "mail.example", "firm.example", "uni.example")
_MOMENT = "2021-05-04 10:11:12"
_LOOK_SECONDS = 0.05
_TAKE_IN = (sys.executable, "-m", "newsletter", "readers", "import")
_SOURCE = "the benchmark"


def main() -> None:
    """Measure once and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.readers", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="readers in the file (1000000)")
    parser.add_argument("--twice", action="store_true", help="take the file in once more, when all are here")
    given = parser.parse_args()
    rows = given.rows
    with tempfile.TemporaryDirectory(prefix="newsletter-readers-") as name, installed("", ()) as installation:
        database = installation.services.database
        path = Path(name) / "readers.csv"
        _write(path, rows)
        with database.transaction() as connection:
            settings = NewsletterSettings(slug="daily", name="D", publisher="P", sender_address="d@paper.example")
            add_newsletter(connection, settings)
        print("\n".join(f"* {fact}" for fact in facts()))
        print(f"* {rows:,} readers, {path.stat().st_size / 2**20:.0f} MiB of CSV")
        floor = _copy(database, path)
        print(f"\nPlain COPY of the same file: {floor:.1f} s, {rows / floor:,.0f} rows/s")
        settings_of = environment.of(installation.services.settings)
        for title in ("all are new", "once more, all are here")[: 1 + given.twice]:
            _import(database, settings_of, path, (title, rows, floor))


def _write(path: Path, rows: int) -> None:
    with path.open("w") as file:
        file.write(_HEADING)
        file.writelines(_lines(rows))


def _lines(rows: int) -> Iterator[str]:
    for number in range(rows):
        address = f"Reader.{number:07}@{_DOMAINS[number % len(_DOMAINS)]}"
        yield (
            f'"{address}","First","Last","2","{_MOMENT}","192.0.2.7","{_MOMENT}","192.0.2.7","","","1","2",'
            f'"Europe/Paris","FR","","{_MOMENT}","{number}","{number:010x}","","""site"",""{number % 7}"""\n'
        )


def _copy(database: Database, path: Path) -> float:
    """Return the seconds that the server takes for the file as it is, into a table of texts with a key."""
    columns = ", ".join(f"c{number} text" for number in range(_HEADING.count(",") + 1))
    with psycopg.connect(database.plain_url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {columns})")
        began = time.monotonic()
        names = ", ".join(f"c{number}" for number in range(_HEADING.count(",") + 1))
        with path.open("rb") as file, cursor.copy(f"COPY plain ({names}) FROM STDIN (FORMAT csv, HEADER)") as copy:
            while octets := file.read(1 << 16):
                copy.write(octets)
        connection.commit()
        took = time.monotonic() - began
        cursor.execute("DROP TABLE plain")
    return took


def _import(database: Database, settings: dict[str, str], path: Path, told: tuple[str, int, float]) -> None:
    """Take the file in, and print how fast that was and what it held."""
    title, rows, floor = told
    server = postgres_pid(database)
    used, began = tree_seconds(server), time.monotonic()
    words = (*_TAKE_IN, str(path), "--newsletter", "daily", "--source", _SOURCE, "--json")
    with subprocess.Popen(words, env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        peaks, own = _watched(database, process, rows)
        assert process.stdout is not None
        counts = json.loads(process.stdout.read())["lines"]
        process.wait()
    took = time.monotonic() - began
    at = ", ".join(f"{peak:.0f} MiB at {share:.0%}" for share, peak in peaks.items())
    print(f"\nImport, {title}: {took:.1f} s, {rows / took:,.0f} rows/s, {took / floor:.1f} times plain COPY")
    print(f"  peak memory of the process: {at}")
    print(f"  processor time: {own:.1f} s its own, {tree_seconds(server) - used:.1f} s of PostgreSQL; {counts}")


def _watched(database: Database, process: subprocess.Popen[bytes], rows: int) -> tuple[dict[float, float], float]:
    """Return the most memory that the process ever held by then, by share of the file, and its processor time."""
    found: dict[float, float] = {}
    used = 0.0
    query = "SELECT position FROM reader_import WHERE finished_at IS NULL"
    with psycopg.connect(database.plain_url, autocommit=True) as connection:
        while process.poll() is None:
            row = connection.execute(query).fetchone()
            peak, used = peak_mib(process.pid), max(used, tree_seconds(process.pid))
            for share in (0.1, 0.5):
                if row and row[0] >= share * rows and peak:
                    found.setdefault(share, peak)
            if peak:
                found[1.0] = peak
            time.sleep(_LOOK_SECONDS)
    return dict(sorted(found.items())), used


if __name__ == "__main__":
    main()
