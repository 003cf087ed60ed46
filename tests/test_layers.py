"""Data flows one way, and so do imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "newsletter"

BASE = ("errors", "log", "config", "db", "tokens", "addressed", "bell", "broker_url", "broker")
ROOMS = ("publication", "gather", "edition", "readers", "delivery", "preflight", "inbound", "insight", "schedule")
"""Along the data's way: a room imports only rooms before it."""

BESIDE = {
    "admins": {*BASE, "readers"},
    "sample": {*BASE, "gather"},
    "embedded": {*BASE, "local"},
    "local": {*BASE, "embedded"},
    "schema": {*BASE, *ROOMS, "admins"},
    "closing": set(),
    "stand_in": {*BASE},
    "services": {*BASE, *ROOMS, "closing"},
    "inbound_tasks": {*BASE, *ROOMS, "services"},
    "tasks": {*BASE, *ROOMS, "services", "stand_in", "inbound_tasks"},
    "bench": {*BASE, *ROOMS, "sample", "tasks", "embedded", "local", "schema", "services"},
    "migrations": set(),
    "cli": {*BASE, *ROOMS, "admins", "sample", "embedded", "local", "schema", "services", "bench"},
    "web": {*BASE, *ROOMS, "admins", "sample", "local", "schema", "services"},
    "__main__": {"cli"},
}

PURE = {
    "publication": {"calendar", "rules"},
    "gather": {
        "article",
        "image/picture",
        "polling/interval",
        *(f"formats/{name}" for name in ("draft", "json_parts", "query", "quiet", "rights", "teaser")),
        *(f"memory/{name}" for name in ("canonical", "dating", "forms", "identity", "substance")),
        *(f"page/{name}" for name in ("dateline", "dates", "facts", "jsonld", "names", "opengraph")),
        *(f"story/{name}" for name in ("average_link", "likeness", "serial", "stems", "stories")),
        *(f"text/{name}" for name in ("blurb", "credits", "cutting", "language", "plaintext", "reading_time")),
    },
    "edition": {
        "reasons",
        "states",
        *(f"choosing/{name}" for name in ("candidate", "decide", "last_look", "pick", "ranking")),
        "look/colour",
        *(f"rendering/{name}" for name in ("illustrate", "links", "selection", "slots")),
        *(f"words/{name}" for name in ("catalogue", "phrases", "reasoned", "wording")),
    },
    "readers": {
        *("address", "forgotten", "mail_domains", "spellings"),
        *(f"exchange/{name}" for name in ("cells", "reader_rows", "shapes")),
    },
    "delivery": {
        *("outcome", "states"),
        *("accounting/journal", "smtp/commands", "smtp/reply"),
        *(
            f"messages/{name}"
            for name in ("dkim", "dkim_canonical", "encoding", "form", "message", "proof", "quoted")
        ),
        *(f"throttling/{name}" for name in ("breaker", "lanes", "operator_rules", "warmup")),
    },
    "preflight": {
        *(
            "cascade",
            "clients",
            "colours",
            "content",
            "contrast",
            "css",
            "encoded",
            "examine",
            "expected",
            "finding",
        ),
        *("leaving", "links", "opened", "pictures", "signature", "wire", "wording"),
    },
    "inbound": {
        *(f"desk/{name}" for name in ("commands", "loops", "saying", "sender")),
        *(f"door/{name}" for name in ("entrance", "received")),
        *(f"mail/{name}" for name in ("addresses", "charsets", "headers", "lines", "markup", "mentions", "mime")),
        *(
            f"report/{name}"
            for name in ("arf", "classify", "dsn", "freeform", "notice", "phrases", "reading", "reported")
        ),
        *(f"report/{name}" for name in ("score", "ses", "signed", "whom")),
    },
    "schedule": {"timetable", "verdict"},
}
"""Modules that decide: no database, no network, no clock."""

IMPURE = {"sqlalchemy", "newsletter.db", "httpx", "socket", "smtplib", "celery", "redis", "os", "time", "random"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def allowed(room: str) -> set[str]:
    if room in BASE:
        return set(BASE[: BASE.index(room)])
    if room in ROOMS:
        return {*BASE, *ROOMS[: ROOMS.index(room)]}
    return BESIDE[room]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_what_stands_before_it(path: Path) -> None:
    """A module imports its own room and those before it, never a door."""
    room = room_of(path)
    if room == "__init__":
        return
    rooms = {name.split(".")[1] for name in imports_of(path) if name.startswith("newsletter.")}
    assert rooms - {room} <= allowed(room)


@pytest.mark.parametrize("room", sorted(PURE))
def test_modules_that_decide_are_pure(room: str) -> None:
    """A module that decides imports neither database nor network nor clock."""
    for name in sorted(PURE[room]):
        found = set(imports_of(PACKAGE / room / f"{name}.py"))
        touched = {each for each in found if any(each == bad or each.startswith(f"{bad}.") for bad in IMPURE)}
        assert touched == set(), name


def test_only_one_module_writes_to_relays() -> None:
    """Mail leaves through the sockets of delivery/smtp/wire.py alone, and no library sends any."""
    touching = {"delivery/smtp/wire.py", "delivery/smtp/greeting.py"}
    users = {
        str(path.relative_to(PACKAGE))
        for path in modules()
        if {"smtplib", "socket", "aiosmtplib"} & set(imports_of(path))
    }
    assert touching == {user for user in users if room_of(PACKAGE / user) == "delivery"}
    assert not [path for path in modules() if {"smtplib", "aiosmtplib"} & set(imports_of(path))]


def test_worker_is_a_shim() -> None:
    """worker.py only exposes the Celery app."""
    assert len((PACKAGE.parent / "worker.py").read_text().splitlines()) <= 10
