"""Headers and lines that a server on the way would refuse."""

import pytest

from newsletter.preflight.finding import Outcome
from tests.preflight.mails import HEAD, a_mail, faults_of, our_mail


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Id"])
def test_a_field_stands_once(name: str) -> None:
    """A field that is missing or stands twice blocks."""
    (line,) = [each for each in HEAD.splitlines() if each.startswith(f"{name}:")]
    without = a_mail(HEAD.replace(f"{line}\n", ""))
    assert (Outcome.BLOCK, f"{name} is missing.") in faults_of("header", without)
    twice = a_mail(f"{line}\n{HEAD}")
    assert (Outcome.BLOCK, f"{name} stands 2 times.") in faults_of("header", twice)


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("Date: Mon, 02 Mar 2026 06:40:00 +0000", "Date: 2026-03-02T06:40:00Z"),
        ("Date: Mon, 02 Mar 2026 06:40:00 +0000", "Date: Tue, 02 Mar 2026 06:40:00 +0000"),
        ("Message-ID: <7.5b1f6e0c@quay-paper.de>", "Message-ID: 7.5b1f6e0c@quay-paper.de"),
        ("Message-ID: <7.5b1f6e0c@quay-paper.de>", "Message-ID: <7 5b1f6e0c@quay-paper.de>"),
        ("From: The Daily <news@quay-paper.de>", "From: The Daily"),
        ("From: The Daily <news@quay-paper.de>", "From: news@quay-paper.de, other@quay-paper.de"),
        ("MIME-Version: 1.0", "MIME-Version: 2"),
        ("List-Id: The Daily <daily.quay-paper.de>", "List-Id: The Daily"),
    ],
)
def test_a_field_says_what_it_may(written: str, wrong: str) -> None:
    """A field in a form that RFC 5322 or RFC 2919 does not know blocks, and is named."""
    ((outcome, what),) = faults_of("header", a_mail(HEAD.replace(written, wrong)))
    assert (Outcome.BLOCK, True) == (outcome, what.startswith(wrong.split(":", maxsplit=1)[0]))


def test_a_line_that_is_no_field_is_told() -> None:
    """A line of the header without a name and a colon blocks."""
    ((outcome, what),) = faults_of("header", a_mail(f"{HEAD}no field at all\n"))
    assert (Outcome.BLOCK, "A line of the header is no field: 'no field at all'.") == (outcome, what)


def test_long_lines_are_told() -> None:
    """A line of 999 octets blocks, one of 998 does not."""
    assert [] == faults_of("lines", a_mail(text="a" * 998))
    found = faults_of("lines", a_mail(text="a" * 999))
    assert [(Outcome.BLOCK, "A line has 999 octets; 998 are allowed.")] == found


def test_line_ends_are_of_one_kind() -> None:
    """Line ends that are no CRLF block beside some that are; a file saved with plain ends is no mistake."""
    assert [] == faults_of("lines", our_mail().replace(b"\r\n", b"\n"))
    mixed = our_mail().replace(b"\r\n", b"\n", 1)
    assert [(Outcome.BLOCK, "Line ends are mixed: some are no CRLF.")] == faults_of("lines", mixed)


def test_a_header_beyond_ascii_is_told() -> None:
    """Letters that are not encoded, and control characters, block."""
    plain = a_mail(HEAD.replace("The council opens", "Der Rat öffnet"))
    assert [(Outcome.BLOCK, "The header is not ASCII.")] == faults_of("lines", plain)
    bell = a_mail(HEAD.replace("The council", "The\a council"))
    assert [(Outcome.BLOCK, "The header holds control characters.")] == faults_of("lines", bell)


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (f"=?utf-8?q?{'a' * 70}?=", "An encoded word has 82 characters; 75 are allowed."),
        ("=?utf-8?b?!!!?=", "'=?utf-8?b?!!!?=' cannot be read."),
        ("=?no-such-letters?q?a?=", "'=?no-such-letters?q?a?=' cannot be read."),
        ("=?utf-8?q?a b?=", "'=?utf-8?q?a b?=' is no encoded word."),
        ("a=?utf-8?q?b?=", "Encoded words touch what stands beside them."),
    ],
)
def test_encoded_words_are_legal(subject: str, said: str) -> None:
    """An encoded word that is too long, or that no program reads, blocks."""
    head = HEAD.replace("The council opens a bridge", subject)
    assert (Outcome.BLOCK, said) in faults_of("encoded words", a_mail(head))


def test_good_encoded_words_pass() -> None:
    """Letters of other scripts, as RFC 2047 has them, pass."""
    head = HEAD.replace("The council opens a bridge", "=?utf-8?b?2KzYs9ix?=\n =?utf-8?q?caf=C3=A9?=")
    assert [] == faults_of("encoded words", a_mail(head))


def test_no_encoded_word_stands_in_an_address_to_leave() -> None:
    """A List-Unsubscribe that a library folded into encoded words blocks: it is no address any more."""
    head = HEAD.replace("List-Unsubscribe: <https", "List-Unsubscribe: =?utf-8?q?=3Chttps?= <https")
    said = "List-Unsubscribe holds an encoded word, where none may stand."
    assert (Outcome.BLOCK, said) in faults_of("encoded words", a_mail(head))
