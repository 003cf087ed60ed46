"""How a command reaches the installation."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsletter.cli.main import create_app
from newsletter.cli.session import check_given, open_mailing, open_services, read_settings
from newsletter.config import Settings
from newsletter.errors import SettingsError
from newsletter.local import folder, runfile
from newsletter.local.stack import LocalStack, Part
from newsletter.publication.newsletters import list_newsletters


@pytest.fixture(autouse=True)
def _no_settings(installation: Settings) -> None:
    """Keep the settings of whoever runs the tests out of them."""


def test_a_flag_wins_over_the_environment(tmp_path: Path) -> None:
    """--data is where the embedded servers keep their data."""
    assert tmp_path / "data" == read_settings(None).data_dir
    assert tmp_path / "other" == read_settings(tmp_path / "other").data_dir


def test_the_sample_is_for_our_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator's database is never offered the sample; an embedded one is, unless they said no."""
    assert not read_settings(None).sample
    monkeypatch.delenv("DATABASE_URL")
    assert read_settings(None).sample
    monkeypatch.setenv("SAMPLE", "false")
    assert not read_settings(None).sample


def test_a_command_takes_over_where_the_stack_that_runs_is_reached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What `up` was told in its own terminal holds for a command in another: links lead to where it answers."""
    for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "SECRET_KEY", "PUBLIC_URL", "WEB_PORT"):
        monkeypatch.delenv(name, raising=False)
    live = {"DATABASE_URL": "postgresql://127.0.0.1:9/x", "PUBLIC_URL": "http://localhost:8123"}
    with folder.owned(tmp_path):
        runfile.write(tmp_path, live)
        settings = runfile.joined(read_settings(tmp_path))
    assert settings is not None
    assert "http://localhost:8123" == settings.public_url
    assert settings.sample


def test_own_servers_are_joined(installation: Settings) -> None:
    """With every URL given, a command starts nothing and leaves everything running."""
    with open_services() as services, services.database.transaction() as connection:
        assert installation.database_url == services.settings.database_url
        before = list_newsletters(connection)
    with open_services() as services, services.database.transaction() as connection:
        assert before == list_newsletters(connection)


def test_a_worker_that_answers_is_used(monkeypatch: pytest.MonkeyPatch, installation: Settings) -> None:
    """A worker of our own is started only when none answers on the broker."""
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    started: list[set[Part]] = []

    class Recorded(LocalStack):
        """Notes the parts asked for, and starts the servers alone."""

        def __init__(self, settings: Settings, parts: set[Part], *more: object, **named: object) -> None:
            started.append(set(parts))
            super().__init__(settings, {Part.SERVERS}, lambda _: None)

    class Control:
        """A broker with some workers on it."""

        answers: list[object]

        def ping(self, timeout: float) -> list[object]:
            """Ask them all."""
            return self.answers

    control = Control()
    broker = type("Broker", (), {"control": control})
    monkeypatch.setattr("newsletter.cli.session.LocalStack", Recorded)
    monkeypatch.setattr("newsletter.cli.session.create_broker", lambda _: broker)
    for answers in ([], [{"worker": "pong"}]):
        control.answers = list(answers)
        with open_mailing():
            pass
    assert [{Part.SERVERS, Part.MAILBOX, Part.WORKER}, {Part.SERVERS, Part.MAILBOX}] == started


UNUSABLE = [
    ("REDIS_URL", "localhost:6379"),
    ("SMTP_URL", "http://relay.example"),
    ("SECRET_KEY", "short"),
    ("JOURNAL", "/dev/null/journals"),
    ("DKIM_KEYS", "nowhere.pem"),
    ("OPERATOR_LIMITS", "google"),
    ("OPERATOR_DNS", "ns.example"),
    ("TEMPLATES_DIR", "/nowhere/templates"),
]


@pytest.mark.parametrize(("variable", "value"), UNUSABLE)
def test_a_setting_that_cannot_be_used_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str
) -> None:
    """`newsletter up` names the variable before any server is started or any folder made."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv(variable, value)
    result = CliRunner().invoke(create_app(), ["up", "--data", str(tmp_path / "fresh")])
    assert isinstance(result.exception, SettingsError)
    assert variable in str(result.exception)
    assert result.exception.mend
    assert not (tmp_path / "fresh").exists()


def test_what_is_not_given_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where everything is ours to provide, there is nothing to find fault with."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.delenv(name)
    check_given(read_settings(None))


def test_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot be reached is an error that names it without its password."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:hushhush@127.0.0.1:1/news")
    with pytest.raises(SettingsError, match=r"127\.0\.0\.1:1/news cannot be reached") as caught, open_services():
        pass
    assert "hushhush" not in str(caught.value)


def test_a_broker_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that cannot be reached is a setting to look at, not a traceback."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    with pytest.raises(SettingsError, match="REDIS_URL"), open_mailing():
        pass
