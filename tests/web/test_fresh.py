"""Who has a page already is not sent it again."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.web.fresh import is_known

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TAG = '"abc"'


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, False),
        ({"if-none-match": '"abc"'}, True),
        ({"if-none-match": 'W/"abc"'}, True),
        ({"if-none-match": '"x", W/"y" , "abc"'}, True),
        ({"if-none-match": "*"}, True),
        ({"if-none-match": '"x"'}, False),
        ({"if-none-match": ""}, False),
        ({"if-modified-since": "Mon, 02 Mar 2026 12:00:00 GMT"}, True),
        ({"if-modified-since": "Mon, 02 Mar 2026 11:59:59 GMT"}, False),
        ({"if-modified-since": "Mon, 02 Mar 2026 12:00:00 -0000"}, False),
        ({"if-modified-since": "yesterday"}, False),
        ({"if-modified-since": ""}, False),
        # The tag decides alone where both are there.
        ({"if-none-match": '"x"', "if-modified-since": "Mon, 02 Mar 2026 12:00:00 GMT"}, False),
    ],
)
def test_what_is_known(asked: dict[str, str], expected: bool) -> None:
    """A request says what it has by tag, or else by date."""
    assert expected == is_known(asked, TAG, AT)


def test_a_later_change_is_new() -> None:
    """A second is enough."""
    asked = {"if-modified-since": "Mon, 02 Mar 2026 12:00:00 GMT"}
    assert not is_known(asked, TAG, AT + timedelta(seconds=1))
