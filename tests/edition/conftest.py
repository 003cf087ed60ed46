"""An editing desk, on a database of its own."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from newsletter.db import Database
from newsletter.edition.assemble import Workshop
from newsletter.edition.rendering.content import Stationery
from newsletter.publication.newsletters import Newsletter
from tests.edition.editing import Editing


@pytest.fixture
def editing(
    database: Database, daily: Newsletter, templates: tuple[Path, ...], noon: datetime
) -> Iterator[Editing]:
    """Give the desk of the usual newsletter."""
    workshop = Workshop(Stationery(templates), "http://localhost:8000")
    with database.transaction() as connection:
        yield Editing(connection, daily, workshop, noon)
