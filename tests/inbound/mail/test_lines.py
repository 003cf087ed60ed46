"""What somebody wrote themselves, in whatever shape their program sent it."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.desk.commands import MOST_COMMANDS, Verb, read_commands
from newsletter.inbound.desk.loops import why_not_answer
from newsletter.inbound.mail.lines import is_answer, opening_lines, text_of
from newsletter.inbound.mail.mime import read_letter


def read(message: EmailMessage) -> list[str]:
    return opening_lines(text_of(read_letter(message.as_bytes())))


def test_the_plain_part_of_two() -> None:
    """Where a mail has text and HTML, the text is read."""
    message = EmailMessage()
    message.set_content("STOP\n")
    message.add_alternative("<p>PAUSE 14</p>", subtype="html")
    assert ["STOP"] == read(message)


@pytest.mark.parametrize(
    "quoted",
    [
        '<blockquote type="cite"><p>STOP</p></blockquote>',
        '<div class="gmail_quote"><p>STOP</p></div>',
        "<div class=gmail_quote><p>STOP</p></div>",
        "<hr><p>STOP</p>",
        '<div id="divRplyFwdMsg">STOP</div>',
        '<div class="moz-cite-prefix">STOP</div>',
    ],
)
def test_html_alone(quoted: str) -> None:
    """Without text the HTML is read, up to what it marks as quoted."""
    message = EmailMessage()
    message.set_content(f"<html><body><div>Pause 14</div><br>{quoted}</body></html>", subtype="html")
    assert ["Pause 14"] == read(message)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("cte", ["quoted-printable", "base64", "8bit"])
def test_charsets_and_encodings(charset: str, cte: str) -> None:
    """A command is read in whatever charset and encoding it came."""
    message = EmailMessage()
    message.set_content("Désabonner\n", charset=charset, cte=cte)
    assert [Verb.STOP] == [each.verb for each in read_commands("", text_of(read_letter(message.as_bytes())))]


def test_a_mail_without_text() -> None:
    """A picture alone says nothing, and nothing fails."""
    message = EmailMessage()
    message.set_content(b"GIF89a", "image", "gif")
    assert [] == read(message)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: Hello", True),
        ("AW: Hallo", True),
        ("رد: مرحبا", True),
        ("Report: x", False),
        ("Restart", False),
        ("", False),
    ],
)
def test_subjects_of_answers(subject: str, expected: bool) -> None:
    """An answer is known by how programs in many languages begin its subject."""
    assert expected == is_answer(subject)


@given(st.binary(max_size=3000))
def test_any_octets(octets: bytes) -> None:
    """Whatever comes in, it is taken apart and read, and few commands are found."""
    letter = read_letter(octets)
    assert len(read_commands(letter.headers["subject"], text_of(letter))) <= MOST_COMMANDS
    assert "null sender" == why_not_answer(letter.headers, "", is_ours=False)


LINES = st.sampled_from(
    [
        *(
            b"Content-Type: text/html",
            b"Content-Type: multipart/mixed; boundary=b",
            b"--b",
            b"--b--",
            b"",
            b"STOP",
        ),
        *(b"<blockquote>", b"<div class=", b"> STOP", b"Subject: =?utf-8?q?stop?=", b"=?utf-8?b?", b"On x wrote:"),
        *(b"Content-Transfer-Encoding: base64", b":" * 300 + b" " * 300 + b"x", b"<" * 500, b"\xff\xfe"),
    ]
)


@given(st.lists(LINES, max_size=60))
def test_mails_made_to_be_a_nuisance(lines: list[bytes]) -> None:
    """Pieces of mail in any order are read like any other."""
    letter = read_letter(b"\r\n".join(lines))
    assert {each.verb for each in read_commands(letter.headers["subject"], text_of(letter))} <= {Verb.STOP}
