"""Which addresses we mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import AddressError
from newsletter.readers.address import LONGEST, canonical_address, read_address

letters = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
locals_ = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=30
)
good = st.builds(lambda local, name: f"{local}@{name}.example.org", locals_, letters)
bad_characters = st.one_of(
    st.characters(max_codepoint=0x20),
    st.characters(min_codepoint=0x7F, max_codepoint=0x9F),
    st.sampled_from("\u2028\u2029\u200b\ufeff\u202e"),
)


def refused(address: str) -> bool:
    try:
        read_address(address)
    except AddressError:
        return True
    return False


@given(good)
def test_a_usual_address_stays_as_it_is(address: str) -> None:
    """What is typed correctly is mailed as typed."""
    assert address == read_address(address)


@given(good, st.sampled_from(["", " ", "\t", "\r\n", "\u00a0"]), st.sampled_from(["", " ", "\n"]))
def test_white_space_around_an_address_is_no_part_of_it(address: str, before: str, after: str) -> None:
    """What copying brings along is dropped."""
    assert address == read_address(f"{before}{address}{after}")


@given(good, bad_characters, st.data())
def test_nothing_that_breaks_a_header_or_a_command(address: str, character: str, data: st.DataObject) -> None:
    """CR, LF, space, controls and invisible characters inside an address are refused wherever they stand."""
    place = data.draw(st.integers(1, len(address) - 1))
    assert refused(address[:place] + character + address[place:])


@given(st.text())
def test_whatever_is_typed_is_safe_or_refused(text: str) -> None:
    """No input at all gives anything but AddressError or an address of printable ASCII that fits SMTP."""
    try:
        address = read_address(text)
    except AddressError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert 1 == address.count("@")
    assert not set(address) & set(' <>,;:"\\')
    assert len(address) <= LONGEST


@given(good)
def test_reading_twice_is_reading_once(address: str) -> None:
    """An address that was stored is read back as the same."""
    assert read_address(address) == read_address(read_address(address))


@given(good)
def test_two_spellings_are_one_reader(address: str) -> None:
    """Nobody gets an edition twice for having typed capitals."""
    upper, lower = read_address(address.upper()), read_address(address.lower())
    assert canonical_address(upper) == canonical_address(lower) == canonical_address(address)


@pytest.mark.parametrize(
    ("expected", "typed"),
    [
        ("ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--mgbaal8b0b9b2b.example", "ann@افغانستا.example"),
        ("ann@paper.example", "ann@ｐａｐｅｒ.example"),
        ("Ann.Lee+news@paper.example", "Ann.Lee+news@Paper.EXAMPLE"),
    ],
)
def test_a_domain_is_mailed_in_a_labels(expected: str, typed: str) -> None:
    """A domain in any script becomes what DNS knows, in one spelling."""
    assert expected == read_address(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "ann",
        "ann@",
        "@paper.example",
        "ann@localhost",
        "ann@127.0.0.1",
        "ann@[127.0.0.1]",
        "ann@paper..example",
        "ann@-paper.example",
        "ann@paper.example.",
        ".ann@paper.example",
        "ann.@paper.example",
        "an..n@paper.example",
        "ann@paper.example, bob@paper.example",
        "ann@paper.example;bob@paper.example",
        "Ann <ann@paper.example>",
        "<ann@paper.example>",
        '"ann lee"@paper.example',
        "ann@paper.example@other.example",
        "ann(comment)@paper.example",
        "ann@paper.example\r\nBcc: bob@paper.example",
        "ann\x00@paper.example",
        "ann@paper_news.example",
        "änn@paper.example",
        "аnn@paper.example",
        "用户@例子.example",
    ],
)
def test_what_no_relay_should_see_is_refused(typed: str) -> None:
    """Lists, names, literals, damage and local parts outside ASCII are no address we can mail."""
    assert refused(typed)


def test_an_address_may_be_as_long_as_smtp_allows() -> None:
    """The limit is that of the envelope, counted in the form that is mailed."""
    fits = "a" * 60 + "@" + ".".join(["b" * 60, "c" * 60, "d" * 60, "example"]) + "x" * 3
    assert LONGEST == len(fits)
    assert fits == read_address(fits)
    assert refused(f"{fits}x")
    assert refused("x" * 1_000_000 + "@paper.example")


def test_a_domain_that_grows_too_long_in_a_labels_is_refused() -> None:
    """An address short as typed can be too long on the wire."""
    assert refused("ann@" + ".".join(["ü" * 50] * 4) + ".example")


def test_a_refusal_says_what_is_wrong() -> None:
    """The reader gets a sentence, and the form its status."""
    with pytest.raises(AddressError, match="not an address we can mail") as caught:
        read_address("ann")
    assert 422 == caught.value.status
    assert caught.value.mend
