"""Form tokens: a sign-up form counts from three seconds to two hours after it was shown.

What fills in every form of the web sends it at once, or sends one copy of it for weeks. A person does neither. A
token is signed, so nobody can make one; it is not used up, because nothing is written when a page is shown.
"""

import secrets
from datetime import datetime, timedelta

from newsletter.errors import TokenError
from newsletter.tokens import LIFETIME, Purpose, Tokens

SOONEST = timedelta(seconds=3)
"""How long a form has been shown before anybody can have filled it in."""

_HEAD_START = timedelta(seconds=2)
"""Of a form that comes back filled in: it only wants another press."""


def make_form_token(tokens: Tokens, now: datetime, *, is_filled_in: bool = False) -> str:
    """Return a token for a form that is shown now."""
    shown_at = now - _HEAD_START if is_filled_in else now
    return tokens.pair_signer(Purpose.SIGN_UP_FORM, int(shown_at.timestamp()))(secrets.randbits(63))


def seconds_to_wait(tokens: Tokens, token: str, now: datetime) -> int | None:
    """Return after how many whole seconds a form can be sent, 0 for at once; None where it never can.

    None is for a token that is missing, forged, for another purpose, of the future or older than its lifetime.
    """
    try:
        _, second = tokens.read_pair(token, Purpose.SIGN_UP_FORM)
    except TokenError:
        return None
    lifetime = LIFETIME[Purpose.SIGN_UP_FORM]
    assert lifetime is not None
    age = int(now.timestamp()) - second
    if not 0 <= age <= lifetime.total_seconds():
        return None
    return max(0, int(SOONEST.total_seconds()) - age)


def renew_form_token(tokens: Tokens, token: str, now: datetime) -> str:
    """Return the token of a form that comes back: its own while that is good or soon will be."""
    is_usable = seconds_to_wait(tokens, token, now) is not None
    return token if is_usable else make_form_token(tokens, now, is_filled_in=True)
