"""A token opens one door, for one thing, for a time."""

import base64
import hmac
import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SettingsError, TokenError
from newsletter.tokens import LIFETIME, Purpose, Tokens

TOKENS = Tokens("one secret of an installation, long enough")
OTHERS = Tokens("another secret of an installation, as long")
ISSUED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

purposes = st.sampled_from(Purpose)
numbers = st.integers(0, 2**63 - 1)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 — hypothesis wants naive bounds


def refused(token: str, purpose: Purpose = Purpose.CONFIRM, now: datetime = ISSUED, by: Tokens = TOKENS) -> bool:
    try:
        by.read(token, purpose, now)
    except TokenError:
        return True
    return False


@given(purposes, numbers, moments)
def test_what_is_signed_is_read_back(purpose: Purpose, number: int, moment: datetime) -> None:
    """A token gives back its number and the minute it was issued in."""
    token = TOKENS.sign(purpose, number, moment)
    assert (number, moment.replace(second=0, microsecond=0)) == TOKENS.read(token, purpose, moment)


@given(purposes, numbers, moments)
def test_a_token_can_stand_in_a_path(purpose: Purpose, number: int, moment: datetime) -> None:
    """A token needs no quoting in a URL and no mail program breaks it at a strange character."""
    token = TOKENS.sign(purpose, number, moment)
    assert token.replace("-", "").replace("_", "").isalnum()
    assert 38 == len(token)


@given(purposes, numbers, moments, st.data())
def test_no_bit_of_a_token_can_be_changed(
    purpose: Purpose, number: int, moment: datetime, data: st.DataObject
) -> None:
    """A token with any one bit flipped is refused."""
    token = TOKENS.sign(purpose, number, moment)
    raw = bytearray(base64.urlsafe_b64decode(token + "=="))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    assert refused(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), purpose, moment)


@given(numbers, st.data())
def test_no_character_of_a_token_can_be_changed(number: int, data: st.DataObject) -> None:
    """A token has one spelling: not even the spare bits of its last character may differ."""
    token = TOKENS.sign(Purpose.CONFIRM, number, ISSUED)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[place]))
    assert refused(token[:place] + other + token[place + 1 :])


@given(numbers, st.integers(0, 37))
def test_a_token_cut_short_is_refused(number: int, length: int) -> None:
    """A link that a mail program broke in two opens nothing."""
    assert refused(TOKENS.sign(Purpose.CONFIRM, number, ISSUED)[:length])


@given(numbers, st.text(min_size=1))
def test_a_token_with_anything_behind_it_is_refused(number: int, more: str) -> None:
    """Nothing may follow a token, padding and line ends included."""
    assert refused(TOKENS.sign(Purpose.CONFIRM, number, ISSUED) + more)


@pytest.mark.parametrize("more", ["=", "==", "====", "\n", " ", "%3D", "."])
def test_a_token_is_not_padded(more: str) -> None:
    """The usual things that cling to the end of a link are no part of a token."""
    assert refused(TOKENS.sign(Purpose.CONFIRM, 7, ISSUED) + more)


@given(numbers, purposes, purposes)
def test_a_token_has_one_purpose(number: int, purpose: Purpose, other: Purpose) -> None:
    """A link to unsubscribe does not confirm, nor the other way round."""
    assert (purpose is not other) == refused(TOKENS.sign(purpose, number, ISSUED), other)


@given(numbers, purposes)
def test_another_installation_s_token_is_refused(number: int, purpose: Purpose) -> None:
    """A token of another secret opens nothing here."""
    assert refused(OTHERS.sign(purpose, number, ISSUED), purpose)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    """Whatever stands in the place of a token, the answer is TokenError and nothing else."""
    assert refused(text)


@pytest.mark.parametrize("token", ["", "=", "é" * 38, "A" * 1_000_000, "\x00", "A" * 37, "A" * 39, "+" * 38])
def test_odd_tokens_are_refused(token: str) -> None:
    """Empty, huge, non-ASCII and half-right input is one and the same refusal."""
    assert refused(token)


@pytest.mark.parametrize("purpose", [each for each in Purpose if LIFETIME[each]])
def test_a_token_ends_with_its_lifetime(purpose: Purpose) -> None:
    """A token is good to the last minute of its lifetime and not a moment longer."""
    lifetime = LIFETIME[purpose]
    assert lifetime
    token = TOKENS.sign(purpose, 7, ISSUED)
    last = ISSUED + lifetime + timedelta(minutes=1)
    assert (7, ISSUED) == TOKENS.read(token, purpose, last)
    assert refused(token, purpose, last + timedelta(microseconds=1))


