"""The two ways out."""

import pytest

from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Outcome
from tests.preflight.mails import HEAD, HTML, LEAVE, TEXT, a_mail, faults_of

LOCAL = Expected("http://localhost:8000")


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (f"{LEAVE}", f"List-Unsubscribe is '{LEAVE}'."),
        ("<mailto:leave@quay-paper.de>", "List-Unsubscribe has no https address: no mailbox shows its button."),
        ("<http://news.quay-paper.de/u/1>", "List-Unsubscribe has no https address: no mailbox shows its button."),
        (f"<{LEAVE}>, <https://a.de/b>", "List-Unsubscribe has several https addresses."),
    ],
)
def test_the_address_of_the_button(entries: str, said: str) -> None:
    """The button needs one https address in angle brackets (RFC 8058)."""
    head = HEAD.replace(f"<{LEAVE}>", entries)
    assert [(Outcome.BLOCK, said)] == faults_of("one-click unsubscribe", a_mail(head))


def test_a_mail_address_may_stand_beside_it() -> None:
    """A mailto entry beside the https address is allowed."""
    head = HEAD.replace(f"<{LEAVE}>", f"<mailto:leave@quay-paper.de>,\n <{LEAVE}>")
    assert [] == faults_of("one-click unsubscribe", a_mail(head))


def test_a_trial_on_ones_own_machine_may_go_without_https() -> None:
    """Where no reader can reach us, an address without https is told and blocks nothing."""
    head = HEAD.replace(f"<{LEAVE}>", "<http://localhost:8000/u/1>")
    ((outcome, _),) = faults_of("one-click unsubscribe", a_mail(head), LOCAL)
    assert Outcome.WARN is outcome


def test_both_headers_are_there_and_signed() -> None:
    """Without the Post header, with another word in it, or unsigned, no mailbox shows a button."""
    post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
    said = "List-Unsubscribe-Post stands 0 times."
    assert [(Outcome.BLOCK, said)] == faults_of("one-click unsubscribe", a_mail(HEAD.replace(post, "")))
    other = a_mail(HEAD.replace("=One-Click", "=Now"))
    said = "List-Unsubscribe-Post is 'List-Unsubscribe=Now'."
    assert [(Outcome.BLOCK, said)] == faults_of("one-click unsubscribe", other)
    bare = a_mail(HEAD.replace(":list-unsubscribe-post", ""))
    said = "DKIM does not cover List-Unsubscribe-Post."
    assert [(Outcome.BLOCK, said)] == faults_of("one-click unsubscribe", bare)


def test_a_link_can_be_seen() -> None:
    """A mail without a link to leave, or with one that has no words, blocks."""
    none = a_mail(html=HTML.replace(LEAVE, "https://www.quay-paper.de/else"))
    assert (Outcome.BLOCK, "No link to unsubscribe can be seen.") in faults_of("unsubscribe link", none)
    wordless = a_mail(html=HTML.replace(">Unsubscribe<", "><"))
    assert (Outcome.BLOCK, "No link to unsubscribe can be seen.") in faults_of("unsubscribe link", wordless)


def test_the_link_stands_before_the_clip() -> None:
    """A link behind 100,000 bytes is lost."""
    long = a_mail(html=HTML.replace("<h1>", f"<p>{'a' * 100_000}</p><h1>"))
    said = "The link to unsubscribe stands where Gmail clips."
    assert (Outcome.BLOCK, said) in faults_of("unsubscribe link", long)


def test_the_text_has_the_link_too() -> None:
    """A text part without it is told."""
    bare = a_mail(text=TEXT.replace(LEAVE, "…"))
    assert [(Outcome.WARN, "The text part has no link to unsubscribe.")] == faults_of("unsubscribe link", bare)


def test_a_letter_to_one_person_has_no_list_to_leave() -> None:
    """A confirmation, by its Auto-Submitted and without any List- field, needs neither way out nor List-Id."""
    kept = [line for line in HEAD.splitlines(keepends=True) if not line.startswith(("List-", " "))]
    head = "Auto-Submitted: auto-generated\n" + "".join(kept)
    letter = a_mail(head, html=HTML.replace(LEAVE, "https://quay-paper.de/confirm/1"))
    for check in ("header", "one-click unsubscribe", "unsubscribe link"):
        assert [] == faults_of(check, letter)
    assert [] != faults_of("one-click unsubscribe", a_mail(head.replace("auto-generated", "no")))
