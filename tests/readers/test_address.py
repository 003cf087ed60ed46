"""Which addresses we mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import AddressError, DisposableError
from newsletter.readers.address import (
    LONGEST,
    canonical_address,
    is_disposable,
    mailbox_of,
    read_address,
    typo_hint,
)

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


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("ann@gmial.com", "ann@gmail.com"),
        ("ann@gamil.com", "ann@gmail.com"),
        ("ann@gmail.con", "ann@gmail.com"),
        ("ann@gmail.co", "ann@gmail.com"),
        ("ann@GNAIL.com", "ann@gmail.com"),
        ("ann+tag@gmal.cmo", "ann+tag@gmail.com"),
        ("ann@hotnail.con", "ann@hotmail.com"),
        ("ann@hormial.com", "ann@hotmail.com"),
        ("ann@yaho.co.uk", "ann@yahoo.co.uk"),
        ("ann@yahoo.cook", "ann@yahoo.co.uk"),
        ("ann@outlok.fr", "ann@outlook.fr"),
        ("ann@icloud.cm", "ann@icloud.com"),
        ("ann@lapost.net", "ann@laposte.net"),
    ],
)
def test_a_slip_of_the_finger_is_noticed(address: str, meant: str) -> None:
    """A letter too many, too few, beside the right one or in its neighbour's place; the name before @ stays."""
    assert meant == typo_hint(address)


@pytest.mark.parametrize(
    "address",
    [
        "ann@gmail.com",
        "ann@Yahoo.de",
        "ann@mail.com",
        "ann@email.com",
        "ann@ymail.com",
        "ann@yahoo.gr",
        "ann@hotmail.pt",
        "ann@gmx.com",
        "ann@web.de",
        "ann@me.com",
        "ann@paper.example",
        "ann@xn--bcher-kva.example",
        "ann@co.com",
        "ann@company.co",
        "ann@news.gmail.com",
        "no address",
        "",
    ],
)
def test_an_address_that_may_be_right_is_left_alone(address: str) -> None:
    """Services with like names, other countries' names of one, and whatever nobody knows are no slip."""
    assert "" == typo_hint(address)


@given(st.emails())
def test_a_hint_is_an_address_that_gets_no_hint(address: str) -> None:
    """Whatever was typed, what is suggested is at a service that we know."""
    hint = typo_hint(address)
    assert not hint or typo_hint(hint) == ""
    assert hint.rpartition("@")[0] in {"", address.rpartition("@")[0]}


@pytest.mark.parametrize("domain", ["mailinator.com", "Mailinator.COM", "a.b.mailinator.com"])
def test_throw_away_mail_is_refused_where_it_is_to_be(domain: str) -> None:
    """An operator may refuse such services, and whatever stands under their names; else they are like any."""
    with pytest.raises(DisposableError, match="throw-away"):
        read_address(f"ann@{domain}", refuse_disposable=True)
    assert read_address(f"ann@{domain}").startswith("ann@")


@pytest.mark.parametrize("address", ["ann@gmail.com", "ann@paper.example", "ann@com"])
def test_other_mail_is_no_throw_away_mail(address: str) -> None:
    """Everybody else is let in."""
    assert not is_disposable(address)


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Ann@Paper.example", "ann@paper.example"),
        ("ann+news@paper.example", "ann@paper.example"),
        ("ann+a+b@paper.example", "ann@paper.example"),
        ("an.n@paper.example", "an.n@paper.example"),
        ("a.n.n+x@gmail.com", "ann@gmail.com"),
        ("a.nn@GoogleMail.com", "ann@gmail.com"),
        ("+@paper.example", "+@paper.example"),
    ],
)
def test_many_spellings_are_one_mailbox(address: str, mailbox: str) -> None:
    """What a mailbox ignores of its address is not counted as another; it is never mailed to under that name."""
    assert mailbox == mailbox_of(address)


def test_what_follows_a_plus_sign_is_kept() -> None:
    """The address is the reader's own, tag and all."""
    assert "ann+news@paper.example" == read_address("ann+news@paper.example")