def test_a_token_lives_its_whole_lifetime_whatever_the_second() -> None:
    """Minutes are cut off when a token is made, which may not cost its reader any time."""
    moment = ISSUED.replace(second=59)
    lifetime = LIFETIME[Purpose.CONFIRM]
    assert lifetime
    assert not refused(TOKENS.sign(Purpose.CONFIRM, 7, moment), now=moment + lifetime)


def test_a_reader_can_leave_by_the_oldest_mail() -> None:
    """A link to unsubscribe never ends."""
    token = TOKENS.sign(Purpose.UNSUBSCRIBE, 7, datetime(2000, 1, 1, tzinfo=UTC))
    assert not refused(token, Purpose.UNSUBSCRIBE, datetime(2100, 1, 1, tzinfo=UTC))


def test_a_refusal_says_what_to_do() -> None:
    """Whoever holds a bad link learns how to get a good one."""
    with pytest.raises(TokenError) as caught:
        TOKENS.read("x", Purpose.CONFIRM, ISSUED)
    assert 403 == caught.value.status
    assert caught.value.mend


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_no_secret(secret: str) -> None:
    """A secret that could be guessed is refused at the start, without being shown."""
    with pytest.raises(SettingsError, match="SECRET_KEY has") as caught:
        Tokens(secret)
    assert not secret or secret not in str(caught.value)


def test_a_secret_of_32_characters_will_do() -> None:
    """The least length is accepted."""
    assert Tokens("x" * 32).sign(Purpose.CONFIRM, 1, ISSUED)


def test_a_digest_is_the_installation_s_own() -> None:
    """The same parts give the same 16 bytes, other parts or another secret give others."""
    assert TOKENS.digest("delivery", 7) == TOKENS.digest("delivery", 7)
    assert 16 == len(TOKENS.digest("delivery", 7))
    assert 4 == len(
        {TOKENS.digest("delivery", 7), TOKENS.digest("delivery", 8), TOKENS.digest(), OTHERS.digest("delivery", 7)}
    )


@given(numbers, st.integers(0, 2**32 - 1))
def test_a_pair_is_read_back(first: int, second: int) -> None:
    """A token can name two things; it is as long as any other and has no time."""
    token = TOKENS.pair_signer(Purpose.CLICK, second)(first)
    assert (first, second) == TOKENS.read_pair(token, Purpose.CLICK)
    assert 38 == len(token)


@given(numbers, moments)
def test_a_pair_is_no_other_purpose(number: int, moment: datetime) -> None:
    """Though their bodies look alike, a click's token opens no other door, nor another's token this one."""
    pair = TOKENS.pair_signer(Purpose.CLICK, int(moment.timestamp()) // 60)(number)
    assert refused(pair, Purpose.UNSUBSCRIBE, moment)
    with pytest.raises(TokenError):
        TOKENS.read_pair(TOKENS.sign(Purpose.UNSUBSCRIBE, number, moment), Purpose.CLICK)
    with pytest.raises(TokenError):
        OTHERS.read_pair(pair, Purpose.CLICK)


@pytest.mark.parametrize("length", [32, 63, 64, 65, 200])
@given(body=st.binary(max_size=200))
def test_the_mac_is_the_library_s_hmac(length: int, body: bytes) -> None:
    """The two blocks that are hashed beforehand change nothing (RFC 2104 §2), however long the secret is."""
    secret = ("s\u00e9cret" * length)[:length]
    expected = hmac.digest(secret.encode(), b"digest\0" + body, "sha256")[:16]
    assert expected == Tokens(secret).mac("digest")(body)


@given(purposes, st.lists(numbers, max_size=5), moments)
def test_a_signer_signs_as_each_alone(purpose: Purpose, many: list[int], moment: datetime) -> None:
    """Nothing of one token is left in the next."""
    sign, digest = TOKENS.signer(purpose, moment), TOKENS.digester("edition", 4)
    assert [TOKENS.sign(purpose, number, moment) for number in many] == [sign(number) for number in many]
    assert [TOKENS.digest("edition", 4, number) for number in many] == [digest(number) for number in many]


def test_tokens_that_are_out_stay_good() -> None:
    """Mails of years ago have them: neither spelling nor key may change."""
    body = struct.pack(">QI", 17, int(ISSUED.timestamp()) // 60)
    mac = hmac.digest(b"one secret of an installation, long enough", b"unsubscribe\0" + body, "sha256")[:16]
    old = base64.urlsafe_b64encode(body + mac).rstrip(b"=").decode()
    assert old == TOKENS.sign(Purpose.UNSUBSCRIBE, 17, ISSUED)
