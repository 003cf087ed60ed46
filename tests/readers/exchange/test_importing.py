"""Readers come from files: each once, none against their will, however often the import is interrupted."""

import csv
import stat
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import ConflictError, SettingsError
from newsletter.insight.erasure import erase_reader
from newsletter.publication.newsletters import (
    Newsletter,
    NewsletterSettings,
    add_newsletter,
    change_newsletter,
    get_newsletter,
)
from newsletter.readers.exchange import importing
from newsletter.readers.exchange.exporting import export_readers
from newsletter.readers.exchange.importing import Import, ImportOrder, begin, measure
from newsletter.readers.exchange.refusals import open_refusals
from newsletter.readers.exchange.taking_in import Terms
from newsletter.readers.store import Origin, put_subscriber
from newsletter.readers.subscribe import add_reader, unsubscribe
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import (
    SubscriptionState,
    SuppressionReason,
    consent,
    reader_import,
    subscriber,
    subscription,
    suppression,
)
from newsletter.tokens import Tokens

SOURCE = "form at paper.example, 2019 to 2025"
OPERATOR = Origin("command line")
YEARS_AGO = datetime(2021, 5, 4, 10, 11, 12, tzinfo=UTC)


@dataclass
class Office:
    """Takes files in, for one newsletter."""

    database: Database
    newsletter: Newsletter
    tokens: Tokens
    folder: Path
    now: datetime
    terms: dict[str, Any] = field(default_factory=dict)

    def order(self, text: str, **given: Any) -> ImportOrder:
        """Return the order to take a file of this text in."""
        path = self.folder / "readers.csv"
        path.write_text(text)
        return ImportOrder(
            path, self.newsletter, Terms(self.newsletter.id, SOURCE, self.now, **self.terms), **given
        )

    def take_in(self, order: ImportOrder, *, slices: int = 1_000_000) -> dict[str, int]:
        """Take a file in, or this many slices of it, and return what became of its lines."""
        standing = begin(self.database, order, measure(order))
        with open_refusals(self.folder / "rejected.csv", standing.octets) as refusals:
            under_way = Import(self.database, self.tokens, order, standing, refusals).run()
            for number, _ in enumerate(under_way, start=1):
                if number == slices:
                    under_way.close()  # type: ignore[attr-defined]  # a generator, dropped as a killed process would
                    break
        return dict(standing.counts)

    def read(self, text: str, **given: Any) -> dict[str, int]:
        """Take a file of this text in."""
        return self.take_in(self.order(text, **given))

    def refused(self) -> list[list[str]]:
        """Return the lines that were refused, as their file tells them."""
        with (self.folder / "rejected.csv").open(newline="") as file:
            return list(csv.reader(file))[1:]

    def states(self) -> dict[str, str]:
        """Return how the newsletter's readers stand."""
        query = sa.select(subscriber.c.address, subscription.c.state).join(
            subscription, subscription.c.subscriber_id == subscriber.c.id
        )
        with self.database.transaction() as connection:
            rows = connection.execute(query.where(subscription.c.newsletter_id == self.newsletter.id))
            return {row.address: row.state for row in rows}

    def row(self, address: str) -> sa.Row[Any]:
        """Return a reader's subscription."""
        query = sa.select(subscription).join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        with self.database.transaction() as connection:
            return connection.execute(query.where(subscriber.c.canonical_address == address)).one()

    def exported(self) -> str:
        """Return the newsletter's readers as a file."""
        path = self.folder / "out.csv"
        with self.database.transaction() as connection, path.open("w", newline="") as file:
            export_readers(connection, file, self.newsletter.id)
        return path.read_text()


@pytest.fixture
def office(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path, noon: datetime) -> Office:
    """Give an office for the usual newsletter."""
    return Office(database, daily, tokens, tmp_path, noon)


def whole(database: Database) -> dict[str, list[str]]:
    """Return all that is known of readers."""
    with database.transaction() as connection:
        return {
            table.name: [str(row) for row in connection.execute(sa.select(table))]
            for table in (subscriber, subscription, consent, suppression, reader_import)
        }


