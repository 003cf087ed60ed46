"""Looks for an address wherever an installation could have kept it, and however it could be written there."""

import base64
import hashlib
import html
import quopri
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import redis
import sqlalchemy as sa

from newsletter.db import Database

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_JSON = re.compile(rb"\\u00([0-9a-fA-F]{2})")

_READ = {
    b"string": ("GET",),
    b"list": ("LRANGE", 0, -1),
    b"set": ("SMEMBERS",),
    b"hash": ("HGETALL",),
    b"zset": ("ZRANGE", 0, -1, "WITHSCORES"),
    b"stream": ("XRANGE", "-", "+"),
}
"""How each kind of value is read."""


class Tracer:
    """Knows one address by its unusual local part, and by the hashes that anybody could make of it."""

    def __init__(self, address: str) -> None:
        """Look for ``address``, whose local part nothing else contains."""
        spelled = {each.encode() for each in (address, address.lower(), address.upper())}
        hashes = [hashlib.new(name, each) for name in ("md5", "sha1", "sha256") for each in spelled]
        self._needles = {address.partition("@")[0].lower().encode()}
        self._digests = {each.digest() for each in hashes} | {each.hexdigest().encode() for each in hashes}

    def is_in(self, octets: bytes) -> bool:
        """Whether the address is in these octets, written in any way that can be read back."""
        return any(self._is_plainly_in(each) for each in _readings(octets))

    def in_database(self, database: Database) -> set[str]:
        """Return the columns that hold it, as table.column, of every table that the server has."""
        look = sa.inspect(database.engine)
        found: set[str] = set()
        with database.transaction() as connection:
            for table in look.get_table_names():
                columns = ", ".join(
                    _as_written(column["name"], column["type"]) for column in look.get_columns(table)
                )
                for row in connection.execute(sa.text(f'SELECT {columns} FROM "{table}"')).mappings():
                    found |= {f"{table}.{name}" for name, value in row.items() if self.is_in(_octets(value))}
        return found

    def in_valkey(self, url: str) -> set[str]:
        """Return the keys that hold it, in their name or in their value, in every database of the server."""
        found: set[str] = set()
        for number in range(16):
            with redis.Redis.from_url(url) as server:
                server.execute_command("SELECT", number)
                for key in server.keys("*"):
                    kind = server.execute_command("TYPE", key)
                    read, *bounds = _READ[kind]
                    if any(map(self.is_in, [key, *_flat(server.execute_command(read, key, *bounds))])):
                        found.add(f"{number}/{key!r}")
        return found

    def in_files(self, paths: Iterator[Path]) -> set[str]:
        """Return the files that hold it, in their name or in what is in them."""
        return {path.name for path in paths if self.is_in(path.name.encode()) or self.is_in(path.read_bytes())}

    def _is_plainly_in(self, octets: bytes) -> bool:
        lower = octets.lower()
        return any(each in lower for each in self._needles) or any(each in octets for each in self._digests)


def _readings(octets: bytes) -> Iterator[bytes]:
    """Yield the octets as they are, and as whoever decodes them would read them."""
    yield octets
    yield unquote_to_bytes(octets)
    yield quopri.decodestring(octets)
    yield html.unescape(octets.decode("utf-8", "replace")).encode()
    yield _JSON.sub(lambda found: bytes.fromhex(found[1].decode()), octets)
    yield octets.replace(b"\0", b"")
    joined = re.sub(rb"\s+", b"", octets)
    for run in (*_BASE64.findall(octets), *_BASE64.findall(joined)):
        for start in range(4):
            told = run[start:].replace(b"-", b"+").replace(b"_", b"/")
            yield base64.b64decode(told[: len(told) // 4 * 4])
    for run in _HEX.findall(octets):
        yield bytes.fromhex(run.decode())
    for run in re.findall(rb"[A-Za-z2-7]{16,}", octets):
        for start in range(8):
            told = run[start:].upper()
            yield base64.b32decode(told[: len(told) // 8 * 8])


def _as_written(column: str, kind: object) -> str:
    """Return a column as the server writes it; octets as they are."""
    return f'"{column}"' if isinstance(kind, sa.LargeBinary) else f'"{column}"::text'


def _octets(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "surrogatepass")


def _flat(value: object) -> Iterator[bytes]:
    if isinstance(value, list | tuple | set):
        for each in value:
            yield from _flat(each)
    elif isinstance(value, dict):
        yield from _flat([*value.keys(), *value.values()])
    else:
        yield _octets(value)
