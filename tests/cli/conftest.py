"""A terminal: the commands as an operator types them, on this session's servers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from newsletter import log, tasks
from newsletter.bell import Bell, TaskName
from newsletter.cli.main import create_app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.drain import Way
from newsletter.delivery.throttling.operator import KnownOperators
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.local import environment
from newsletter.publication.newsletters import Newsletter
from newsletter.services import Services
from newsletter.tokens import Tokens
from tests.delivery.press import Press

FUNCTIONS = {
    TaskName.ADVANCE_EDITION: tasks.advance_edition,
    TaskName.RECHECK_EDITION: tasks.recheck_edition,
    TaskName.PREFLIGHT_EDITION: tasks.check_edition,
    TaskName.GATHER_SOURCE: tasks.gather_source,
    TaskName.SUBMIT_EDITION: tasks.submit_edition,
}


@dataclass
class InlineRinger:
    """A worker without a broker: what is rung for is done before the next bell."""

    services: Services
    is_deaf: bool = False
    rung: list[Bell] = field(default_factory=list)

    def ring(self, bells: list[Bell] | tuple[Bell, ...]) -> None:
        """Do the work of each bell, and of those that it rings in turn."""
        for bell in bells:
            self.rung.append(bell)
            if not self.is_deaf:
                assert bell.id is not None
                FUNCTIONS[bell.task](self.services, bell.id)


@dataclass
class Terminal:
    """Runs commands."""

    app: typer.Typer

    def run(self, *words: str | Path, code: int = 0, typed: str = "") -> Result:
        """Run a command that ends with this exit code, for somebody who typed this where it asked."""
        result = CliRunner().invoke(self.app, [str(word) for word in words], input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert code == result.exit_code, result.output
        return result


@pytest.fixture
def press(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Press:
    """Give the press of a newsletter that keeps its mail in memory."""
    return Press(database, daily, tokens, FileJournals(tmp_path / "data" / "journals"))


@pytest.fixture
def installation(servers: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Let the environment lead to this session's servers, and nothing else of the operator's."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    settings = servers.model_copy(update={"data_dir": tmp_path / "data"})
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATA_DIR"):
        monkeypatch.setenv(name, environment.of(settings)[name])
    handlers = logging.root.handlers[:]
    yield settings
    logging.root.handlers[:] = handlers


@pytest.fixture
def terminal(installation: Settings, database: Database) -> Terminal:
    """Give a terminal on an empty database."""
    return Terminal(create_app())


@pytest.fixture
def services(installation: Settings, press: Press) -> Iterator[Services]:
    """Give services with a worker of their own: bells are heard at once, and mail stays in memory."""
    opened = Services(installation)
    opened.post = press.post
    opened.journals = press.journals
    # Mail kept in memory has a loop for each task; a line to the other workers would live on the first of them.
    opened.way = Way(opened.ledger, Throttle((), {}), KnownOperators(), 1)
    opened.ringer = InlineRinger(opened)  # type: ignore[assignment]  # stands in for the broker
    yield opened
    opened.close()


@pytest.fixture
def mailing(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Let the commands that mail use these services instead of starting a worker."""

    @contextmanager
    def open_mailing(*_: Any, **__: Any) -> Iterator[Services]:
        log.set_up("WARNING")
        yield services

    for module in ("day", "steps"):
        monkeypatch.setattr(f"newsletter.cli.{module}.open_mailing", open_mailing)
    return services


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Write a feed with three articles."""
    headlines = ("Cranes return to the river", "New bakery opens on Quay Street", "Council wants a tram")
    items = "".join(
        f"<item><title>{each}</title><link>https://paper.example/{each[:3]}</link></item>" for each in headlines
    )
    path = tmp_path / "feed.xml"
    path.write_text(f'<rss version="2.0"><channel><title>Harbour News</title>{items}</channel></rss>')
    return path
