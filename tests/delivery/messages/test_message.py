"""One reader's message: headers that machines read, text that comes back as it was, bytes fit for the wire."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.messages.message import (
    Leaving,
    Letter,
    compose_edition,
    compose_generated,
    compose_welcome,
    message_id,
    sender_domain,
)
from newsletter.edition.words.wording import plain
from newsletter.publication.newsletters import Newsletter

READY_AT = datetime(2026, 3, 2, 6, 0, 30, tzinfo=UTC)
UNSUBSCRIBE = "https://news.paper.example/unsubscribe/" + "tok_-en" * 23
LEAVE_BY_MAIL = "unsubscribe+" + "a2345" * 9 + "@" + "back." * 30 + "paper.example"
ARCHIVE = "https://news.paper.example/archive/daily/2026-03-02"
DAILY = Newsletter(
    slug="daily",
    name="The Daily",
    publisher="The Paper",
    sender_address="news@paper.example",
    id=1,
    created_at=READY_AT,
    scheduled_since=READY_AT,
)
LETTER = Letter(
    address="ann@example.org",
    subject="Harbour opens",
    text="Harbour opens\n",
    html="<p>Harbour opens</p>\n",
    message_id=message_id(b"0123456789abcdef", 4, DAILY),
    dated_at=READY_AT,
)

headlines = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map(plain)
"""Any text from a feed, as it is after our own cleaning."""

names = headlines.map(lambda text: " ".join(text.split())).filter(lambda name: bool(name) and name.isprintable())
"""Readers' programs take any white space in a display name for one space."""

texts = st.lists(headlines, max_size=12).map("\n".join)
atoms = st.text("abcXYZ019!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64)
labels = st.text("abcxyz019", min_size=1, max_size=60)
addresses = st.builds(lambda local, one, two: f"{local}@{one}.{two}.example", atoms, labels, labels)


def edition(letter: Letter = LETTER, newsletter: Newsletter = DAILY) -> bytes:
    """Return an edition's message as it goes over the wire."""
    return compose_edition(letter, newsletter, Leaving(UNSUBSCRIBE), ARCHIVE).as_bytes()


def parsed(raw: bytes) -> EmailMessage:
    """Read a message as a reader's program would."""
    message = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    """Return the text of one part, with the line ends of this program."""
    found = message.get_body((kind,))
    assert isinstance(found, EmailMessage)
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


def check_wire(raw: bytes) -> None:
    """Assert what every relay may ask of a message: CRLF alone, ASCII alone, lines that fit."""
    assert raw.endswith(b"\r\n")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    head, _, body = raw.partition(b"\r\n\r\n")
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?utf-8?" in line)
    assert max(len(line) for line in body.split(b"\r\n")) <= 76


@given(
    letter=st.builds(
        Letter,
        address=addresses,
        subject=headlines,
        text=texts,
        html=texts,
        message_id=st.just(LETTER.message_id),
        dated_at=st.just(READY_AT),
    ),
    name=names,
)
@example(replace(LETTER, subject="=?utf-8?q?Free=0D=0ABcc:_all@example.org?="), "=?utf-8?q?a=0Ab?=")
@example(replace(LETTER, subject="=?utf-8?b?!!!?= =?x?q?y?="), 'The "Daily" \\ Paper, Ltd. (Quay)')
@example(replace(LETTER, subject="\u0627\u0644\u0645\u064a\u0646\u0627\u0621 " * 40, text=".\n..\n."), "a@b <c@d>")
@example(replace(LETTER, text="From here to there\n" + "x" * 3_000), "\u00c9cho: du Sud")
def test_everything_comes_back_as_it_was(letter: Letter, name: str) -> None:
    """Whatever feeds and operators write, each header leaves once, and text and subject arrive unchanged."""
    raw = edition(letter, replace(DAILY, name=name))
    check_wire(raw)
    message = parsed(raw)
    headers = [name.lower() for name in message.keys()]  # noqa: SIM118 — a message is no mapping: keys repeat
    assert sorted(set(headers)) == sorted(headers)
    assert set(headers) == {
        *("from", "to", "subject", "date", "message-id", "mime-version", "content-type"),
        *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive", "feedback-id", "precedence"),
    }
    assert letter.subject == str(message["Subject"])
    assert letter.address == message["To"].addresses[0].addr_spec
    sender = message["From"].addresses[0]
    assert "news@paper.example" == sender.addr_spec
    # Python's reader puts a space between two encoded words of a name, which RFC 2047 §6.2 says to leave out.
    assert "".join(name.split()) == "".join(sender.display_name.split())
    assert letter.text.rstrip("\n") == part(message, "plain").rstrip("\n")
    assert letter.html.rstrip("\n") == part(message, "html").rstrip("\n")


def test_text_comes_first() -> None:
    """The last part is the one that a program prefers (RFC 2046 §5.1.4), so HTML stands last."""
    message = parsed(edition())
    assert message.get_content_type() == "multipart/alternative"
    assert ["text/plain", "text/html"] == [each.get_content_type() for each in message.iter_parts()]


def test_a_headline_cannot_write_headers() -> None:
    """What looks like an encoded word in a headline stays text: a feed adds no header, and ends none."""
    hostile = "News =?utf-8?q?a=0D=0ABcc=3A_x=40example.org=0D=0A=0D=0AFake?="
    raw = edition(replace(LETTER, subject=hostile))
    assert b"Bcc" not in raw
    assert hostile == str(parsed(raw)["Subject"])


@pytest.mark.parametrize("address", ["ann@example.org\r\nBcc: all@example.org", "ann@example.org\n"])
def test_a_line_end_in_an_address_is_refused(address: str) -> None:
    """An address that would end its header makes no message at all."""
    with pytest.raises(ValueError, match="line end"):
        edition(replace(LETTER, address=address))


def test_a_long_link_is_no_encoded_word() -> None:
    """A link of 200 characters stands in List-Unsubscribe as it is, on one line."""
    assert len(UNSUBSCRIBE) == 200
    raw = edition()
    assert b"\r\nList-Unsubscribe: <" + UNSUBSCRIBE.encode() + b">\r\n" in raw
    assert f"<{UNSUBSCRIBE}>" == str(parsed(raw)["List-Unsubscribe"])


def test_mail_leaves_too() -> None:
    """An address to mail to follows the link on a line of its own, whole whatever its length (RFC 2369 §3.2)."""
    raw = compose_edition(LETTER, DAILY, Leaving(UNSUBSCRIBE, LEAVE_BY_MAIL), ARCHIVE).as_bytes()
    check_wire(raw)
    lines = f"List-Unsubscribe: <{UNSUBSCRIBE}>,\r\n <mailto:{LEAVE_BY_MAIL}?subject=unsubscribe>\r\n"
    assert f"\r\n{lines}".encode() in raw
    expected = f"<{UNSUBSCRIBE}>, <mailto:{LEAVE_BY_MAIL}?subject=unsubscribe>"
    assert expected == str(parsed(raw)["List-Unsubscribe"])


def test_one_click() -> None:
    """RFC 8058 §3.1: one HTTPS address and the Post header with its one value."""
    message = parsed(edition())
    assert re.fullmatch(r"<https://\S+>", str(message["List-Unsubscribe"]))
    assert "List-Unsubscribe=One-Click" == message["List-Unsubscribe-Post"]


def test_list_headers() -> None:
    """List-Id, List-Archive, Feedback-ID and Precedence say what kind of mail this is."""
    message = parsed(edition())
    assert "The Daily <daily.paper.example>" == message["List-Id"]
    assert f"<{ARCHIVE}>" == message["List-Archive"]
    assert "20260302:daily:digest:paperexample" == message["Feedback-ID"]
    assert "bulk" == message["Precedence"]
    assert message["Auto-Submitted"] is None


def test_feedback_names_the_kind() -> None:
    """Complaints about breaking news are counted apart from those about digests."""
    message = parsed(edition(replace(LETTER, kind="breaking")))
    assert "20260302:daily:breaking:paperexample" == message["Feedback-ID"]


def test_a_name_that_needs_encoding_stays_out_of_list_id() -> None:
    """List-Id is read by machines: its phrase is the slug where the name is not plain ASCII."""
    message = parsed(edition(newsletter=replace(DAILY, name="\u00c9cho du Sud")))
    assert "daily <daily.paper.example>" == message["List-Id"]


@pytest.mark.parametrize("domain", ["a.bc", "paper.example", "news.a-very-long-name-of-a-paper.example"])
def test_the_sender_in_feedback_id_has_a_fit_length(domain: str) -> None:
    """Providers ask for 5 to 15 letters or digits."""
    message = parsed(edition(newsletter=replace(DAILY, sender_address=f"news@{domain}")))
    assert re.fullmatch(r"[a-z0-9]{5,15}", str(message["Feedback-ID"]).split(":")[3])


def test_the_same_delivery_gives_the_same_bytes() -> None:
    """Nothing in a message is drawn by lot or read from a clock: a second submission is the same to the byte."""
    assert edition() == edition()


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-3, minutes=-30))])
def test_the_date_is_the_letters_own(zone: timezone) -> None:
    """Date names the moment that the letter is dated at, to the second."""
    message = parsed(edition(replace(LETTER, dated_at=READY_AT.astimezone(zone))))
    assert READY_AT == parsedate_to_datetime(str(message["Date"]))


