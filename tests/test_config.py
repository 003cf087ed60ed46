"""Settings are read once, checked, and never shown with their secrets."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from newsletter.config import Settings
from newsletter.errors import SettingsError

SECRETS = ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "SECRET_KEY")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEB_PORT", "eight"),
        ("SMTP_STARTTLS", "perhaps"),
        ("GATHER_TIMEOUT", "soon"),
        ("GATHER_TIMEOUT", "nan"),
        ("BATCH_SIZE", "0"),
        ("BATCH_SIZE", "10001"),
        ("UNCERTAIN_POLICY", "shrug"),
        ("LOG_JSON", "7"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis://localhost:port/0"),
        ("REDIS_URL", "redis://localhost/first"),
        ("REDIS_URL", "redis://localhost/?db=first"),
        ("REDIS_URL", "unix://"),
        ("FORM_ORIGINS", "*"),
        ("FORM_ORIGINS", "www.example.org"),
        ("FORM_ORIGINS", "https://www.example.org/"),
        ("FORM_ORIGINS", "https://*.example.org"),
        ("FORM_ORIGINS", "https://Example.org"),
        ("FORM_ORIGINS", "https://example.org:443"),
        ("FORM_ORIGINS", "http://example.org:80"),
        ("FORM_ORIGINS", "https://example.org https://a.example;script-src"),
        ("FORM_ORIGINS", "https://example.org, https://a.example"),
        ("TEMPLATES_DIR", "/nowhere/templates"),
        ("TEMPLATES_DIR", "~nobody-of-that-name/templates"),
        ("TEMPLATES_DIR", __file__),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """The operator learns which variable to change, and where it is described."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as caught:
        Settings.from_environment()
    assert "docs/settings.md" in caught.value.mend


def test_the_sites_of_the_form_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """White space parts origins, of which each counts once."""
    monkeypatch.setenv(
        "FORM_ORIGINS", " https://a.example\n http://localhost:8080 http://[::1]:8443 https://a.example"
    )
    settings = Settings.from_environment()
    assert ("https://a.example", "http://localhost:8080", "http://[::1]:8443") == settings.sites


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start shows all that has to be changed."""
    monkeypatch.setenv("BATCH_SIZE", "none")
    monkeypatch.setenv("LOG_JSON", "none")
    with pytest.raises(SettingsError, match=r"(?s)BATCH_SIZE.*LOG_JSON"):
        Settings.from_environment()


@pytest.mark.parametrize("variable", SECRETS)
def test_an_error_never_shows_a_secret(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A wrong value elsewhere, or a secret of the wrong type, leaves every secret out of the message."""
    monkeypatch.setenv(variable, "scheme://tell:nobody@host")
    monkeypatch.setenv("BATCH_SIZE", "none")
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment()
    assert "nobody" not in str(caught.value)
    with pytest.raises(SettingsError, match=variable) as caught:
        Settings.from_environment(**{variable.lower(): ["nobody"]})
    assert "nobody" not in str(caught.value)


@pytest.mark.parametrize("variable", SECRETS)
def test_printed_settings_hide_their_secrets(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Neither repr nor str gives a secret away."""
    monkeypatch.setenv(variable, "rediss://tell:nobody@host")
    settings = Settings.from_environment()
    assert "nobody" in getattr(settings, variable.lower()).get_secret_value()
    assert "nobody" not in f"{settings!r} {settings}"


def test_readers_reach_us_where_the_web_server_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another port moves the links along, and a public address of the operator's own wins over it."""
    assert "http://localhost:8000" == Settings.from_environment().public_url
    monkeypatch.setenv("WEB_PORT", "9001")
    assert "http://localhost:9001" == Settings.from_environment().public_url
    monkeypatch.setenv("PUBLIC_URL", "https://news.example")
    assert "https://news.example" == Settings.from_environment().public_url


@pytest.mark.parametrize(
    "url", ["redis://", "redis://host", "rediss://:word@host:6380/2", "unix:///run/valkey.sock?db=1"]
)
def test_every_usual_address_of_a_broker_will_do(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Over TCP, over TLS and over a socket on this machine."""
    monkeypatch.setenv("REDIS_URL", url)
    assert url == Settings.from_environment().redis_url.get_secret_value()


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PUBLIC_URL= make run` is the default, not an empty address."""
    monkeypatch.setenv("PUBLIC_URL", "")
    monkeypatch.setenv("WEB_PORT", "")
    assert "http://localhost:8000" == Settings.from_environment().public_url


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag on the command line beats the variable."""
    monkeypatch.setenv("WEB_PORT", "9001")
    assert 9002 == Settings.from_environment(web_port=9002).web_port


def test_durations_are_given_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second can be said, and a bare number means seconds."""
    monkeypatch.setenv("GATHER_TIMEOUT", "0.5")
    monkeypatch.setenv("TICK_INTERVAL", "90")
    settings = Settings.from_environment()
    assert (timedelta(milliseconds=500), timedelta(seconds=90)) == (
        settings.gather_timeout,
        settings.tick_interval,
    )


def test_settings_cannot_be_changed() -> None:
    """What was read at the start holds to the end."""
    settings = Settings.from_environment()
    with pytest.raises(ValidationError):
        settings.web_port = 1
    assert 8000 == settings.web_port


def test_the_publisher_s_templates_come_first(tmp_path: Path) -> None:
    """Our own templates stand behind the publisher's, file by file."""
    (ours,) = Settings.from_environment().template_folders
    assert (ours / "email" / "digest" / "subject.txt").is_file()
    assert (tmp_path, ours) == Settings.from_environment(templates_dir=tmp_path).template_folders


def test_proxies_are_networks() -> None:
    """TRUSTED_PROXIES takes networks and single machines of both kinds, and says what is none."""
    settings = Settings.from_environment(trusted_proxies="10.0.0.0/8 192.0.2.7 ::1 10.1.2.3/8")
    assert ["10.0.0.0/8", "192.0.2.7/32", "::1/128", "10.0.0.0/8"] == [str(each) for each in settings.proxies]
    assert () == Settings.from_environment(trusted_proxies="").proxies
    with pytest.raises(SettingsError, match=r"TRUSTED_PROXIES: 'proxy\.example' is no network"):
        Settings.from_environment(trusted_proxies="10.0.0.0/8 proxy.example")


@pytest.mark.parametrize(
    "given", ["a b", "@back.example", "back..example", "-back.example", "zo\u00eb.example", "a\n"]
)
def test_an_inbound_domain_is_a_domain(given: str) -> None:
    """What would spoil every envelope sender is refused at the start."""
    with pytest.raises(SettingsError, match=r"INBOUND_DOMAIN: .* is no domain"):
        Settings.from_environment(inbound_domain=given)
