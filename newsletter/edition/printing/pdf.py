"""An edition as a PDF, for who wants it on paper: our own pictures, nothing from the network, and within bounds.

WeasyPrint is an optional extra. It works in a process of its own (:mod:`newsletter.edition.printing.press`), and a
page that will not end costs that process its life and not ours; one at a time, and few wait for their turn.
"""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import lxml.html

from newsletter.edition.printing.pictures import FetchImage
from newsletter.errors import BusyError, ContentError, NotFoundError

LONGEST_PRESS = 30
"""Seconds that one PDF may take, the start of its process included."""

LONGEST_WAIT = 20
"""Seconds that a caller waits for its turn."""

MOST_WAITING = 4
"""Callers that wait or are served at a time in one process; the next is told to come back."""

PAPER = """
@page {
  size: A4; margin: 16mm 14mm 18mm;
  @bottom-center { content: counter(page) " / " counter(pages); font: 9pt Georgia, serif; color: #555555 }
}
/* On paper there is no desk around the sheet, and pictures are as wide as their column. */
html, body, .page, .sheet { background: #ffffff !important }
.gutter { padding: 0 !important }
.sheet, .foot, img { max-width: 100% !important }
/* One column needs no table, and blocks know better where a page may end. */
table.page, .page > tbody, .page > tbody > tr, .gutter, .sheet, .sheet > tbody, .sheet > tbody > tr,
.sheet > tbody > tr > td { display: block; width: auto }
h1, h2, h3, h4, img, .label, .picture { break-inside: avoid; break-after: avoid }
.sheet td table { break-inside: avoid }
aside { max-width: none !important }
p { orphans: 3; widows: 3 }
"""
"""Laid over the mail's own styles."""

_PRESS = "newsletter.edition.printing.press"

_waiting = threading.BoundedSemaphore(MOST_WAITING)
_turn = threading.Lock()


def can_press() -> bool:
    """Whether the extra is installed."""
    return find_spec("weasyprint") is not None


def as_pdf(html: str, fetch_image: FetchImage) -> bytes:
    """Return an edition's HTML as a PDF: A4, numbered pages, each picture in it or its alternative text.

    Raises NotFoundError without the extra, BusyError when too many ask at once, ContentError when the PDF takes
    too long or cannot be made.
    """
    if not can_press():
        raise NotFoundError(
            "Editions are not offered as PDF here.",
            "Install the extra: `pip install 'newsletter[pdf]'`, and Pango (`libpango-1.0-0 libpangoft2-1.0-0`).",
        )
    order = json.dumps({"html": html, "styles": PAPER, "images": _pictures(html, fetch_image)}).encode()
    with _in_turn():
        return _pressed(order)


def _pictures(html: str, fetch_image: FetchImage) -> dict[str, str]:
    """Return the pictures that the page shows and we have, in base64 by their address."""
    found = {}
    for url in {str(each.get("src", "")) for each in lxml.html.document_fromstring(html).iter("img")}:
        try:
            found[url] = base64.b64encode(fetch_image(url)).decode()
        except NotFoundError:
            continue
    return found


@contextmanager
def _in_turn() -> Iterator[None]:
    if not _waiting.acquire(blocking=False):
        raise BusyError("Many PDFs are asked for at the moment.", "Try again in half a minute.")
    try:
        if not _turn.acquire(timeout=LONGEST_WAIT):
            raise BusyError("Another PDF takes its time.", "Try again in half a minute.")
        try:
            yield
        finally:
            _turn.release()
    finally:
        _waiting.release()


def _pressed(order: bytes) -> bytes:
    command = [sys.executable, "-I", "-m", _PRESS]
    try:
        done = subprocess.run(  # noqa: S603 — our own module in our own interpreter
            command, input=order, capture_output=True, timeout=LONGEST_PRESS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ContentError(f"The PDF was not ready after {LONGEST_PRESS} seconds.", "Try again later.") from None
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise ContentError(f"The PDF could not be made: {told[-1] if told else done.returncode}.", "")
    return done.stdout
