"""All the checks together: what is ours passes, and nothing that can be sent brings them down."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.preflight.examine import CHECKS, MOST_TOLD, examine, told
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, Outcome, block, warn, worst
from tests.preflight.mails import EXPECTED, HEAD, HTML, a_mail, our_mail

PIECES = st.sampled_from(
    [
        *(
            "<a href=",
            "'",
            '"',
            ">",
            "<img src=x ",
            "style='color:",
            "url(",
            "{{",
            "}}",
            "@media (",
            "{",
            "}",
            "</style>",
        ),
        *(
            "<style>",
            "#12345",
            "rgb(1,2",
            "var(--x",
            "<p>text",
            "\0",
            "é",
            "=?utf-8?b?",
            "?=",
            "<table><tr>",
            ":has(",
            "/*",
        ),
        *("http://[", "http://x:99999/", "javascript:", "font-size:9e9em;", "a:nth-child(", "\r", "\n", "٣", "%"),
    ]
)


@pytest.mark.parametrize("language", ["en", "ar", "fr", "de", "es", "tr"])
def test_a_mail_of_ours_has_nothing_that_blocks(language: str) -> None:
    """An edition as our templates make it passes every check; only the missing signature is told of."""
    found = examine(our_mail(language), EXPECTED)
    assert [] == [each for each in found if each.outcome is Outcome.BLOCK]
    unusual = [each.check for each in found if each.outcome is Outcome.WARN]
    assert {"sender"} == set(unusual)


def test_a_good_mail_passes_every_check() -> None:
    """The message that the other tests spoil has nothing to mend, and each check says so by name."""
    found = examine(a_mail(), EXPECTED)
    assert Outcome.PASS is worst(found)
    assert list(CHECKS) == [each.check for each in found]


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_can_be_examined(raw: bytes) -> None:
    """Bytes that are no mail at all block, and every finding can be kept and shown."""
    found = examine(raw, Expected())
    assert Outcome.BLOCK is worst(found)
    assert "\\u0000" not in json.dumps([each.as_json() for each in found])


@settings(deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["html", "head", "text"]))
def test_any_content_can_be_examined(content: str, where: str) -> None:
    """Whatever a template or a feed puts into a mail, each check comes to an end with findings of its own."""
    mails = {
        "html": lambda: a_mail(html=HTML + content),
        "head": lambda: a_mail(head=HEAD + f"X-Other: {content}\n"),
        "text": lambda: a_mail(text=content),
    }
    found = examine(mails[where](), EXPECTED)
    assert CHECKS.keys() == {each.check for each in found}
    assert all(each.what.isprintable() and each.where.isprintable() for each in found)


def test_any_damaged_mail_of_ours_can_be_examined() -> None:
    """A mail of ours cut off anywhere is looked at all the same."""
    raw = our_mail()
    outcomes = {worst(examine(raw[:length], EXPECTED)) for length in range(0, len(raw), len(raw) // 40)}
    assert Outcome.BLOCK in outcomes


def test_the_worst_is_told_first_and_not_without_end() -> None:
    """Of many findings of one check the first are told, the worst before the others, and the rest counted."""
    many: list[Finding] = [*(warn(f"No. {number}.") for number in range(MOST_TOLD + 3)), block("Bad.")]
    found = told("links", many)
    assert ["Bad.", "No. 0."] == [each.what for each in found[:2]]
    assert (MOST_TOLD + 1, "And 4 more like these.", Outcome.WARN) == (
        len(found),
        found[-1].what,
        found[-1].outcome,
    )
    assert {"links"} == {each.check for each in found}