def test_message_ids() -> None:
    """A Message-ID comes from the digest and the edition alone, and lies on the sender's domain."""
    assert "<4.30313233343536373839616263646566@paper.example>" == LETTER.message_id
    assert LETTER.message_id == parsed(edition())["Message-ID"]
    assert message_id(b"f" * 16, 4, DAILY) != LETTER.message_id
    assert "paper.example" == sender_domain(DAILY)


def test_a_confirmation_wants_no_answer() -> None:
    """RFC 3834 §5: a machine's mail says so, and a confirmation is no list mail."""
    raw = compose_generated(LETTER, DAILY).as_bytes()
    check_wire(raw)
    message = parsed(raw)
    assert "auto-generated" == message["Auto-Submitted"]
    assert [] == [name for name in message.keys() if name.lower().startswith("list-")]  # noqa: SIM118 — a message is no mapping


def test_a_welcome_is_of_the_list_but_no_bulk() -> None:
    """It names the list and both ways out (RFC 8058 §3.1), whole whatever their length, and wants no answer."""
    leaving = f"https://news.paper.example/unsubscribe/{'a' * 120}"
    raw = compose_welcome(replace(LETTER, language="ar"), DAILY, Leaving(leaving, LEAVE_BY_MAIL)).as_bytes()
    check_wire(raw)
    message = parsed(raw)
    by_mail = f"<mailto:{LEAVE_BY_MAIL}?subject=unsubscribe>"
    assert (f"<{leaving}>, {by_mail}", "List-Unsubscribe=One-Click") == (
        message["List-Unsubscribe"],
        message["List-Unsubscribe-Post"],
    )
    assert ("auto-generated", "ar", None) == (
        message["Auto-Submitted"],
        message["Content-Language"],
        message["Precedence"],
    )
    assert str(message["List-Id"]).endswith(f"<{DAILY.slug}.paper.example>")
