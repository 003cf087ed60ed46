"""Every error says what happened and how to mend it."""

import pytest

from newsletter import errors
from newsletter.errors import ConflictError, NewsletterError, NotFoundError, TokenError

TREE = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, NewsletterError)]


@pytest.mark.parametrize("kind", TREE)
def test_an_error_carries_what_and_mend(kind: type[NewsletterError]) -> None:
    """Both halves can be shown apart, and together they are one text."""
    error = kind("It broke.", "Glue it.")
    assert ("It broke.", "Glue it.", "It broke. Glue it.") == (error.what, error.mend, str(error))


def test_an_error_without_a_mend_ends_with_the_fact() -> None:
    """Nothing trails behind an error that nobody can mend."""
    assert "It broke." == str(NewsletterError("It broke."))


@pytest.mark.parametrize("kind", TREE)
def test_the_picture_of_the_tree_is_whole(kind: type[NewsletterError]) -> None:
    """The drawing on top of the module names every error there is."""
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (409, ConflictError), (403, TokenError)])
def test_the_web_answers_with_the_error_s_status(status: int, kind: type[NewsletterError]) -> None:
    """A missing thing, a lost race and a bad link are three different answers."""
    assert status == kind("x").status
