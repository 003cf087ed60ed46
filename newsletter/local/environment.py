"""Settings on their way to a child process and back: the environment is the only door they know."""

from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from newsletter.config import Settings

SHARED = frozenset(
    {
        *("DATABASE_URL", "REDIS_URL", "SMTP_URL", "SECRET_KEY", "PUBLIC_URL", "MAILBOX_DIR"),
        *("TEMPLATES_DIR", "ALLOW_PRIVATE_SOURCES"),
    }
)
"""Variables in which every process that works on one database must agree."""


def of(settings: Settings) -> dict[str, str]:
    """Return the environment from which ``Settings.from_environment`` makes equal settings anywhere.

    Paths become absolute, because a child works in another folder.
    """
    return {name.upper(): _text(getattr(settings, name)) for name in type(settings).model_fields}


def completed_by(settings: Settings, environment: dict[str, str]) -> Settings:
    """Return ``settings`` with each field that nobody set taken from ``environment``."""
    chosen = {
        name: getattr(settings, name) for name in settings.model_fields_set if _text(getattr(settings, name))
    }
    fields = type(settings).model_fields
    given = {name.lower(): value for name, value in environment.items() if name.lower() in fields}
    return type(settings).from_environment(**{**given, **chosen})


def changed(settings: Settings, environment: dict[str, str]) -> Settings:
    """Return ``settings`` with each field that ``environment`` names taken from there."""
    kept = {name: getattr(settings, name) for name in type(settings).model_fields}
    given = {name.lower(): value for name, value in environment.items()}
    return type(settings).from_environment(**{**kept, **given})


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return value.get_secret_value()
        case timedelta():
            return str(value.total_seconds())
        case Path():
            return str(value.expanduser().absolute())
        case bool():
            return str(value).lower()
        case _:
            return str(value)
