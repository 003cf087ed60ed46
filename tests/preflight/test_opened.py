"""A message is opened by its own bytes alone."""

from newsletter.preflight.opened import open_message, words_of
from tests.preflight.mails import HEAD, HTML, TEXT, a_mail


def test_fields_are_unfolded() -> None:
    """A folded field is one value, its lines are kept, and names are found in any case."""
    opened = open_message(b"Subject: a\r\n b\r\n\tc\r\nX: 1\r\nx: 2\r\n\r\nSubject: no field\r\n")
    assert (["a b\tc"], ["1", "2"]) == (opened.values("subject"), opened.values("X"))
    assert ("Subject: a", " b", "\tc") == opened.fields[0].lines
    assert "" == opened.value("From")


def test_both_parts_are_found_and_decoded() -> None:
    """Parts are read in their own encoding, whatever a transfer made of them."""
    opened = open_message(a_mail(text=f"{TEXT}é"))
    assert (True, True) == ("é" in (opened.text or ""), "</h1>" in (opened.html or ""))
    latin = HEAD.replace("multipart/alternative; boundary=cut", "text/plain; charset=iso-8859-1")
    coded = f"{latin}Content-Transfer-Encoding: quoted-printable\n\ncaf=E9"
    assert ("café", None) == (open_message(coded.encode()).text, open_message(coded.encode()).html)
    unknown = coded.replace("iso-8859-1", "no-such-letters")
    assert "caf" in (open_message(unknown.encode()).text or "")


def test_an_attached_page_is_no_part() -> None:
    """What is attached is not what a reader is shown."""
    attached = a_mail().replace(b"text/html;", b"text/html; name=a\r\nContent-Disposition: attachment;\r\n x=y;")
    assert open_message(attached).html is None


def test_comments_are_no_elements() -> None:
    """What stands in a comment, as for Outlook alone, is not looked at."""
    opened = open_message(a_mail(html=HTML.replace("</body>", "<!--[if mso]><a href=''>x</a><![endif]--></body>")))
    assert all(each.get("href") for each in opened.elements("a"))
    assert "if mso" not in words_of(opened.elements("body")[0])


def test_what_is_no_message_has_nothing() -> None:
    """Bytes without a header have no fields, no parts and no elements."""
    opened = open_message(b"\xff\xfe\0")
    assert ((), None, []) == (opened.fields, opened.html, opened.elements("a"))
