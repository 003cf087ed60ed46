"""Which addresses a report in free text says have failed."""

from email.message import Message

import pytest

from newsletter.inbound.mail.mime import read_letter
from newsletter.inbound.report.notice import take_apart
from newsletter.inbound.report.whom import MOST_LINES_FOR_FLUFL, MOST_RECIPIENTS, failed_addresses

HEAD = "Return-Path: <>\nFrom: postmaster@mx.example\nTo: bounces@news.example\nSubject: failure notice\n"


def failed(text: str, head: str = HEAD) -> list[str]:
    raw = f"{head}\n{text}".encode()
    return list(failed_addresses(take_apart(read_letter(raw)), raw))


@pytest.mark.parametrize(
    "line",
    [
        "<ann@reader.example>:",
        "  ann@reader.example",
        "    * ann@reader.example (mailbox full)",
        '"ann@reader.example":',
        "ann@reader.example on Mon, 2 Mar 2026 06:00:00 +0000",
        "ann@reader.example... User unknown",
        ">>> ann@reader.example <ann@reader.example>",
        ">>> RCPT TO:<ann@reader.example>",
        "Recipient address: ann@reader.example",
        "Could not be delivered to: <ann@reader.example>",
        "550 5.1.1 <ann@reader.example>: no",
        "User unknown: the one with the name ann@reader.example",
        "Empfänger: ann@reader.example",
        "宛先 ann@reader.example",
    ],
)
def test_an_address_is_found_where_programs_put_it(line: str) -> None:
    """An address that begins a line, has a label, or stands beside a cause has failed; others have not."""
    assert ["ann@reader.example"] == failed(f"It could not be delivered.\n\n{line}\n\nContact help@mx.example.\n")


def test_the_surest_way_counts() -> None:
    """Where lines begin with addresses, those in sentences are not meant."""
    text = "Failed: ask carl@mx.example\n\n<ann@reader.example>:\nno such user\n\n<bob@reader.example>:\nfull\n"
    assert ["ann@reader.example", "bob@reader.example"] == failed(text)


def test_a_field_names_them_all() -> None:
    """X-Failed-Recipients is believed before any line."""
    head = HEAD + "X-Failed-Recipients: ann@reader.example,\n\tbob@reader.example\n"
    assert ["ann@reader.example", "bob@reader.example"] == failed("<carl@reader.example>: no\n", head)


def test_flufl_bounce_is_asked_where_we_see_nothing() -> None:
    """A list server's way to write addresses without a domain is known to other people's rules."""
    head = "From: MAILER-DAEMON@aol.com\nTo: bounces@news.example\nSubject: Mail Delivery Problem\n"
    text = "Your mail to the following recipients could not be delivered because:\n\tann\n"
    assert ["ann@aol.com"] == failed(text, head)


def test_flufl_bounce_is_shown_so_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks at each line for everything it knows: of a message of many short ones it sees the beginning."""
    shown: list[int] = []

    def all_failures(message: Message) -> tuple[set[bytes], set[bytes]]:
        shown.append(message.as_string().count("\n"))
        return set(), set()

    monkeypatch.setattr("newsletter.inbound.report.whom.all_failures", all_failures)
    assert [] == failed("It failed.\n" + ".\n" * 40_000)
    assert [MOST_LINES_FOR_FLUFL - 1] == shown


def test_they_are_bounded() -> None:
    """Thousands of addresses are read to a point."""
    lines = "".join(f"u{number}@reader.example: no\n" for number in range(10_000))
    assert MOST_RECIPIENTS == len(failed(lines))
