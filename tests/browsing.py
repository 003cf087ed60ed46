"""The real browser of the tests: Debian's or any other Chromium, without a window and without calls home."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="needs Debian's or any other Chromium")


@contextmanager
def browsing() -> Iterator[Browser]:
    """Open a browser for the length of the block: meanwhile no other test could run a loop of its own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()
