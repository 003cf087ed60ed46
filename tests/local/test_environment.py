"""Settings through the environment and back."""

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.config import Settings
from newsletter.local import environment


def test_settings_survive_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A child that reads the environment has equal settings, whatever kind each value is."""
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment(
        database_url="postgresql+psycopg://postgres@/newsletter?host=%2Ftmp",
        smtp_starttls=False,
        gather_interval=timedelta(minutes=7),
        data_dir=Path("data"),
        web_port=8123,
    )
    for name, value in environment.of(settings).items():
        monkeypatch.setenv(name, value)
    expected = settings.model_copy(update={"data_dir": tmp_path / "data"})
    assert expected.model_dump() == Settings.from_environment().model_dump()


def test_the_operators_choice_stays() -> None:
    """Joining fills in only what nobody set."""
    settings = Settings.from_environment(redis_url="redis://mine")
    live = {"REDIS_URL": "redis://live", "SMTP_URL": "smtp://live", "UNKNOWN": "x"}
    joined = environment.completed_by(settings, live)
    assert joined.redis_url.get_secret_value() == "redis://mine"
    assert joined.smtp_url.get_secret_value() == "smtp://live"


def test_a_change_wins() -> None:
    """Completing a stack's settings replaces what it names and keeps the rest."""
    changed = environment.changed(Settings.from_environment(web_port=8123, data_dir=Path("a")), {"DATA_DIR": "/b"})
    assert changed.data_dir == Path("/b")
    assert changed.web_port == 8123