def test_readers_are_added_with_where_their_consent_is_from(office: Office) -> None:
    """Each is active, with the date that the file has, and a line in the consent log that names the source."""
    file = f"email,confirmed_at\nAnn@Example.org,{YEARS_AGO.isoformat()}\nbob@example.org,\n"
    assert {"read": 2, "added": 2} == office.read(file)
    assert {"Ann@example.org": "active", "bob@example.org": "active"} == office.states()
    assert YEARS_AGO == office.row("ann@example.org").confirmed_at
    assert office.now == office.row("bob@example.org").confirmed_at
    with office.database.transaction() as connection:
        columns = (consent.c.event, consent.c.at, consent.c.how, consent.c.source)
        lines = connection.execute(sa.select(*columns)).all()
    assert [("added", office.now, "import", SOURCE)] * 2 == lines


def test_nobody_comes_back_against_their_will(office: Office, noon: datetime) -> None:
    """Who left, who is suppressed, who was erased and who complained and was erased stay away, and it is told."""
    for name in ("left", "asks", "erased", "complained"):
        with office.database.transaction() as connection:
            number = add_reader(connection, office.newsletter.id, f"{name}@example.org", OPERATOR, noon)
            if name in {"left", "asks"}:
                unsubscribe(connection, number, OPERATOR, noon)
            if name == "asks":
                # They, or a stranger, asked anew: only a confirmation brings them back.
                asked = sa.update(subscription).where(subscription.c.id == number)
                connection.execute(asked.values(state=SubscriptionState.UNCONFIRMED))
            if name == "complained":
                suppress(connection, "complained@example.org", SuppressionReason.COMPLAINT, "", noon)
            if name in {"erased", "complained"}:
                erase_reader(connection, office.tokens, f"{name}@example.org", noon)
    with office.database.transaction() as connection:
        suppress(connection, "bounced@example.org", SuppressionReason.BOUNCE, "", noon)
        past = noon - timedelta(days=1)
        suppress(connection, "again@example.org", SuppressionReason.BOUNCE, "", past, expires_at=noon)
    names = ("left", "asks", "erased", "complained", "bounced", "again")
    told = office.read("email\n" + "".join(f"{name.upper()}@example.org\n" for name in names))
    assert {"read": 6, "left us": 2, "erased": 2, "suppressed": 1, "added": 1} == told
    assert {
        "left@example.org": "unsubscribed",
        "asks@example.org": "unconfirmed",
        "AGAIN@example.org": "active",
    } == (office.states())
    assert [
        ["2", "LEFT@example.org", "left us"],
        ["3", "ASKS@example.org", "left us"],
        ["4", "ERASED@example.org", "erased"],
        ["5", "COMPLAINED@example.org", "erased"],
        ["6", "BOUNCED@example.org", "suppressed"],
    ] == office.refused()


def test_who_is_here_keeps_what_they_chose(office: Office, noon: datetime) -> None:
    """A file changes nothing for a reader whom we have; who only asked becomes active."""
    with office.database.transaction() as connection:
        _, bob = (
            add_reader(connection, office.newsletter.id, f"{name}@example.org", OPERATOR, noon)
            for name in ("ann", "bob")
        )
        connection.execute(sa.update(subscription).values(zone="Asia/Tokyo"))
        asked = sa.update(subscription).where(subscription.c.id == bob)
        connection.execute(asked.values(state=SubscriptionState.UNCONFIRMED, confirmation_due_at=noon))
    told = office.read("email,zone\nann@example.org,Europe/Paris\nbob@example.org,Europe/Paris\n")
    assert {"read": 2, "here already": 1, "added": 1} == told
    assert {"ann@example.org": "active", "bob@example.org": "active"} == office.states()
    assert ["Asia/Tokyo", "Asia/Tokyo"] == [office.row(f"{name}@example.org").zone for name in ("ann", "bob")]
    assert office.row("bob@example.org").confirmation_due_at is None


def test_a_file_may_name_a_reader_twice(office: Office) -> None:
    """The first line counts, however the second spells the address."""
    told = office.read("email,zone\nann@example.org,Asia/Tokyo\nANN@example.org,Europe/Paris\n")
    assert {"read": 2, "added": 1, "twice in the file": 1} == told
    assert {"ann@example.org": "active"} == office.states()
    assert "Asia/Tokyo" == office.row("ann@example.org").zone


