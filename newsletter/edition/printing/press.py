"""The process in which WeasyPrint works: HTML and its pictures in on standard input, a PDF out on standard output.

Whatever it is asked for that did not come along, it does not get: no network, no files.
"""

import base64
import json
import logging
import resource
import sys

from weasyprint import CSS, HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

MOST_MEMORY = 1 << 30
"""Bytes of address space; an edition of thirty articles takes a third."""

MOST_SECONDS = 30
"""Of processor time."""


class OnlyThese(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Gives out the pictures that came with the order, and refuses everything else."""

    def __init__(self, images: dict[str, str]) -> None:
        super().__init__(allowed_protocols=())
        self._images = images

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 — the base's signature
        """Return one picture. Raises ValueError for any other address: WeasyPrint goes on without it."""
        if url not in self._images:
            raise ValueError("not a picture of this edition")
        return URLFetcherResponse(url, base64.b64decode(self._images[url]), {"Content-Type": "image/jpeg"})


def press(html: str, styles: str, images: dict[str, str]) -> bytes:
    """Return the PDF of a page under more styles; its pictures are given in base64 by their address."""
    fetcher = OnlyThese(images)
    page = HTML(string=html, url_fetcher=fetcher, base_url="about:blank")
    # Mail sets its columns with attributes.
    return bytes(page.write_pdf(stylesheets=[CSS(string=styles, url_fetcher=fetcher)], presentational_hints=True))


def main() -> None:
    """Press one PDF within bounds of memory and time."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    order = json.load(sys.stdin)
    sys.stdout.buffer.write(press(order["html"], order["styles"], order["images"]))


if __name__ == "__main__":
    main()
