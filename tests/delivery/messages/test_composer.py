"""One reader's message: signed here, built quickly, and what the plain way would have said."""

import re
from dataclasses import replace

import pytest

from newsletter.addressed import address_maker, read_addressed
from newsletter.delivery.messages.compiled import compile_edition
from newsletter.delivery.messages.composer import Composer, Composers, Copy, compose_copy, personal_values
from newsletter.edition.rendering.slots import Slot, fill_html, personal
from newsletter.edition.store import Wish
from newsletter.errors import TokenError
from newsletter.tokens import Purpose, Tokens
from tests.conftest import SECRET
from tests.delivery.editions import HOME, READY_AT
from tests.delivery.messages.test_message import check_wire
from tests.delivery.plainly import a_copy, a_post, flattened, plain_message, read_wire, readers

TOKENS = Tokens(SECRET)


@pytest.mark.parametrize(("track_clicks", "arabic"), [(True, False), (False, False), (True, True)])
def test_three_thousand_readers_get_what_the_plain_way_says(*, track_clicks: bool, arabic: bool) -> None:
    """For each, headers, text, HTML and links are those of an EmailMessage of its own, read back from the wire."""
    copy = a_copy(track_clicks=track_clicks, arabic=arabic)
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


def with_slots(*slots: Slot) -> Copy:
    """Return an edition whose text and HTML are these slots and no more."""
    copy = a_copy()
    both = " ".join(personal(copy.content.marker, slot) for slot in slots) + "\n"
    content = replace(copy.content, text=both, html=both)
    return replace(
        copy, content=content, compiled=compile_edition(replace(copy.compiled.original, content=content))
    )


def test_no_signature_is_spent_where_nothing_shows_it() -> None:
    """An edition without counted links, or without a link to the preferences, has no token for them."""
    reader = Composer(a_post(SECRET), with_slots(Slot.UNSUBSCRIBE)).reader(1, "ann@example.org")
    assert ("", "") == (reader.click_url, reader.preferences_url)


def test_a_link_to_the_preferences_is_the_readers_own() -> None:
    """Signed for this subscription and purpose, dated like the edition, in both parts; it opens nothing else."""
    copy = with_slots(Slot.PREFERENCES, Slot.UNSUBSCRIBE)
    received = read_wire(Composer(a_post(SECRET), copy).message(17, "ann@example.org"))
    link = received.text.split()[0]
    token = link.removeprefix(f"{HOME}/preferences/")
    assert (17, copy.content.ready_at.replace(second=0)) == TOKENS.read(token, Purpose.PREFERENCES, READY_AT)
    with pytest.raises(TokenError):
        TOKENS.read(token, Purpose.UNSUBSCRIBE, READY_AT)


def test_mail_to_leave_goes_to_the_readers_own_address() -> None:
    """Signed for this subscription, dated like the edition, the same bytes each time; it opens nothing else."""
    post = replace(a_post(SECRET), inbound_domain="back.paper.example")
    copy = a_copy()
    copy = replace(
        copy, compiled=compile_edition(replace(copy.compiled.original, inbound_domain="back.paper.example"))
    )
    raw = compose_copy(post, copy, 17, "ann@example.org")
    assert raw == compose_copy(post, copy, 17, "ann@example.org")
    link, by_mail = read_wire(raw).headers["list-unsubscribe"].split(", ")
    assert link.startswith(f"<{HOME}/unsubscribe/")
    address = by_mail.removeprefix("<mailto:").removesuffix("?subject=unsubscribe>")
    issued_at = copy.content.ready_at.replace(second=0)
    assert (17, issued_at) == read_addressed(address, TOKENS, Purpose.UNSUBSCRIBE, READY_AT)
    assert address == address_maker(TOKENS, Purpose.UNSUBSCRIBE, "back.paper.example", copy.content.ready_at)(17)
    with pytest.raises(TokenError):
        read_addressed(address.replace("unsubscribe+", "bounces+"), TOKENS, Purpose.BOUNCE, READY_AT)


def test_reports_go_to_an_address_of_the_delivery() -> None:
    """The envelope sender names one delivery where mail comes back to us; elsewhere it is the newsletter's own."""
    copy = a_copy()
    assert copy.newsletter.sender_address == Composers(a_post(SECRET), [copy]).envelope_from(3)
    post = replace(a_post(SECRET), inbound_domain="back.paper.example")
    sender = Composers(post, [copy]).envelope_from(3)
    assert (3, copy.content.ready_at.replace(second=0)) == read_addressed(sender, TOKENS, Purpose.BOUNCE, READY_AT)


@pytest.mark.parametrize(("language", "expected"), [("", "en"), ("en", "en"), ("ar", "ar"), ("fr", "en")])
def test_each_reader_has_the_copy_of_their_language(language: str, expected: str) -> None:
    """None, or one that the edition has not, is the newsletter's own."""
    composers = Composers(a_post(SECRET), [a_copy(), a_copy(arabic=True)])
    for compose in (composers.message, composers.message_8bit):
        received = read_wire(compose(17, "ann@example.org", Wish(language)))
        assert expected == received.headers["content-language"]


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


@pytest.mark.parametrize("arabic", [False, True])
def test_the_size_is_not_too_small(*, arabic: bool) -> None:
    """What SMTP is told beforehand holds for readers with addresses of any usual length, and is not far off."""
    copy = a_copy(10, arabic=arabic)
    composer = Composer(a_post(SECRET), copy)
    longest = max(len(composer.message(*reader)) for reader in readers(50))
    assert longest <= copy.compiled.size <= 1.1 * longest
