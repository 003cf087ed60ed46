"""The relaxed canonical form: what another implementation makes of any text, and the published examples."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from dkim.canonicalization import Relaxed
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.messages.dkim_canonical import (
    Mould,
    fields,
    fits_in_body,
    relaxed_body,
    relaxed_field,
    relaxed_text,
    with_holes,
)
from newsletter.delivery.messages.dkim_keys import SigningKey
from newsletter.errors import ContentError

octets = st.binary(max_size=60) | st.lists(
    st.sampled_from([b" ", b"\t", b"\r", b"\n", b"\r\n", b"a", b"=", b".", b":", b"\x0b"]), max_size=40
).map(b"".join)

folded = st.lists(st.sampled_from([b" ", b"\t", b"\r\n ", b"\r\n\t", b"a", b":", b"=", b"\xc3"]), max_size=30).map(
    b"".join
)

EXAMPLE = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n"
"""RFC 6376 §3.4.5."""

JOE = b"""\
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.

""".replace(b"\n", b"\r\n")
"""RFC 8463, appendix A.3, as are the keys and signatures below."""

JOES_BODY_HASH = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
JOES_SIGNATURE = b"""\
DKIM-Signature: v=1; a=%b; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=%b; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=""".replace(b"\n", b"\r\n")
JOES_SEED = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
JOES_ED25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
JOES_RSA = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b"
    "yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/"
    "K4w3QIDAQAB"
)


def joes_signed_text(algorithm: bytes, selector: bytes) -> bytes:
    """Return what the example's signatures sign."""
    head = JOE.partition(b"\r\n\r\n")[0]
    signature = relaxed_field(JOES_SIGNATURE % (algorithm, selector))
    return b"".join(each.canonical + b"\r\n" for each in fields(head)) + signature.canonical


def test_the_example_of_the_specification() -> None:
    """RFC 6376 §3.4.5, example 1, for headers and body."""
    head, _, body = EXAMPLE.partition(b"\r\n\r\n")
    assert [b"a:X", b"b:Y Z"] == [each.canonical for each in fields(head)]
    assert b" C\r\nD E\r\n" == relaxed_body(body)


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n", b" \t\r\n\r\n", b"\t"])
def test_an_empty_body_is_nothing(body: bytes) -> None:
    """Its hash is the one that RFC 6376 §3.4.4 gives."""
    digest = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest())
    assert b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" == digest


def test_ed25519_as_published() -> None:
    """RFC 8463, appendix A: the same public record, body hash and signature."""
    key = SigningKey(
        "brisbane", "football.example.com", Ed25519PrivateKey.from_private_bytes(base64.b64decode(JOES_SEED))
    )
    body = JOE.partition(b"\r\n\r\n")[2]
    assert JOES_ED25519 == key.dns_record
    assert JOES_BODY_HASH == base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    signature = key.sign(joes_signed_text(b"ed25519-sha256", b"brisbane"))
    assert (
        b"/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
        == base64.b64encode(signature)
    )


def test_rsa_as_published() -> None:
    """RFC 8463, appendix A: the published RSA signature verifies over our canonical form."""
    public = serialization.load_der_public_key(base64.b64decode(JOES_RSA))
    assert isinstance(public, RSAPublicKey)
    signature = base64.b64decode(
        "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSG"
        "sgeefOsk2JzdA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8="
    )
    public.verify(signature, joes_signed_text(b"rsa-sha256", b"test"), PKCS1v15(), hashes.SHA256())


@given(octets)
@example(b"a \r")
@example(b" \t\r\n \r\n")
def test_any_body(body: bytes) -> None:
    """Whatever a body holds, its form is the one that dkimpy makes, once SMTP has ended its last line."""
    ended = body if body.endswith(b"\r\n") else body + b"\r\n"
    assert Relaxed.canonicalize_body(ended) == relaxed_body(body)


@given(st.sampled_from([b"Subject", b"X-y_Z", b"a"]), st.sampled_from([b"", b" ", b"\t "]), folded)
def test_any_field(name: bytes, gap: bytes, value: bytes) -> None:
    """Whatever a field holds, its form is the one that dkimpy makes."""
    [(expected_name, expected)] = Relaxed.canonicalize_headers([(name + gap, value + b"\r\n")])
    field = relaxed_field(name + gap + b":" + value)
    assert expected_name.decode() == field.name
    assert expected_name + b":" + expected == field.canonical + b"\r\n"


@given(octets)
def test_the_form_of_a_form_is_itself(body: bytes) -> None:
    """Canonical text is not changed again."""
    assert relaxed_body(body) == relaxed_body(relaxed_body(body))


@given(octets.filter(lambda text: b"\xff" not in text), octets, octets.filter(lambda text: b"\xff" not in text))
@example(b"a ", b"b", b" c")
@example(b"a\r\n", b"", b" \r\nc")
@example(b"a\r\n", b" b", b"\r\n\r\n")
@example(b"a\r\n", b"b \r", b"\nc")
def test_a_value_that_fits_may_be_put_into_the_form(before: bytes, value: bytes, after: bytes) -> None:
    """What fits gives the form of the filled text, whatever stands around the hole."""
    form = relaxed_body(with_holes([before, object(), after]))
    [fitting] = fits_in_body(form)
    if fitting.fullmatch(value):
        assert relaxed_body(before + value + after) == Mould(form).fill([relaxed_text(value)])


@pytest.mark.parametrize("value", [b"ann@example.org", b"Ann Smith", b"a=\r\nb", b" Ann", b"", b"a \t b\r\n"])
def test_usual_values_fit_at_a_line_start(value: bytes) -> None:
    """Where quoted.py puts its places, nothing that is usual needs the slow way."""
    [fitting] = fits_in_body(relaxed_body(with_holes([b"For=\r\n", object(), b"=\r\n.\r\n"])))
    assert fitting.fullmatch(value)


@pytest.mark.parametrize("head", [b"", b"no field", b"A: b\r\n\r\nC: d", b": b", b"\xc3\xa9: b", b" A: b"])
def test_what_is_no_field_is_refused(head: bytes) -> None:
    """A line that every reader may take for something else is not signed."""
    with pytest.raises(ContentError, match="no header field"):
        fields(head)


def test_what_looks_like_a_hole_is_refused() -> None:
    """The octet that holes are made of is in no text."""
    with pytest.raises(ContentError, match="no text"):
        with_holes([b"a\xff0\xff"])
