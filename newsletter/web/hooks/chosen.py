"""Which hooks are open: those whose setting is there."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from newsletter.config import Settings
from newsletter.errors import FetchError, SettingsError
from newsletter.gather.http.fetch import fetch
from newsletter.gather.http.network import FetchPolicy
from newsletter.web.hooks.hook import Hook
from newsletter.web.hooks.mailgun import MailgunHook
from newsletter.web.hooks.postmark import PostmarkHook
from newsletter.web.hooks.sendgrid import SendGridHook, read_public_key
from newsletter.web.hooks.ses import SesHook
from newsletter.web.hooks.sns import Certificates

_TOPIC = re.compile(r"arn:aws(?:-[a-z]{2,10}){0,2}:sns:[a-z0-9-]{3,40}:\d{12}:[A-Za-z0-9_.-]{1,256}", re.ASCII)
_MOST_BYTES = 64 * 1024
_LEAST_KEY = 16


def open_hooks(settings: Settings, fetched: Callable[[str], bytes] | None = None) -> Mapping[str, Hook]:
    """Return the hooks by the last part of their address; ``fetched`` stands for the Internet in tests.

    Raises SettingsError for a setting that is there and cannot be right.
    """
    made: dict[str, Hook] = {}
    if settings.ses_topic:
        made["ses"] = _ses(settings.ses_topic, fetched or _fetcher(settings))
    if key := settings.mailgun_signing_key.get_secret_value().strip():
        if len(key) < _LEAST_KEY:
            raise SettingsError(
                f"MAILGUN_SIGNING_KEY has {len(key)} characters; Mailgun's have more.",
                "Copy the HTTP webhook signing key from Mailgun's settings.",
            )
        made["mailgun"] = MailgunHook(key.encode())
    if login := settings.postmark_login.get_secret_value():
        user, _, password = login.partition(":")
        if not user or len(password) < _LEAST_KEY or not login.isascii() or not login.isprintable():
            raise SettingsError(
                "POSTMARK_LOGIN is not user:password, or the password is shorter than 16 characters.",
                "Choose a long one, and write it into the address: https://user:password@…/hooks/postmark.",
            )
        made["postmark"] = PostmarkHook(login.encode())
    if settings.sendgrid_public_key.strip():
        made["sendgrid"] = SendGridHook(read_public_key(settings.sendgrid_public_key))
    return made


def _ses(topic: str, fetched: Callable[[str], bytes]) -> SesHook:
    if not _TOPIC.fullmatch(topic):
        raise SettingsError(
            f"SES_TOPIC is {topic!r}, which is no topic.",
            "Write its ARN: arn:aws:sns:eu-west-1:123456789012:name.",
        )
    return SesHook(topic, Certificates(fetched), fetched)


def _fetcher(settings: Settings) -> Callable[[str], bytes]:
    # Never a private address, whatever sources may be: these are named by whoever calls.
    policy = replace(FetchPolicy.from_settings(settings), allow_private=False, max_bytes=_MOST_BYTES)

    def fetched(url: str) -> bytes:
        found = fetch(url, policy)
        if found.url != url:
            raise FetchError("SNS sent us elsewhere.")
        return found.content

    return fetched
