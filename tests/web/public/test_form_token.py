"""A sign-up form counts from three seconds to two hours after it was shown."""

from datetime import datetime, timedelta

import pytest

from newsletter.tokens import Purpose, Tokens
from newsletter.web.public.form_token import make_form_token, renew_form_token, seconds_to_wait


@pytest.mark.parametrize(
    ("expected", "age"), [(3, 0), (1, 2), (0, 3), (0, 60), (0, 7200), (None, 7201), (None, -1), (None, 10**7)]
)
def test_a_form_is_good_for_a_while(tokens: Tokens, noon: datetime, expected: int | None, age: int) -> None:
    """Too soon has to wait, too late and from the future are never good."""
    token = make_form_token(tokens, noon)
    assert expected == seconds_to_wait(tokens, token, noon + timedelta(seconds=age))


def test_what_we_did_not_sign_is_never_good(tokens: Tokens, noon: datetime) -> None:
    """Nothing, a token of another purpose, of another secret, or with a letter changed."""
    later = noon + timedelta(minutes=1)
    token = make_form_token(tokens, noon)
    other = Tokens("another-secret-of-enough-characters-0123")
    for wrong in (
        "",
        "é",
        token[:-1],
        token.swapcase(),
        tokens.sign(Purpose.CONFIRM, 1, noon),
        make_form_token(other, noon),
    ):
        assert seconds_to_wait(tokens, wrong, later) is None


def test_two_forms_differ(tokens: Tokens, noon: datetime) -> None:
    """The same moment makes different tokens: work for one is none for another."""
    assert make_form_token(tokens, noon) != make_form_token(tokens, noon)


@pytest.mark.parametrize(("expected", "age"), [(True, 0), (True, 30), (False, 8000)])
def test_a_form_that_comes_back_keeps_a_token_that_will_be_good(
    tokens: Tokens, noon: datetime, expected: bool, age: int
) -> None:
    """Whoever was too quick only has to wait; whoever was too slow gets a new one."""
    token = make_form_token(tokens, noon)
    assert expected == (token == renew_form_token(tokens, token, noon + timedelta(seconds=age)))


def test_the_press_that_was_missing_need_not_be_slow(tokens: Tokens, noon: datetime) -> None:
    """A form that comes back is read in a second."""
    assert seconds_to_wait(tokens, renew_form_token(tokens, "", noon), noon) == 1
