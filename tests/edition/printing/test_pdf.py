"""An edition on paper."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from newsletter.edition.printing import pdf
from newsletter.edition.printing.pdf import as_pdf
from newsletter.errors import BusyError, ContentError, NotFoundError

NAME = "0123456789abcdef01234567"
OURS = f"https://news.example/image/{NAME}-large.jpg"
PAGE = """<!DOCTYPE html><html lang="en"><head><title>Today</title></head><body class="page">
<table class="page"><tr><td class="gutter"><table class="sheet" width="100%">{}</table></td></tr></table>
</body></html>"""
ROW = "<tr><td><h3>{}</h3><p>{}</p></td></tr>"

needs_extra = pytest.mark.skipif(not pdf.can_press(), reason="needs the extra pdf: WeasyPrint, and Pango")


def nothing(url: str) -> bytes:
    raise NotFoundError("There is no such image.")


def jpeg() -> bytes:
    file = BytesIO()
    Image.new("RGB", (1200, 675), "navy").save(file, "JPEG")
    return file.getvalue()


class Listening(ThreadingHTTPServer):
    """A server of somebody else's, which notes whoever comes."""

    visits: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def elsewhere() -> Iterator[Listening]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.visits.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the base's name
            pass

    server = Listening(("127.0.0.1", 0), Door)
    server.visits = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@needs_extra
def test_pages_are_a4_and_numbered() -> None:
    """All of it is there as text, in order, over as many pages as it takes."""
    rows = "".join(ROW.format(f"Headline {number}", "Some words. " * 60) for number in range(20))
    pages = PdfReader(BytesIO(as_pdf(PAGE.format(rows), nothing))).pages
    assert [(595, 842)] * len(pages) == [
        (round(page.mediabox.width), round(page.mediabox.height)) for page in pages
    ]
    words = [page.extract_text() for page in pages]
    assert len(pages) > 1
    assert all(f"{number} / {len(pages)}" in text for number, text in enumerate(words, 1))
    places = ["".join(words).index(f"Headline {number}") for number in range(20)]
    assert sorted(places) == places


@needs_extra
def test_our_pictures_are_in_it_and_others_are_their_words() -> None:
    """A picture that we do not have leaves its alternative text, never a hole."""
    pictures = f'<img src="{OURS}" alt="A quay" width="592"><img src="https://other.example/1.jpg" alt="A goat">'
    row = f"<tr><td>{pictures}</td></tr>"
    (page,) = PdfReader(
        BytesIO(as_pdf(PAGE.format(row), lambda url: jpeg() if url == OURS else nothing(url)))
    ).pages
    assert 1 == len(page.images)
    assert "A goat" in page.extract_text()
    assert "A quay" not in page.extract_text()


@needs_extra
def test_nothing_is_fetched(elsewhere: Listening) -> None:
    """No style sheet, picture, font or file is asked for, whatever a page names."""
    row = (
        f'<tr><td style="background: url({elsewhere.url}/g.png)"><img src="{elsewhere.url}/1.jpg" alt="A goat">'
        f'<object data="{elsewhere.url}/o"></object><img src="file:///etc/hostname" alt="A file"></td></tr>'
    )
    styles = f"""<link rel="stylesheet" href="{elsewhere.url}/a.css"><style>@import url("{elsewhere.url}/b.css");
      @font-face {{ font-family: Own; src: url({elsewhere.url}/f.woff) }} p {{ font-family: Own }}</style>"""
    made = as_pdf(PAGE.format(row).replace("</head>", f"{styles}</head>"), nothing)
    assert "A goat" in PdfReader(BytesIO(made)).pages[0].extract_text()
    assert [] == elsewhere.visits


@needs_extra
def test_a_page_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that makes it is ended, and the next one gets its turn."""
    monkeypatch.setattr(pdf, "LONGEST_PRESS", 0.01)
    with pytest.raises(ContentError):
        as_pdf(PAGE.format(""), nothing)
    monkeypatch.undo()
    assert as_pdf(PAGE.format(ROW.format("A", "b")), nothing).startswith(b"%PDF-")


@needs_extra
def test_what_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of what went wrong is told."""
    monkeypatch.setattr(pdf, "_PRESS", "newsletter.edition.no_press")
    with pytest.raises(ContentError, match="No module named"):
        as_pdf(PAGE.format(""), nothing)


@needs_extra
def test_few_wait() -> None:
    """Whoever comes when all places are taken is told to come back."""
    for _ in range(pdf.MOST_WAITING):
        assert pdf._waiting.acquire(blocking=False)
    try:
        with pytest.raises(BusyError):
            as_pdf(PAGE.format(""), nothing)
    finally:
        pdf._waiting.release(pdf.MOST_WAITING)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mend names the command."""
    monkeypatch.setattr(pdf, "can_press", lambda: False)
    with pytest.raises(NotFoundError) as caught:
        as_pdf(PAGE.format(""), nothing)
    assert "pip install 'newsletter[pdf]'" in caught.value.mend
