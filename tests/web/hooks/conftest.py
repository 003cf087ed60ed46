"""An installation with all hooks open, an edition that was mailed, and an Internet that has SNS's certificate."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from pydantic import SecretStr

from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.messages.composer import Composer
from newsletter.publication.newsletters import Newsletter
from newsletter.tokens import Tokens
from newsletter.web.hooks import chosen
from tests.delivery.press import Press
from tests.inbound.returning import Returning
from tests.web.conftest import Scene
from tests.web.hooks.operators import (
    MAILGUN_KEY,
    POSTMARK_LOGIN,
    TOPIC,
    Bounce,
    Internet,
    Posted,
    sendgrid_public_key,
)


@dataclass
class Exchange:
    """Where operators call."""

    scene: Scene
    returning: Returning
    internet: Internet

    def post(self, posted: Posted) -> Response:
        """Make a call."""
        browser = self.scene.browser()
        answer: Response = browser.post(f"/hooks/{posted.name}", content=posted.octets, headers=posted.headers)
        return answer

    def bounce(self, name: str = "ann", **told: Any) -> Bounce:
        """Return a bounce of a reader's message, whose Message-ID is told."""
        return Bounce(f"{name}@example.org", **{"message_id": self.message_id(name), **told})

    def message_id(self, name: str) -> str:
        """Return the Message-ID of a reader's message."""
        press, edition_id = self.returning.press, self.returning.edition_id
        reader = next(row for row in press.rows(edition_id) if row.id == self.returning.deliveries[name])
        composer = Composer(press.post, press.copy(edition_id))
        return composer.reader(reader.subscription_id, f"{name}@example.org").message_id


@pytest.fixture
def returning(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Returning:
    """Give an edition mailed to Ann and Bob, of which nothing has come back yet."""
    made = Returning(Press(database, daily, tokens, FileJournals(tmp_path / "journals")))
    made.mail("ann", "bob")
    return made


@pytest.fixture
def make_exchange(
    make_scene: Callable[..., Scene], returning: Returning, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Exchange]:
    """Make an exchange with the settings that a test wants."""

    def make(**settings: str) -> Exchange:
        internet = Internet()
        monkeypatch.setattr(chosen, "fetch", internet.fetch)
        given = {
            "ses_topic": TOPIC,
            "mailgun_signing_key": MAILGUN_KEY,
            "postmark_login": POSTMARK_LOGIN,
            "sendgrid_public_key": sendgrid_public_key(),
            **settings,
        }
        secret = {name: SecretStr(given[name]) for name in ("mailgun_signing_key", "postmark_login")}
        return Exchange(make_scene(**{**given, **secret}), returning, internet)

    return make


@pytest.fixture
def exchange(make_exchange: Callable[..., Exchange]) -> Exchange:
    """Give an exchange with all hooks open."""
    return make_exchange()
