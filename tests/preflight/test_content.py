"""Parts that are too large, missing, or say different things."""

from newsletter.preflight.content import CLIPPED_BYTES, MOST_BYTES
from newsletter.preflight.finding import Outcome
from tests.preflight.mails import HTML, TEXT, a_mail, faults_of, with_html


def html_of(size: int) -> str:
    """Return HTML of so many bytes once its line ends are CRLF, with letters of two bytes."""
    room = size - len(HTML.replace("\n", "\r\n").encode()) - len("<p></p>")
    return HTML.replace("</body>", f"<p>{'é' * (room // 2)}{'x' * (room % 2)}</p></body>")


def test_the_size_is_counted_in_bytes() -> None:
    """80,000 bytes pass, one more is told, and 100,000 block."""
    assert [] == faults_of("size", a_mail(html=html_of(MOST_BYTES)))
    ((outcome, what),) = faults_of("size", a_mail(html=html_of(MOST_BYTES + 1)))
    assert (Outcome.WARN, True) == (outcome, what.startswith("The HTML has 80,001 bytes"))
    ((outcome, _),) = faults_of("size", a_mail(html=html_of(CLIPPED_BYTES)))
    assert Outcome.BLOCK is outcome


def test_both_parts_are_there() -> None:
    """A message without HTML, without text or with an empty one blocks."""
    assert [(Outcome.BLOCK, "There is no HTML part.")] == faults_of("size", a_mail(html=None))
    assert [(Outcome.BLOCK, "There is no text part.")] == faults_of("text part", a_mail(text=None))
    assert [(Outcome.BLOCK, "The text part is empty.")] == faults_of("text part", a_mail(text="\n--\n"))


def test_the_parts_lead_to_the_same_places() -> None:
    """A link that only one of the parts has is told."""
    more = with_html('<p><a href="https://www.quay-paper.de/other">Other</a></p>')
    said = "One link of the HTML is not in the text: https://www.quay-paper.de/other"
    assert [(Outcome.WARN, said)] == faults_of("text part", more)
    text = f"{TEXT}\nSee https://www.quay-paper.de/a. And https://www.quay-paper.de/b, too.\n"
    said = "2 links of the text are not in the HTML: https://www.quay-paper.de/a"
    assert [(Outcome.WARN, said)] == faults_of("text part", a_mail(text=text))