@pytest.mark.parametrize(
    ("status", "fate", "states"),
    [
        ("unsubscribed", "noted as left", {"ANN@example.org": "unsubscribed"}),
        ("complained", "noted as suppressed", {}),
    ],
)
def test_of_two_lines_the_one_that_says_no_counts(
    office: Office, status: str, fate: str, states: dict[str, str]
) -> None:
    """Whoever left, or called mail spam, is not mailed because another line of the file does not know it."""
    told = office.read(f"email,status\nann@example.org,active\nANN@example.org,{status}\n")
    assert {"read": 2, fate: 1, "twice in the file": 1} == told
    assert states == office.states()


def test_listmonk(office: Office) -> None:
    """Who is disabled there has left, who is on its list of the blocked is suppressed."""
    head = "uuid,email,name,attributes,status,created_at,updated_at\n"
    row = '0-1,{0}@example.org,Name,"{{""city"": ""Aden""}}",{0},2021-05-04 15:41:12.000000 +0530 IST,\n'
    told = office.read(head + "".join(row.format(name) for name in ("enabled", "disabled", "blocklisted")))
    assert {"read": 3, "added": 1, "noted as left": 1, "noted as suppressed": 1} == told
    assert {"enabled@example.org": "active", "disabled@example.org": "unsubscribed"} == office.states()
    assert YEARS_AGO == office.row("enabled@example.org").requested_at
    with office.database.transaction() as connection:
        (row_,) = connection.execute(sa.select(suppression.c.canonical_address, suppression.c.reason))
    assert ("blocklisted@example.org", "manual") == tuple(row_)


@pytest.mark.parametrize(
    ("column", "fate"), [("", "added"), ("UNSUB_TIME", "noted as left"), ("CLEAN_TIME", "noted as suppressed")]
)
def test_mailchimp(office: Office, column: str, fate: str) -> None:
    """Each of its three files says what became of its readers; dates and zones are kept."""
    head = "Email Address,First Name,OPTIN_TIME,CONFIRM_TIME,TIMEZONE,LEID,EUID,NOTES"
    row = '"ann@example.org","Ann","2021-05-04 10:11:12","2021-05-04 10:11:12","Asia/Tokyo","1","2","a\nb"'
    more = (f",{column}", ',"2023-01-01 00:00:00"') if column else ("", "")
    assert {"read": 1, fate: 1} == office.read(f"{head}{more[0]}\n{row}{more[1]}\n")
    if not column:
        found = office.row("ann@example.org")
        assert (YEARS_AGO, "Asia/Tokyo") == (found.confirmed_at, found.zone)
    if column == "UNSUB_TIME":
        assert datetime(2023, 1, 1, tzinfo=UTC) == office.row("ann@example.org").ended_at


def test_ghost(office: Office) -> None:
    """Who gets no mail there has left, who was deleted is not taken."""
    head = "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,x"
    rows = (
        "1,ann@example.org,,,true,false,,2021-05-04T10:11:12.000Z,,",
        "2,bob@example.org,,,false,false,,2021-05-04T10:11:12.000Z,,",
        "3,cy@example.org,,,true,false,,2021-05-04T10:11:12.000Z,2024-01-01T00:00:00.000Z,",
    )
    assert {"read": 3, "added": 1, "noted as left": 1, "rejected": 1} == office.read("\n".join([head, *rows]))
    assert {"ann@example.org": "active", "bob@example.org": "unsubscribed"} == office.states()


def test_bad_lines_are_told_one_by_one(office: Office) -> None:
    """A file with every kind of fault adds its good readers, and says of each other line what is wrong."""
    good, open_quote, nul = "ann@example.org,x", 'bob@example.org,"open', "cy@example.org,\0"
    lines = [good, "no address,x", open_quote, nul, "di@example.org,x,y", "x" * 10_000_000, "eve@example.org,x"]
    told = office.read("\n".join(["email,name", *lines]))
    assert {"read": 7, "added": 2, "rejected": 5} == told
    assert {"ann@example.org", "eve@example.org"} == set(office.states())
    assert ["3", "4", "5", "6", "7"] == [line for line, _, _ in office.refused()]


