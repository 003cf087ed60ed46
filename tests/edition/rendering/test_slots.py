"""Places in content: held feed text and personal values."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.rendering.slots import (
    Held,
    Slot,
    check_links,
    counted_link,
    direct_html,
    direct_text,
    fill_html,
    fill_text,
    new_marker,
    personal,
    segments,
    weigh,
)
from newsletter.errors import ContentError

MARKER = "nl0123456789abcdef"
AMPLE = 10_000
UNSUBSCRIBE = personal(MARKER, Slot.UNSUBSCRIBE)
ADDRESS = personal(MARKER, Slot.ADDRESS)


def test_a_marker_is_letters_and_digits_and_new_each_time() -> None:
    """Nothing in a marker needs escaping anywhere, and no two renderings share one."""
    one, other = new_marker(), new_marker()

    assert one.isalnum()
    assert one.isascii()
    assert one != other


def test_html_values_are_escaped_and_text_values_are_not() -> None:
    """The same value is safe in an attribute and unchanged in plain text."""
    values = {Slot.ADDRESS: '"o\'hara"<ann@example.org>'}

    assert (
        fill_html(f'<a title="{ADDRESS}">', MARKER, values)
        == '<a title="&quot;o&#x27;hara&quot;&lt;ann@example.org&gt;">'
    )
    assert fill_text(f"For {ADDRESS}.", MARKER, values) == 'For "o\'hara"<ann@example.org>.'


def test_a_value_is_never_looked_at_again() -> None:
    """An address that spells a slot stays an address."""
    values = {Slot.ADDRESS: UNSUBSCRIBE, Slot.UNSUBSCRIBE: "https://example.org/u/1"}

    assert f"{UNSUBSCRIBE} https://example.org/u/1" == fill_text(f"{ADDRESS} {UNSUBSCRIBE}", MARKER, values)


def test_a_missing_value_is_refused() -> None:
    """No reader gets a message with an open place."""
    with pytest.raises(ContentError, match="unsubscribe"):
        fill_html(UNSUBSCRIBE, MARKER, {Slot.ADDRESS: "ann@example.org"})


def test_segments_are_text_and_slots_in_order() -> None:
    """Content can be cut once and joined for every subscriber."""
    assert segments(f"To {ADDRESS}: {UNSUBSCRIBE}", MARKER) == ("To ", Slot.ADDRESS, ": ", Slot.UNSUBSCRIBE)


@pytest.mark.parametrize("damaged", [f"{MARKER}snosuchx", f"{MARKER}sunsub\nscribex", MARKER])
def test_a_damaged_place_is_refused(damaged: str) -> None:
    """A place that was cut, or names no slot, is an error and not text."""
    with pytest.raises(ContentError):
        segments(f"Leave: {damaged}", MARKER)


def test_nothing_is_held_as_nothing() -> None:
    """Templates can ask whether a field is empty."""
    assert Held(MARKER).hold("") == ""


def test_text_with_the_marker_is_refused() -> None:
    """No article can write into another's place."""
    with pytest.raises(ContentError, match="marker"):
        Held(MARKER).hold(f"Read {MARKER}n0x")


@given(value=st.text(min_size=1))
def test_every_value_comes_back_whole(value: str) -> None:
    """What is put in, escaped, reads as what was held."""
    held = Held(MARKER)
    token = held.hold(value)

    put_in = held.put_in(f'<i title="{token}">', AMPLE)

    assert f'<i title="{value}">' == unescape(put_in)
    assert not set(put_in.removeprefix('<i title="').removesuffix('">')) & set("<>\"'")


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{MARKER}n0</p>",
        f"<p>{MARKER}n7x</p>",
        f"<p>{MARKER}</p>",
        f"<style>.a {{ color: {MARKER}n0x }}</style>",
        f'<p style="color:{MARKER}n0x">',
        f"<p STYLE = 'color:{MARKER}n0x'>",
    ],
)
def test_a_cut_unknown_or_misplaced_token_is_refused(html: str) -> None:
    """A template that shortens a field or prints it into CSS is told so."""
    held = Held(MARKER)
    held.hold("red")

    with pytest.raises(ContentError, match="template"):
        held.census(html)


def test_the_census_counts_every_place() -> None:
    """Held and personal places are both counted, as often as they stand."""
    held = Held(MARKER)
    token = held.hold("Headline")

    assert {token: 2, UNSUBSCRIBE: 1} == held.census(f"<title>{token}</title>{token} {UNSUBSCRIBE}")


def test_only_what_may_shrink_does_and_only_when_it_must() -> None:
    """Summaries give way, headlines stay."""
    held = Held(MARKER)
    html = f"<b>{held.hold('Headline ' * 10)}</b>{held.hold('word ' * 100, may_shrink=True)}"

    roomy, tight = held.put_in(html, AMPLE), held.put_in(html, 300)

    assert "word " * 100 in roomy
    assert "Headline " * 10 in tight
    assert len(tight) <= 300
    assert tight.endswith("word…")


LINKS = [
    "https://news.example/1?a=1&b=2",
    "https://news.example/2",
    *[f"https://news.example/{n}" for n in range(3, 13)],
]


def test_counted_links_are_put_back() -> None:
    """The number says which link: escaped in HTML, as it is in text, and 1 is not the beginning of 12."""
    one, twelve = counted_link(MARKER, 1), counted_link(MARKER, 12)
    assert f"[1] {LINKS[0]}\n[12] {LINKS[11]}" == direct_text(f"[1] {one}\n[12] {twelve}", MARKER, LINKS)
    assert '<a href="https://news.example/1?a=1&amp;b=2">' == direct_html(f'<a href="{one}">', MARKER, LINKS)
    assert (f"[1] {one}", "") == (direct_text(f"[1] {one}", "nlfedcba9876543210", []), direct_text("", MARKER, []))


def test_a_reader_s_link_is_one_value_and_a_number() -> None:
    """Whatever the number, only what stands before it is the reader's."""
    assert segments(f'"{counted_link(MARKER, 7)}"', MARKER) == ('"', Slot.CLICK, '/7"')
    filled = fill_html(f'"{counted_link(MARKER, 7)}"', MARKER, {Slot.CLICK: "https://news.example/c/tok"})
    assert '"https://news.example/c/tok/7"' == filled


@pytest.mark.parametrize("behind", ["", "\n", '"', "'", " ", "<", ".", ")"])
def test_links_that_end_are_whole(behind: str) -> None:
    """A quote, white space, a bracket or a full stop is no part of a link."""
    check_links(f"{counted_link(MARKER, 12)}{behind}", MARKER, 12)


@pytest.mark.parametrize(
    "changed",
    [
        *(f"{counted_link(MARKER, 1)}{behind}" for behind in ("00", "/amp", "?utm=mail", "#top", "&a=b", "x")),
        *(f"{personal(MARKER, Slot.CLICK)}{behind}" for behind in ("", "/", "/0", "/01", "/x", "/13", '"')),
    ],
)
def test_a_link_that_was_added_to_is_refused(changed: str) -> None:
    """It would lead nowhere, or to another article."""
    with pytest.raises(ContentError, match="changed an article's link"):
        check_links(f'<a href="{changed}">', MARKER, 12)


def test_content_is_weighed_as_a_reader_gets_it() -> None:
    """Each personal place counts with what will stand there; all else with its bytes."""
    assert 6 == weigh("بتث", MARKER)
    assert 3 + 2 * 120 == weigh(f"a{UNSUBSCRIBE}b{UNSUBSCRIBE}c", MARKER)
