"""Parts of a stranger's JSON, by the type they should have: one of another type counts as not said."""

import json
from typing import Any

from newsletter.errors import NotAFeedError
from newsletter.gather.formats.markup import MOST_TAGS

LONGEST_JSON = 3_000_000
"""Characters: a hundred whole articles have a tenth of them."""
_MOST_COMMAS = 4 * MOST_TAGS
"""Between values, or in their text."""


def load_json(text: str, wanted: str) -> Any:
    """Parse JSON; raises NotAFeedError that names what was ``wanted``, for JSON that is none or is endless."""
    if text.count("{") + text.count("[") > MOST_TAGS or text.count(",") > _MOST_COMMAS or len(text) > LONGEST_JSON:
        raise NotAFeedError(f"This is no {wanted}: it is JSON with far too many parts.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        what = "it begins like JSON and is not" if text.startswith(("{", "[")) else "it is no JSON"
        raise NotAFeedError(f"This is no {wanted}: {what}.") from None


def text_of(holder: dict[str, Any], key: str) -> str:
    """Return a text, or the text of a whole number: publishers send numbers for ids."""
    value = holder.get(key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def part_of(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object, an empty one where there is none."""
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def objects_of(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of an array."""
    value = holder.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def texts_of(holder: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return the texts of an array."""
    value = holder.get(key)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
