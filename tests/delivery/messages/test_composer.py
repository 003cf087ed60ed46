"""One reader's message: signed here, built quickly, and what the plain way would have said."""

import re
from dataclasses import replace

import pytest

from newsletter.delivery.messages.composer import Composer, compose_copy, personal_values
from newsletter.edition.rendering.slots import Slot, fill_html
from newsletter.tokens import Purpose, Tokens
from tests.conftest import SECRET
from tests.delivery.messages.test_message import check_wire
from tests.delivery.plainly import HOME, a_copy, a_post, flattened, plain_message, read_wire, readers

TOKENS = Tokens(SECRET)


@pytest.mark.parametrize("track_clicks", [True, False])
def test_two_thousand_readers_get_what_the_plain_way_says(*, track_clicks: bool) -> None:
    """For each, headers, text, HTML and links are those of an EmailMessage of its own, read back from the wire."""
    copy = a_copy(track_clicks=track_clicks)
    composer = Composer(a_post(SECRET), copy)
    for subscription_id, address in readers(1000):
        ours = composer.message(subscription_id, address)
        assert not ours.startswith(b".")
        assert b"\r\n." not in ours
        received = read_wire(ours)
        expected = read_wire(flattened(plain_message(copy, TOKENS, subscription_id, address)))
        assert expected == received
        assert expected.links == received.links
        assert bool(track_clicks) == any("/c/" in link for link in received.links[0])


def test_a_reader_has_one_token_for_all_links() -> None:
    """The number stands outside the token, in both parts; links to leave and to the archive are not counted."""
    copy = a_copy()
    received = read_wire(Composer(a_post(SECRET), copy).message(17, "ann@example.org"))
    prefix = f"{HOME}/c/{TOKENS.pair_signer(Purpose.CLICK, copy.edition.id)(17)}"
    assert (17, copy.edition.id) == TOKENS.read_pair(prefix.rpartition("/")[2], Purpose.CLICK)
    for links in received.links:
        counted = {link for link in links if "/c/" in link}
        assert {f"{prefix}/{number}" for number in range(1, 7)} == counted
        assert any("/unsubscribe/" in link for link in links)
        assert any("/archive/" in link for link in links)
    assert 6 == len(copy.content.links)
    for number, link in enumerate(re.findall(r"\[([0-9]+)\] \S+/([0-9]+)\n", received.text), start=1):
        assert (str(number), str(number)) == link, "the number that is printed is the number of the link"


def test_the_same_reader_gets_the_same_bytes() -> None:
    """Another process, another day, alone or among others: a second submission is the same message."""
    copy, post = a_copy(), a_post(SECRET)
    among_others = [Composer(post, copy).message(*reader) for reader in readers(9)]
    assert among_others == [compose_copy(a_post(SECRET), copy, *reader) for reader in readers(9)]
    assert len(set(among_others)) == 9


def test_pieces_join_to_the_message() -> None:
    """Who signs a message on its way gets it in pieces."""
    composer = Composer(a_post(SECRET), a_copy())
    assert composer.message(1, "ann@example.org") == b"".join(composer.filled(1, "ann@example.org"))


def test_a_preview_shows_the_reader_s_own_links() -> None:
    """The values for previews are those of the message."""
    copy, post = a_copy(), a_post(SECRET)
    values = personal_values(post, copy, 3, "ann@example.org")
    html = fill_html(copy.content.html, copy.content.marker, values)
    assert f"{html}\n" == read_wire(compose_copy(post, copy, 3, "ann@example.org")).html
    assert values[Slot.CLICK] in html


def test_no_signature_is_spent_where_nothing_is_tracked() -> None:
    """An edition without counted links has no token for them."""
    assert not Composer(a_post(SECRET), a_copy(track_clicks=False)).reader(1, "ann@example.org").click_url


def test_a_slash_at_the_end_of_our_address_is_not_doubled() -> None:
    """PUBLIC_URL may be written either way."""
    copy = a_copy()
    post = replace(a_post(SECRET), public_url=f"{HOME}/")
    assert compose_copy(a_post(SECRET), copy, 1, "a@example.org") == compose_copy(post, copy, 1, "a@example.org")


def test_an_address_beyond_ascii() -> None:
    """RFC 6532: To holds UTF-8 as it is, everything else of the message stays ASCII."""
    copy = a_copy()
    raw = Composer(a_post(SECRET), copy).message(5, ".zo\u00eb@example.org")
    head, _, content = raw.partition(b"\r\n\r\n")
    assert "\r\nTo: .zo\u00eb@example.org\r\n".encode() in head
    check_wire(raw.replace("\u00eb".encode(), b"e"))
    assert content.isascii()
    assert b"\r\n." not in raw
    received = read_wire(raw)
    assert "zo\u00eb@example.org" in received.text
    assert "zo\u00eb@example.org" in received.html


def test_the_size_is_not_too_small() -> None:
    """What SMTP is told beforehand holds for readers with addresses of any usual length, and is not far off."""
    copy = a_copy(10)
    composer = Composer(a_post(SECRET), copy)
    longest = max(len(composer.message(*reader)) for reader in readers(50))
    assert longest <= copy.compiled.size <= 1.1 * longest
