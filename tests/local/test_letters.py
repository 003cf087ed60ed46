"""Reading the local mailbox, whatever lies in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import NotFoundError
from newsletter.local.letters import list_messages, read_message
from newsletter.local.mailbox import store

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

_FRAGMENTS = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html; charset=no-such-charset\r\n",
        b"Content-Type: text/plain; charset*=x'y'%ff\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"Content-Disposition: attachment; filename*0*=a\r\n",
        b"Subject: =?utf-8?b?!!!?= =?x?q?=zz?=\r\n",
        b"From: =?utf-8?q?=e9?= <\xff>\r\n",
        b"begin 644 x\r\n",
        b"\r\n",
        b"--b\r\n",
        b"--b--\r\n",
    ]
)
_SOURCES = st.lists(_FRAGMENTS | st.binary(max_size=40), max_size=12).map(b"".join)


@given(source=_SOURCES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_broken_messages_never_crash(tmp_path: Path, source: bytes) -> None:
    """Any bytes at all can be listed and opened, and come back as they were."""
    path = store(tmp_path, "a@example.com", ["b@example.com"], source, _NOON)
    assert path.name in {summary.name for summary in list_messages(tmp_path, limit=None)}
    opened = read_message(tmp_path, path.name)
    assert source == opened.source
    path.unlink()
    # What is shown must be text that a web page can be made of.
    for text in [opened.text, opened.html, *(word for header in opened.headers for word in header)]:
        text.encode()


def test_deep_nesting(tmp_path: Path) -> None:
    """Parts nested deeper than the parser can follow are shown as they came."""
    source = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(2000)
    )
    path = store(tmp_path, "a@example.com", ["b@example.com"], source, _NOON)
    assert source == read_message(tmp_path, path.name).source


def test_order_and_limit(tmp_path: Path) -> None:
    """Messages come newest first by default, in order of arrival on request, and no more than asked."""
    for minute in (2, 0, 1):
        store(tmp_path, "a", ["b"], b"Subject: %d\r\n\r\n" % minute, _NOON + timedelta(minutes=minute))
    (tmp_path / "20260301T120000000000Z-00000000.part").write_bytes(b"unfinished")
    assert [summary.subject for summary in list_messages(tmp_path)] == ["2", "1", "0"]
    assert [summary.subject for summary in list_messages(tmp_path, newest_first=False, limit=2)] == ["0", "1"]
    assert list_messages(tmp_path, newest_first=False)[0].received_at == _NOON


def test_no_folder_is_empty(tmp_path: Path) -> None:
    """A mailbox that nothing was submitted to yet is empty."""
    assert list_messages(tmp_path / "mailbox") == []


@pytest.mark.parametrize(
    "name",
    ["../secret-key", "/etc/passwd", "", ".", "x.eml", "20260301T120000000000Z-00000000.eml", "a\0b",
     "../20260301T120000000000Z-00000000.eml", "20260301T120000000000Z-0000000g.eml"],
)  # fmt: skip
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    """Only the name of a stored message opens one; no path leads out of the folder."""
    (tmp_path / "20260301T120000000000Z-00000000.eml").write_bytes(b"")
    (tmp_path / "mailbox").mkdir()
    with pytest.raises(NotFoundError):
        read_message(tmp_path / "mailbox", name)


def test_a_message_cannot_forge_its_envelope(tmp_path: Path) -> None:
    """Headers that look like the mailbox's own stay part of the message."""
    source = b"X-Envelope-To: forged@example.com\r\nSubject: x\r\n\r\n"
    path = store(tmp_path, "a@example.com", ["b@example.com"], source, _NOON)
    opened = read_message(tmp_path, path.name)
    assert opened.envelope_to == "b@example.com"
    assert source == opened.source


def test_plain_only(tmp_path: Path) -> None:
    """A message in one old charset is decoded; an attachment is not taken for its text."""
    source = b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9"
    path = store(tmp_path, "a", ["b"], source, _NOON)
    assert read_message(tmp_path, path.name).text == "café"
    attached = b"Content-Disposition: attachment\r\n" + source
    assert read_message(tmp_path, store(tmp_path, "a", ["b"], attached, _NOON).name).text == ""
