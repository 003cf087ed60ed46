"""The console's page of reports, and an edition's line about them."""

from pathlib import Path
from typing import Any

from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Tokens
from tests.delivery.press import Press
from tests.inbound.returning import Returning
from tests.web.conftest import Scene


def test_only_for_those_who_are_logged_in(scene: Scene) -> None:
    """Readers' addresses stand there."""
    assert scene.browser().get("/console/reports").headers["location"] == "/console/login"


def test_the_latest_reports(
    editor: Any, database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path
) -> None:
    """Who, of which edition, why and with how many points; what a stranger wrote is text."""
    assert "Nothing came back yet." in editor.get("/console/reports").text
    returning = Returning(Press(database, daily, tokens, FileJournals(tmp_path / "journals")))
    returning.mail("ann", "bob")
    returning.bounce("ann", "5.2.2", "552 5.2.2 <script>alert(1)</script> mailbox full")
    returning.bounce("bob", "5.1.1")
    page = editor.get("/console/reports").text
    for told in ("ann@example.org", "mailbox-full", "no-such-address", "daily/2026-03-02", "&lt;script&gt;"):
        assert told in page
    assert "<script>alert" not in page
    edition = editor.get(f"/console/editions/{returning.edition_id}").text
    assert "1 permanent, 1 transient" in edition