def test_readers_may_be_asked_to_confirm(office: Office, noon: datetime) -> None:
    """Each is unconfirmed and owed a mail, one after the other; who was asked this week is not asked again."""
    with office.database.transaction() as connection:
        asked = sa.update(subscriber).where(subscriber.c.id == put_subscriber(connection, "asked@example.org"))
        connection.execute(asked.values(confirmation_asks=[noon - timedelta(days=2)]))
    office.terms = {"apart": timedelta(seconds=10)}
    file = (
        "email,status\nann@example.org,active\nasked@example.org,\ncy@example.org,unsubscribed\ndi@example.org,\n"
    )
    told = office.read(file, state=SubscriptionState.UNCONFIRMED)
    assert {"read": 4, "asked": 2, "noted as left": 1, "here already": 1} == told
    states = {"ann@example.org": "unconfirmed", "cy@example.org": "unsubscribed", "di@example.org": "unconfirmed"}
    assert states == office.states()
    due = [office.row(f"{name}@example.org").confirmation_due_at for name in ("ann", "cy", "di")]
    assert [noon + timedelta(seconds=10), None, noon + timedelta(seconds=30)] == due
    # They have a week from the mail, not from the import.
    assert due[2] == office.row("di@example.org").requested_at
    with office.database.transaction() as connection:
        asks = sa.select(subscriber.c.confirmation_asks).where(subscriber.c.address == "di@example.org")
        assert [noon] == connection.execute(asks).scalar_one()


def test_who_never_confirmed_is_not_taken_for_a_reader(office: Office) -> None:
    """A file that says so is believed."""
    assert {"read": 1, "never confirmed": 1} == office.read("email,state\nann@example.org,unconfirmed\n")
    assert {} == office.states()


def test_what_the_newsletter_does_not_have_is_left_out(office: Office) -> None:
    """A language that it does not speak is counted, and its reader taken."""
    with office.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar"})
        office.newsletter = get_newsletter(connection, "daily")
    told = office.read("email,language\nann@example.org,ar\nbob@example.org,fr\n")
    assert {"read": 2, "added": 2, "left out: language": 1} == told
    assert ["ar", ""] == [office.row(f"{name}@example.org").language for name in ("ann", "bob")]


