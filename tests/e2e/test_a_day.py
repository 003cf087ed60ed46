"""A whole day from the outside: the installed command, real servers, a real worker, mail in a mailbox."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest

from newsletter.cli.session import migrate_database
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.local import environment
from newsletter.local.letters import Opened, list_messages, read_message
from newsletter.local.stack import LocalStack, Part
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import unsubscribe
from newsletter.tokens import Purpose, Tokens
from tests.gather.web import Server, Visit

COMMAND = Path(sys.executable).parent / "newsletter"
ITEM = "<item><title>{}</title><link>{}</link><description>What happened, in a line.</description></item>"
MONDAY = {
    "harbour.xml": [
        "Cranes return to the river",
        "New bakery opens on Quay Street",
        "Council votes for tram line",
    ],
    "region.xml": ["Orchards expect a record harvest", "Night trains to the coast resume"],
}
TUESDAY = {
    "tuesday.xml": ["Library stays open on Sundays", "Ferry strike is called off", "Old mill becomes a school"]
}
HOSTILE = "Seals &lt;script&gt;alert(1)&lt;/script&gt; sighted =?utf-8?q?a=0D=0ABcc:x@y.example?="


def feed(headlines: list[str], place: str) -> str:
    """Return a feed with one article for each headline."""
    items = "".join(ITEM.format(each, f"https://{place}/{number}") for number, each in enumerate(headlines))
    return f'<rss version="2.0"><channel><title>{place}</title>{items}</channel></rss>'


@pytest.fixture
def site() -> Iterator[Server]:
    """Serve one sound source among three that fail in their own ways."""
    import threading

    with Server() as server:

        def hang(_: Visit) -> None:
            server.over.wait(60)

        def flood(visit: Visit) -> None:
            visit.start(200)
            for _ in range(1_000):
                visit.put(b"<!-- " + b"x" * 10_000 + b" -->")

        server.serve("/hang.xml", hang)
        server.serve("/flood.xml", flood)
        server.serve("/broken.xml", lambda visit: visit.answer(200, b"<html><p>Not here.</p></html>"))
        hostile = feed([HOSTILE], "hostile.example").encode()
        server.serve("/hostile.xml", lambda visit: visit.answer(200, hostile))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


@dataclass
class Town:
    """A stack that is up, and the command that joins it."""

    settings: Settings
    files: Path

    def day(self, feeds: list[str], *more: str) -> tuple[int, dict[str, Any]]:
        """Run the installed command; return its exit code and what it printed."""
        words = [str(COMMAND), "day", "daily", "--json", "--wait", "60", *more]
        for each in feeds:
            words += ["--feed", each]
        told = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
        told["DATA_DIR"] = str(self.settings.data_dir)
        done = subprocess.run(words, cwd=self.files, env=told, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def write(self, feeds: dict[str, list[str]]) -> list[str]:
        """Write feeds to files; return their names, as a person would type them."""
        for name, headlines in feeds.items():
            (self.files / name).write_text(feed(headlines, f"{name}.example"))
        return list(feeds)

    def mailed(self) -> list[str]:
        """Return whom every message in the mailbox went to."""
        return sorted(each.envelope_to for each in self.summaries())

    def message_to(self, address: str) -> Opened:
        """Return the only message to an address."""
        (name,) = [each.name for each in self.summaries() if each.envelope_to == address]
        assert self.settings.mailbox_dir
        return read_message(self.settings.mailbox_dir, name)

    def summaries(self) -> list[Any]:
        """Return what the mailbox holds."""
        assert self.settings.mailbox_dir
        return list_messages(self.settings.mailbox_dir)

    def leave_by(self, message: Opened) -> None:
        """Use the one-click link of a message, as the web's POST does."""
        link = dict(message.headers)["List-Unsubscribe"].strip("<>")
        tokens = Tokens(self.settings.secret_key.get_secret_value())
        subscription_id, _ = tokens.read(link.rpartition("/")[2], Purpose.UNSUBSCRIBE, datetime.now(UTC))
        database = Database(self.settings.database_url.get_secret_value())
        with database.transaction() as connection:
            unsubscribe(connection, subscription_id, Origin("one-click"), datetime.now(UTC))
        database.close()


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Open the servers, the mailbox and a worker that may gather on loopback and waits for no source long."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
    settings = Settings.from_environment(
        data_dir=tmp_path / "data",
        mailbox_port=port,
        allow_private_sources=True,
        gather_timeout=timedelta(seconds=2),
        gather_max_bytes=500_000,
    )
    files = tmp_path / "files"
    files.mkdir()
    with LocalStack(settings, {Part.SERVERS, Part.MAILBOX, Part.WORKER}, migrate_database) as stack:
        assert environment.of(stack.settings)["SMTP_URL"].endswith(str(port))
        yield Town(stack.settings, files)


