"""Links that lead nowhere, or elsewhere than they say."""

import pytest

from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Outcome
from tests.preflight.mails import faults_of, with_html

LOCAL = Expected("http://localhost:8000")


@pytest.mark.parametrize(
    ("href", "said"),
    [
        ("", "A link's address is ''."),
        ("None", "A link's address is 'None'."),
        ("javascript:go()", "A link leads to 'javascript:go()'."),
        ("/news/1", "A link leads to '/news/1'."),
        ("https:///news", "A link's address names no host."),
        ("http://[1", "A link leads to 'http://[1'."),
        ("http://localhost:8000/x", "A link leads to localhost, which no reader can reach."),
        ("http://10.0.0.7/x", "A link leads to 10.0.0.7, which no reader can reach."),
        ("http://[::1]/x", "A link leads to ::1, which no reader can reach."),
        ("http://newsroom/x", "A link leads to newsroom, which no reader can reach."),
    ],
)
def test_a_link_that_no_reader_can_follow_blocks(href: str, said: str) -> None:
    """A link needs an address in full, on a host that the world can reach."""
    assert [(Outcome.BLOCK, said)] == faults_of("links", with_html(f'<a href="{href}">Read</a>'))


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ('<a href="#top">Up</a>', "A link leads to a place in the mail; many programs do not follow it."),
        (
            '<a href="https://www.paper.example/x">Read</a>',
            "A link leads to www.paper.example, a name for examples.",
        ),
        ('<a href="https://me:secret@paper.de/">Read</a>', "A link's address holds a name or a password."),
        ('<a href="https://other.de/">www.paper.de</a>', "A link shows www.paper.de and leads to other.de."),
    ],
)
def test_a_doubtful_link_is_told(link: str, said: str) -> None:
    """What filters or some programs stumble over is told."""
    assert [(Outcome.WARN, said)] == faults_of("links", with_html(link))


def test_on_ones_own_machine_local_links_are_right() -> None:
    """Where PUBLIC_URL itself is local, so may links be."""
    assert [] == faults_of("links", with_html('<a href="http://localhost:8000/x">Read</a>'), LOCAL)


def test_mail_and_telephone_links_pass() -> None:
    """Other kinds of address that mail programs open are allowed, and a name without an address is no link."""
    links = '<a href="mailto:a@paper.de">Write</a> <a href="tel:+49301">Call</a> <a name="end">End</a>'
    assert [] == faults_of("links", with_html(links))
