"""Articles typed or exported as JSON, one object a line: read whole, or refused with the line and what to do."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from newsletter.errors import SettingsError

MOST = 10**12
"""No newsroom counts further."""


@dataclass(frozen=True, slots=True)
class Line:
    """One article of a file. ``place`` is the file and line; ``id`` is as written, a text or a number."""

    place: str
    id: str | int | float
    title: str
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        """Return a text, empty where it is null or absent. Raises SettingsError for anything else."""
        return self._read(name, str, "a text") or ""

    def count(self, name: str) -> int | None:
        """Return a whole number, None where it is null or absent. Raises SettingsError for anything else."""
        number = self._read(name, (int, float), "a number")
        if number is None:
            return None
        if isinstance(number, bool) or not 0 <= number <= MOST or number != int(number):
            raise self._wrong(name, f"a whole number from 0 to {MOST}")
        return int(number)

    def moment(self, name: str) -> datetime | None:
        """Return a moment, one without a zone in UTC; None where null, absent or empty. Raises SettingsError."""
        written = self.text(name)
        try:
            return read_moment(written) if written else None
        except ValueError:
            raise self._wrong(name, "a moment such as 2026-11-22T06:40:00Z") from None

    def _read(self, name: str, kind: Any, wanted: str) -> Any:
        value = self.fields.get(name)
        if value is not None and not isinstance(value, kind):
            raise self._wrong(name, wanted)
        return value

    def _wrong(self, name: str, wanted: str) -> SettingsError:
        return SettingsError(f"{self.place}: {name} is {self.fields[name]!r}.", f"Write {wanted}, or null.")


def read_lines(path: Path) -> list[Line]:
    """Return a file's articles; empty lines count for nothing. Raises SettingsError naming the line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", "Check its name and rights.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8.", "Save it as UTF-8, one JSON object a line.") from None
    written = enumerate(text.split("\n"), start=1)
    lines = [_line(f"{path}, line {number}", each) for number, each in written if each.strip()]
    seen: dict[str, str] = {}
    for line in lines:
        if str(line.id) in seen:
            raise SettingsError(
                f"{line.place}: {seen[str(line.id)]} has the id {line.id!r} too.", "Give each its own."
            )
        seen[str(line.id)] = line.place
    return lines


def read_moment(text: str) -> datetime:
    """Return an ISO 8601 moment; one without a zone is in UTC. Raises ValueError."""
    at = datetime.fromisoformat(text.strip())
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def id_order(lines: list[Line]) -> Callable[[int], tuple[int, float, str]]:
    """Return the key that orders places in ``lines`` by id: numbers first, then texts."""

    def key(at: int) -> tuple[int, float, str]:
        its_id = lines[at].id
        return (1, 0.0, its_id) if isinstance(its_id, str) else (0, its_id, "")

    return key


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _line(place: str, written: str) -> Line:
    try:
        fields = json.loads(written, parse_constant=_no_number)
    except ValueError as error:
        raise SettingsError(f"{place} is not JSON: {error}.", "Write one JSON object a line.") from None
    if not isinstance(fields, dict):
        raise SettingsError(f"{place} is no JSON object.", 'Write {"id": 1, "title": "…"} in one line.')
    its_id, title = fields.get("id"), fields.get("title")
    if isinstance(its_id, bool) or not isinstance(its_id, str | int | float):
        raise SettingsError(f"{place} has no id.", "Give every article an id, a text or a number.")
    if not isinstance(title, str):
        raise SettingsError(f"{place} has no title.", "Give every article a title.")
    return Line(place, its_id, title, fields)