@pytest.mark.timeout(180)
def test_a_day(town: Town, site: Server) -> None:
    """Bad sources are named and left out, everybody gets one message, asking again changes nothing."""
    bad = [f"{site.origin}/{name}.xml" for name in ("hang", "flood", "broken")]
    feeds = [*town.write(MONDAY), *bad, f"{site.origin}/hostile.xml"]
    readers = ["--to", "ann@example.org", "--to", "bo@example.org"]
    code, told = town.day(feeds, *readers)
    assert (0, "sent", {"accepted": 2}) == (code, told["verdict"], told["deliveries"])
    assert set(bad) == {each["url"] for each in told["sources"] if each["error"]}
    hosts = {each["url"].split("/")[2] for each in told["articles"]}
    assert {"harbour.xml.example", "region.xml.example", "hostile.example"} == hosts
    assert ["ann@example.org", "bo@example.org"] == town.mailed()
    check_message(town.message_to("ann@example.org"), told)

    code, again = town.day(feeds, *readers)
    assert (0, "skipped", told["edition"]) == (code, again["verdict"], again["edition"])
    assert ["ann@example.org", "bo@example.org"] == town.mailed()

    code, late = town.day(feeds, "--to", "cy@example.org")
    assert (0, "sent", told["edition"], 3) == (code, late["verdict"], late["edition"], late["audience"])
    assert ["ann@example.org", "bo@example.org", "cy@example.org"] == town.mailed()
    ids = {town.message_to(f"{name}@example.org").source for name in ("ann", "bo", "cy")}
    assert 3 == len(ids)


@pytest.mark.timeout(180)
def test_the_next_day_without_a_reader(town: Town) -> None:
    """Whoever left by the link in the message gets no other one, even where the operator names them."""
    readers = ["--to", "ann@example.org", "--to", "bo@example.org"]
    code, monday = town.day(town.write(MONDAY), *readers)
    assert (0, "sent") == (code, monday["verdict"])
    town.leave_by(town.message_to("bo@example.org"))
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    code, told = town.day(town.write(TUESDAY), *readers, "--date", tomorrow)
    assert (0, "sent", tomorrow, {"accepted": 1}) == (code, told["verdict"], told["date"], told["deliveries"])
    assert ["ann@example.org", "ann@example.org", "bo@example.org"] == town.mailed()
    headlines = {each["title"] for each in told["articles"]}
    assert set(TUESDAY["tuesday.xml"]) == headlines
    assert not headlines & {each["title"] for each in monday["articles"]}


def check_message(message: Opened, told: dict[str, Any]) -> None:
    """Assert that a message is what the receipt says, and nothing that a feed wrote got out of its place."""
    headers = dict(message.headers)
    assert told["subject"] == headers["Subject"]
    assert len(message.headers) == len({name.lower() for name, _ in message.headers})
    assert "Bcc" not in headers
    assert "List-Unsubscribe=One-Click" == headers["List-Unsubscribe-Post"]
    assert re.fullmatch(r"<http\S+/unsubscribe/[\w-]+>", headers["List-Unsubscribe"])
    assert headers["List-Unsubscribe"].strip("<>") in message.text
    assert "<script" not in message.html
    text, html = " ".join(message.text.split()), " ".join(message.html.split())
    for each in told["articles"]:
        assert each["title"] in text
        assert escape(each["title"]) in html
        assert each["url"] in message.text