MANY = "email\n" + "".join(f"r{number}@example.org\n" if number % 7 else "broken\n" for number in range(100))


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a slice be ten lines."""
    monkeypatch.setattr(importing, "SLICE", 10)


@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("slices", [1, 4, 9])
def test_an_import_that_ended_early_goes_on(office: Office, slices: int) -> None:
    """Whatever was committed stays, nothing is told twice, and the end is as if it had never ended."""
    order = office.order(MANY)
    office.take_in(order, slices=slices)
    assert 0 < len(office.states()) < 85
    with (office.folder / "rejected.csv").open("a") as file:
        file.write("half a line of the slice that was not commit")
    assert {"read": 100, "added": 85, "rejected": 15} == office.take_in(order)
    assert 85 == len(office.states())
    assert [str(number + 2) for number in range(100) if number % 7 == 0] == [line for line, *_ in office.refused()]
    with office.database.transaction() as connection:
        assert 85 == connection.execute(sa.select(sa.func.count()).select_from(consent)).scalar_one()


@pytest.mark.usefixtures("small_slices")
def test_a_file_may_be_taken_in_again(office: Office) -> None:
    """Whoever is here is here; whoever was erased meanwhile is not brought back."""
    order = office.order(MANY)
    office.take_in(order)
    with office.database.transaction() as connection:
        erase_reader(connection, office.tokens, "r1@example.org", office.now)
    assert {"read": 100, "here already": 84, "erased": 1, "rejected": 15} == office.take_in(order)


@pytest.mark.usefixtures("small_slices")
def test_a_file_read_otherwise_is_another_import(office: Office) -> None:
    """Where one ended early does not matter to the other."""
    order = office.order(MANY)
    office.take_in(order, slices=4)
    other = replace(order, terms=replace(order.terms, source="elsewhere"))
    assert 100 == office.take_in(other)["read"]


@pytest.mark.usefixtures("small_slices")
def test_two_at_once_do_not_meet(office: Office) -> None:
    """The second to write down how far it is stops, and what it took in with it is rolled back."""
    order = office.order(MANY)
    first = begin(office.database, order, measure(order))
    with open_refusals(None, 0) as refusals:
        under_way = Import(office.database, office.tokens, order, first, refusals).run()
        next(iter(under_way))
        office.take_in(order, slices=1)
        known = len(office.states())
        with pytest.raises(ConflictError, match="another process"):
            next(iter(under_way))
    assert known == len(office.states())


@pytest.mark.usefixtures("small_slices")
def test_a_trial_says_what_would_be(office: Office, noon: datetime) -> None:
    """Its counts are those of the import, over all slices, and nothing is changed by it."""
    with office.database.transaction() as connection:
        number = add_reader(connection, office.newsletter.id, "r1@example.org", OPERATOR, noon)
        unsubscribe(connection, number, OPERATOR, noon)
    text = MANY + MANY.removeprefix("email\n") + "r2@example.org\nr2@example.org\n"
    before = whole(office.database)
    office.terms = {"is_trial": True}
    trial = office.read(text)
    assert before == whole(office.database)
    office.terms = {}
    assert trial == office.read(text)
    assert {
        "read": 202,
        "added": 84,
        "left us": 2,
        "here already": 85,
        "rejected": 30,
        "twice in the file": 1,
    } == trial


def test_only_the_operator_reads_what_was_rejected(office: Office) -> None:
    """The file holds addresses."""
    office.read("email\nno address\n")
    assert 0o600 == stat.S_IMODE((office.folder / "rejected.csv").stat().st_mode)


def test_a_column_that_there_is_not(office: Office) -> None:
    """It is told before anything is taken in."""
    with pytest.raises(SettingsError, match="No column holds the address"):
        office.read("name\nAnn\n")
    assert {} == office.states()


def test_what_was_written_is_read_back(office: Office, noon: datetime) -> None:
    """All readers of a newsletter, exported and taken in elsewhere, are there as they were; formulas are text."""
    with office.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar"})
        office.newsletter = get_newsletter(connection, "daily")
    names = ("=cmd", "+plus", "-minus", "'quoted", "plain", "o'brien")
    with office.database.transaction() as connection:
        for name in names:
            add_reader(connection, office.newsletter.id, f"{name}@example.org", OPERATOR, YEARS_AGO)
        chosen = {
            "language": "ar",
            "zone": "Asia/Tokyo",
            "hour": noon.time(),
            "frequency": "weekly",
            "breaking": True,
        }
        paused = {
            "state": "paused",
            "paused_until": noon + timedelta(days=3),
            "sections": ["=Sport", "Arts; Letters"],
        }
        plus = subscription.c.subscriber_id == put_subscriber(connection, "+plus@example.org")
        connection.execute(sa.update(subscription).where(plus).values(**chosen, **paused))
        left = subscription.c.subscriber_id == put_subscriber(connection, "plain@example.org")
        connection.execute(sa.update(subscription).where(left).values(state="unsubscribed", ended_at=noon))
    exported = office.exported()
    assert not [line for line in exported.splitlines() if line.startswith(("=", "+", "-", "@"))]
    before = {name: office.row(f"{name}@example.org")._mapping for name in names}
    with office.database.transaction() as connection:
        connection.execute(sa.delete(subscriber))
    assert {"read": 6, "added": 5, "noted as left": 1} == office.read(exported)
    for name in names:
        after = office.row(f"{name}@example.org")._mapping
        changed = {key for key in after if after[key] != before[name][key]}
        assert {"id", "subscriber_id"} == changed, name


def test_a_file_of_all_newsletters_gives_each_its_own(office: Office, noon: datetime) -> None:
    """What is another newsletter's stays in the file."""
    chosen = NewsletterSettings(slug="evening", name="E", publisher="P", sender_address="e@paper.example")
    with office.database.transaction() as connection:
        evening = add_newsletter(connection, chosen)
    file = "address,newsletter\nann@example.org,daily\nbob@example.org,evening\n"
    assert {"read": 2, "added": 1, "of another newsletter": 1} == office.read(file)
    assert {"ann@example.org": "active"} == office.states()
    assert {} == replace(office, newsletter=evening).states()


def test_counts_add_up(office: Office) -> None:
    """Every line that was read has exactly one fate."""
    told = Counter(office.read(MANY + "r1@example.org\nx@example.org,1,2\n"))
    assert told.pop("read") == told.total()
