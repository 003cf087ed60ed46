"""Who signs, beside who sends."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from newsletter.delivery.messages.dkim_keys import SigningKey
from newsletter.preflight.finding import Outcome
from tests.preflight.mails import HEAD, a_mail, faults_of, our_mail


@pytest.mark.parametrize("domain", ["quay-paper.de", "mail.quay-paper.de"])
def test_a_signature_of_the_same_organisation_is_aligned(domain: str) -> None:
    """The sender's own domain may sign, and one above or below it."""
    assert [] == faults_of("sender", a_mail(HEAD.replace("d=quay-paper.de", f"d={domain}")))


def test_a_stranger_s_signature_is_not_aligned() -> None:
    """A signature of another domain alone blocks: DMARC refuses it."""
    said = "It comes from quay-paper.de and is signed by other-paper.de."
    assert [(Outcome.BLOCK, said)] == faults_of(
        "sender", a_mail(HEAD.replace("d=quay-paper.de", "d=other-paper.de"))
    )


def test_an_unsigned_mail_is_told() -> None:
    """Without a signature the relay has to sign, which is told and blocks nothing."""
    assert [(Outcome.WARN, "The message is not signed here.")] == faults_of("sender", our_mail())


def test_our_own_signature_passes() -> None:
    """What we sign ourselves is aligned, and covers both headers to leave."""
    raw = our_mail(keys=(SigningKey("one", "quay-paper.de", Ed25519PrivateKey.generate()),))
    assert [] == faults_of("sender", raw)
    assert [] == faults_of("one-click unsubscribe", raw)


def test_a_signature_of_a_part_is_told() -> None:
    """A signature that covers only the beginning of the text lets anybody add to it."""
    part = HEAD.replace("s=one;", "s=one; l=100;")
    assert [(Outcome.WARN, "A signature covers a part of the text only (l=).")] == faults_of(
        "sender", a_mail(part)
    )
