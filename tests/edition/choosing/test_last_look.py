"""What a last look at a page says of its article."""

import pytest

from newsletter.edition.choosing.last_look import Finding, Looked, judge_answer, judge_error, taken_out
from newsletter.errors import FetchError
from newsletter.gather.http.fetch import AnswerError, Fetched, Validators

URL = "https://paper.example/city/a-bridge"


def answered(html: str, url: str = URL, **facts: object) -> Fetched:
    usual = {"not_modified": False, "permanent_url": None, "retry_after": None, **facts}
    return Fetched(200, url, html.encode(), "text/html; charset=utf-8", Validators("e", ""), **usual)  # type: ignore[arg-type]  # each test's own


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        (Finding.GONE, 404),
        (Finding.GONE, 410),
        (Finding.GONE, 451),
        (Finding.REFUSED, 403),
        (Finding.UNHEARD, 500),
        (Finding.UNHEARD, 429),
    ],
)
def test_an_answer_without_a_page(expected: Finding, status: int) -> None:
    """Only what is plainly about the article speaks against it."""
    assert expected is judge_error(1, 1, AnswerError("paper.example", status, None)).finding
    assert Finding.UNHEARD is judge_error(1, 1, FetchError("paper.example timed out.")).finding


@pytest.mark.parametrize(
    ("expected", "html"),
    [
        (Finding.FINE, "<title>A bridge</title><h1>A bridge</h1>"),
        (Finding.HIDDEN, '<meta name="robots" content="noindex, nofollow"><h1>A bridge</h1>'),
        (
            Finding.PAID,
            '<script type="application/ld+json">{"@type":"Article","isAccessibleForFree":false}</script>',
        ),
    ],
)
def test_a_page(expected: Finding, html: str) -> None:
    """A page says itself when it is not for everybody."""
    assert (
        expected
        is judge_answer(1, 1, URL, answered(f"<!doctype html><html>{html}<h1>A bridge</h1></html>")).finding
    )


def test_a_page_that_leads_home() -> None:
    """An article whose address leads to the front page is gone; the front page itself is not."""
    assert Finding.GONE is judge_answer(1, 1, URL, answered("<h1>News</h1>", "https://paper.example/")).finding
    home = answered("<h1>News</h1>", "https://paper.example/")
    assert Finding.FINE is judge_answer(1, 1, "https://paper.example/", home).finding
    unchanged = answered("", not_modified=True)
    assert Looked(1, 1, Finding.FINE) == judge_answer(1, 1, URL, unchanged)


def looks(*findings: Finding, source: int = 1) -> list[Looked]:
    return [
        Looked(number, source, each, "gone" if each is Finding.GONE else "")
        for number, each in enumerate(findings)
    ]


@pytest.mark.parametrize("doubt", [Finding.HIDDEN, Finding.PAID, Finding.REFUSED])
def test_the_exception_is_taken_out_and_the_way_of_a_site_is_not(doubt: Finding) -> None:
    """One page among others that shows a fault is at fault; where most show it, it is how the site is."""
    assert [2] == list(taken_out(looks(Finding.FINE, Finding.FINE, doubt)))
    assert {} == taken_out(looks(doubt, doubt, Finding.FINE))
    assert {} == taken_out(looks(doubt, doubt))


def test_what_is_gone_is_taken_out_whatever_the_others_say() -> None:
    """A page that is not there any more is nobody's way."""
    assert {0: "gone", 1: "gone"} == taken_out(looks(Finding.GONE, Finding.GONE, Finding.UNHEARD))


def test_a_page_alone() -> None:
    """A single page that asks for money is taken out; one that is refused may be a site closed to programs."""
    assert {0: Finding.PAID.value} == taken_out(looks(Finding.PAID))
    assert {} == taken_out(looks(Finding.REFUSED))
    assert {} == taken_out(looks(Finding.UNHEARD))
