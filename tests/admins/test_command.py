"""The command that makes the first admin."""

import pytest
from typer.testing import CliRunner

from newsletter.admins.password import verify_password
from newsletter.admins.store import find_admin
from newsletter.cli.admin import app
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.errors import SettingsError

PASSWORD = "four words nobody joins"


@pytest.fixture(autouse=True)
def _installation(servers: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("database_url", "redis_url", "secret_key"):
        monkeypatch.setenv(name.upper(), getattr(servers, name).get_secret_value())
    monkeypatch.setenv("DATA_DIR", str(servers.data_dir))
    monkeypatch.setattr("newsletter.log.set_up", lambda *_, **__: None)


def _has_password(database: Database, address: str) -> bool:
    with database.transaction() as connection:
        found = find_admin(connection, address)
    return found is not None and verify_password(found.password_hash, PASSWORD)


def test_a_password_comes_from_a_pipe(database: Database) -> None:
    """The first line is the password; the answer says where to log in, and not with what."""
    result = CliRunner().invoke(app, ["create", "me@paper.example", "--password-stdin"], input=f"{PASSWORD}\n")
    assert result.exit_code == 0
    assert "/console" in result.output
    assert PASSWORD not in result.output
    assert _has_password(database, "me@paper.example")


def test_a_password_is_asked_for_twice_and_not_shown(database: Database) -> None:
    """A slip in the second is asked again."""
    typed = f"{PASSWORD}\nsomething else\n{PASSWORD}\n{PASSWORD}\n"
    result = CliRunner().invoke(app, ["create", "me@paper.example"], input=typed)
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert _has_password(database, "me@paper.example")


def test_a_short_password_is_refused() -> None:
    """The error says how long it must be."""
    result = CliRunner().invoke(app, ["create", "me@paper.example", "--password-stdin"], input="short\n")
    assert isinstance(result.exception, SettingsError)
    assert "at least 12" in str(result.exception)
