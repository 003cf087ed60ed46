"""Places in content: held feed text and personal values."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.edition.slots import Held, Slot, fill_html, fill_text, new_marker, personal, segments
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
