"""Settings of the hooks: what cannot be right is said at the start."""

import pytest
from pydantic import SecretStr

from newsletter.config import Settings
from newsletter.errors import SettingsError
from newsletter.web.hooks.chosen import open_hooks
from tests.web.hooks.operators import MAILGUN_KEY, POSTMARK_LOGIN, TOPIC, sendgrid_public_key

GOOD = {
    "ses_topic": TOPIC,
    "mailgun_signing_key": MAILGUN_KEY,
    "postmark_login": POSTMARK_LOGIN,
    "sendgrid_public_key": sendgrid_public_key(),
}


def settings(**given: str) -> Settings:
    """Return settings with only these hooks."""
    empty = dict.fromkeys(GOOD, "")
    return Settings.from_environment(**{**empty, **given})


def test_only_what_is_set_is_open() -> None:
    """Each hook by its own setting."""
    assert dict(open_hooks(settings())) == {}
    assert ["ses", "mailgun", "postmark", "sendgrid"] == list(open_hooks(settings(**GOOD)))
    assert ["mailgun"] == list(open_hooks(settings(mailgun_signing_key=MAILGUN_KEY)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ses_topic", "arn:aws:sqs:eu-west-1:123456789012:queue"),
        ("mailgun_signing_key", "short"),
        ("postmark_login", "nocolon-but-quite-long-as-it-is"),
        ("postmark_login", ":a-long-password-0123456789"),
        ("postmark_login", "user:short"),
        ("sendgrid_public_key", "no base64"),
        ("sendgrid_public_key", "QUJD"),
    ],
)
def test_what_cannot_be_right_is_said(name: str, value: str) -> None:
    """With the name of the variable, and never with a secret."""
    with pytest.raises(SettingsError, match=name.upper()) as raised:
        open_hooks(settings(**{name: value}))
    if name in {"mailgun_signing_key", "postmark_login"}:
        assert value not in str(raised.value)


def test_secrets_are_not_shown() -> None:
    """Neither in a log nor in an error's text."""
    shown = repr(settings(**GOOD))
    assert MAILGUN_KEY not in shown
    assert POSTMARK_LOGIN not in shown
    assert isinstance(settings(**GOOD).postmark_login, SecretStr)
