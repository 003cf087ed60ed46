"""Erasing, proven by a search: a whole installation is walked, erased, and looked through for the address."""

import base64
import re
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from time import sleep
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.edition.tables import edition
from newsletter.inbound.tables import inbound_mail, report
from newsletter.local.runfile import running
from newsletter.readers.tables import SubscriptionState, consent, subscriber, subscription
from tests.e2e.installation import Installation, installation
from tests.tracing import Tracer

READER = "Qvzkmwrj.1815@reader.example"
SOONER_THAN_PEOPLE = 3.2
"""Seconds: a form that comes back at once was filled in by no person."""


class Form(HTMLParser):
    """Reads the fields of the first form of a page that asks for an address."""

    def __init__(self, page: str) -> None:
        """Read the form on this page."""
        super().__init__()
        self.fields: dict[str, str] = {}
        self.action = ""
        self.is_over = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form's address, and the fields within it."""
        told = {name: value or "" for name, value in attrs}
        if self.is_over:
            return
        if tag == "form":
            self.action, self.fields = told.get("action", ""), {}
        elif tag in {"input", "button"} and told.get("name"):
            self.fields[told["name"]] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Stop at the end of the form that has a field for an address."""
        self.is_over = self.is_over or (tag == "form" and "address" in self.fields)


def post(url: str, fields: dict[str, str]) -> str:
    """Send a form and return the page that answers."""
    with urllib.request.urlopen(url, data=urlencode(fields).encode()) as answer:
        return str(answer.read().decode())


def sign_up(paper: Installation) -> None:
    """Fill in the form, as slowly as a person, and press again if the page asks for it."""
    with urllib.request.urlopen(paper.url) as answer:
        form = Form(answer.read().decode())
    for _ in range(3):
        sleep(SOONER_THAN_PEOPLE)
        page = post(f"{paper.url}/subscribe", {**form.fields, "address": READER, "website": ""})
        form = Form(page)
        if "address" not in form.fields:
            return
    raise AssertionError("the form came back three times")


def confirm(paper: Installation) -> None:
    """Press the button behind the link of the confirmation."""
    text = paper.wait_for_mail(READER).get_body(("plain",))
    assert text is not None
    link = next(word for word in text.get_content().split() if "/confirm/" in word)
    post(link, {})


def bring_back(database: Database) -> None:
    """Write down what comes back by mail: a report, the message it came in, and one whose address is encoded."""
    bounce = f"Final-Recipient: rfc822;{READER}\nDiagnostic-Code: smtp; 452 4.2.2 <{READER.upper()}> is full\n"
    hidden = "Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(f"I am {READER}".encode()).decode()
    linked = f'Content-Type: text/html\n\n<a href="mailto:{quote(READER, safe="")}">me</a>\n'
    with database.transaction() as connection:
        reader = connection.execute(
            sa.select(subscriber.c.id).where(subscriber.c.canonical_address == READER.lower())
        ).scalar_one()
        now = datetime.now(UTC)
        for number, octets in enumerate((bounce, hidden, linked)):
            kept = {"received_at": now, "source": "lmtp", "envelope_from": "", "envelope_to": "bounces@x.example"}
            raw = {"octets": octets.encode(), "digest": bytes([number])}
            connection.execute(sa.insert(inbound_mail).values(**kept, **raw))
        said = {
            "source": "mail",
            "event": "1",
            "kind": "transient",
            "reason": "mailbox full",
            "diagnostic": bounce,
        }
        connection.execute(sa.insert(report).values(**said, reported_at=now, subscriber_id=reader))


def files(paper: Installation) -> Iterator[Path]:
    """Yield the installation's own files: journals, logs, what runs. The mailbox is the reader's, not ours.

    The server's files are its own way to hold the tables, and are asked through the server.
    """
    aside = {"mailbox", "postgres"}
    for path in paper.data.rglob("*"):
        if path.is_file() and not aside & set(path.relative_to(paper.data).parts):
            yield path


def traces(paper: Installation) -> dict[str, set[str]]:
    """Return where the address is found, by kind of place."""
    live = running(paper.data)
    assert live
    tracer, database = Tracer(READER), Database(live["DATABASE_URL"])
    try:
        return {
            "database": tracer.in_database(database),
            "valkey": tracer.in_valkey(live["REDIS_URL"]),
            "files": tracer.in_files(files(paper)),
        }
    finally:
        database.close()


def test_a_search_finds_nothing_of_an_erased_reader(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Signed up, confirmed, mailed and bounced, an address is in many places; once erased, in none."""
    with installation(tmp_path_factory.mktemp("erasure")) as paper:
        sign_up(paper)
        confirm(paper)
        told = paper.run_json("day", "daily")
        assert "sent" == told["verdict"]
        assert paper.wait_for_mail(READER, subject=told["subject"])
        live = running(paper.data)
        assert live
        database = Database(live["DATABASE_URL"])
        bring_back(database)
        left = paper.run("readers", "show", READER).stdout
        assert re.search(r"daily/\S+: accepted", left)

        found = traces(paper)
        assert {
            *("subscriber.address", "subscriber.canonical_address", "report.diagnostic", "inbound_mail.octets")
        } <= found["database"]
        with database.transaction() as connection:
            mails = (
                connection.execute(sa.select(inbound_mail.c.octets).order_by(inbound_mail.c.id)).scalars().all()
            )
            counted = [
                connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for table in (edition, consent, subscription)
            ]
        assert [True, True, True] == [Tracer(READER).is_in(each) for each in mails[-3:]]
        assert all(counted)

        gone = paper.run_json("readers", "erase", READER, "--yes")
        assert {"subscriber": 1, "subscription": 1, "delivery": 1, "report": 1} == {
            name: gone[name] for name in ("subscriber", "subscription", "delivery", "report")
        }
        assert 3 <= gone["inbound_mail"]
        searched = {path.name for path in files(paper)}
        assert {"worker.log", "web.log", "servers.log", "valkey.log", "identity"} <= searched
        assert "edition_sending" in (paper.data / "logs" / "worker.log").read_text()
        assert {"database": set(), "valkey": set(), "files": set()} == traces(paper)
        with database.transaction() as connection:
            others = sa.select(sa.func.count()).where(subscription.c.state == SubscriptionState.ACTIVE)
            assert 0 < connection.execute(others).scalar_one()
        database.close()
    assert not Tracer(READER).is_in(capsys.readouterr().out.encode())
