"""Words that were left over, subjects that offend, and the postal address."""

from dataclasses import replace

import pytest

from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Outcome
from tests.preflight.mails import EXPECTED, HEAD, HTML, TEXT, a_mail, faults_of, findings_of, with_html


def subject(text: str) -> bytes:
    return a_mail(HEAD.replace("The council opens a bridge", text))


@pytest.mark.parametrize(
    ("raw", "outcome", "said"),
    [
        (
            a_mail(text=f"{TEXT}nl0123456789abcdefsunsubscribex"),
            Outcome.BLOCK,
            "A personal value was not filled in.",
        ),
        (with_html("nl0123456789abcdefn3x"), Outcome.BLOCK, "A personal value was not filled in."),
        (with_html('<a href="https://a.de/{{ x }}">a</a>'), Outcome.BLOCK, "href is 'https://a.de/{{ x }}'."),
        (with_html('<img src="undefined">'), Outcome.BLOCK, "src is 'undefined'."),
        (with_html('<img alt="null">'), Outcome.WARN, "alt is 'null'."),
        (with_html('<img alt="{{ x }} in a template">'), Outcome.WARN, "alt is '{{ x }} in a template'."),
        (
            with_html("<p>Dear {{ name }}</p>"),
            Outcome.WARN,
            "A template's signs are in what readers see: '{{ name }}'.",
        ),
        (with_html("<p> None </p>"), Outcome.WARN, "A reader would see 'None'."),
        (with_html("<p>Lorem ipsum dolor</p>"), Outcome.WARN, "'Lorem ipsum' looks like a placeholder."),
    ],
)
def test_what_a_template_left_is_told(raw: bytes, outcome: Outcome, said: str) -> None:
    """A slot or a template's sign in a link blocks; in words, where an article may be about it, it is told."""
    assert (outcome, said) in faults_of("leftovers", raw)


def test_words_of_an_article_are_no_leftovers() -> None:
    """A sentence with the word None, and a brace alone, are the article's own."""
    assert [] == faults_of("leftovers", with_html("<p>None of them came. {{ is a brace.</p>"))


@pytest.mark.parametrize(
    ("text", "outcome", "said"),
    [
        ("", Outcome.BLOCK, "The subject is empty."),
        ("a" * 121, Outcome.WARN, "The subject has 121 characters."),
        ("Re: your order", Outcome.WARN, "The subject pretends to be an answer."),
        ("FWD: the news", Outcome.WARN, "The subject pretends to be an answer."),
        ("THE COUNCIL OPENS", Outcome.WARN, "The subject is in capitals."),
        ("=?utf-8?q?a=E2=80=AEb?=", Outcome.WARN, "The subject changes the direction of what follows it."),
    ],
)
def test_a_subject_that_offends_is_told(text: str, outcome: Outcome, said: str) -> None:
    """An empty subject blocks; one that is long, shouts or pretends is told."""
    assert [(outcome, said)] == faults_of("subject", subject(text))


def test_a_subject_without_capitals_passes() -> None:
    """A script that has no capitals shouts nothing, and a short word in capitals neither."""
    assert [] == faults_of("subject", subject("=?utf-8?b?2KfZhNmF2K/ZitmG2Kkg2KrZgdiq2K0g2KzYs9ix2Kc=?="))
    assert [] == faults_of("subject", subject("NATO"))


def test_the_postal_address_is_in_both_parts() -> None:
    """A part without the address is told; a newsletter that has none is told so."""
    assert [(Outcome.WARN, "The postal address is missing.")] == faults_of(
        "postal address", a_mail(html=HTML.replace("Quay Street", "Other Street"))
    )
    ((outcome, what),) = faults_of("postal address", a_mail(), replace(EXPECTED, postal_address=""))
    assert (Outcome.WARN, "The newsletter has no postal address.") == (outcome, what)
    (found,) = findings_of("postal address", a_mail(), Expected())
    assert (Outcome.PASS, "Not checked: the newsletter is not known here.") == (found.outcome, found.what)
