"""One installation for all judges: started once, walked through once."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.clients.walk import NAMES, Walk, walk_through
from tests.e2e.installation import installation
from tests.e2e.test_a_reader import CHROMIUM, QUIET


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Give an installation with every kind of mail in its mailbox, its clock ticking fast."""
    os.environ["TICK_INTERVAL"] = "2"
    try:
        with installation(tmp_path_factory.mktemp("walked")) as paper:
            walked = walk_through(paper)
            assert {*NAMES} == walked.sources.keys()
            yield walked
    finally:
        del os.environ["TICK_INTERVAL"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a real browser, for one module: while it is open, no other test could run a loop of its own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()
