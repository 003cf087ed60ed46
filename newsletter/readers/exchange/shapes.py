"""What the columns of a file of readers mean, by the names that they have in it. Pure.

The names are those of the files that the programs write: listmonk's subscriber export, Mailchimp's three audience
exports, Ghost's members export, and our own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.errors import SettingsError

FIELDS = (
    *("address", "newsletter", "state", "language", "zone", "hour", "frequency", "breaking", "sections"),
    *("requested_at", "confirmed_at", "ended_at", "paused_until", "subscribed", "bounced_at", "deleted_at"),
)
"""What a column may say. The first thirteen are those of our own export, in its order."""

EXPORTED = FIELDS[:13]

_NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Shape:
    """A program's file: the columns that give it away, and what those mean that we take."""

    name: str
    signs: frozenset[str]
    columns: Mapping[str, str]


NAMES_FOR_ADDRESS = ("email", "e_mail", "mail", "email_address", "e_mail_address", "mail_address", "emailaddress")

PLAIN = Shape(
    "csv",
    frozenset(),
    {
        **{name: name for name in FIELDS},
        **dict.fromkeys(NAMES_FOR_ADDRESS, "address"),
        "status": "state",
        "timezone": "zone",
        "time_zone": "zone",
        "lang": "language",
        "locale": "language",
        "subscribed_at": "requested_at",
        "created_at": "requested_at",
        "unsubscribed_at": "ended_at",
    },
)

SHAPES = (
    Shape(
        "listmonk",
        frozenset({"uuid", "email", "attributes", "status"}),
        {"email": "address", "status": "state", "created_at": "requested_at"},
    ),
    Shape(
        "mailchimp",
        frozenset({"email_address", "leid", "euid"}),
        {
            "email_address": "address",
            "optin_time": "requested_at",
            "confirm_time": "confirmed_at",
            "timezone": "zone",
            "unsub_time": "ended_at",
            "clean_time": "bounced_at",
        },
    ),
    Shape(
        "ghost",
        frozenset({"email", "subscribed_to_emails"}),
        {
            "email": "address",
            "subscribed_to_emails": "subscribed",
            "created_at": "requested_at",
            "deleted_at": "deleted_at",
        },
    ),
    PLAIN,
)
"""In the order in which a file is compared with them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: the program it is from, how many columns it has, and which is which field."""

    shape: str
    width: int
    places: Mapping[str, int]


def normal(name: str) -> str:
    """Return a column's name as it is compared: ``E-Mail Address`` is ``e_mail_address``."""
    return _NOT_A_LETTER.sub("_", name.lstrip("\ufeff")).strip("_").lower()


def read_heading(cells: Sequence[str], wanted: str, given: Mapping[str, str]) -> Reading:
    """Return how to read a file with this heading; ``wanted`` is a shape's name, or ``auto``.

    ``given`` says of columns which field they are, whatever their shape would; an empty field is none. Raises
    SettingsError for a heading without a column for the address, and for fields or columns that there are not.
    """
    names = [normal(cell) for cell in cells]
    told = ", ".join(repr(cell.strip()) for cell in cells[:20])
    shape = _shape(set(names), wanted)
    columns = dict(shape.columns)
    for column, field in given.items():
        if normal(column) not in names:
            raise SettingsError(f"The file has no column {column!r}; it has {told}.", "Check --map.")
        if field and field not in FIELDS:
            raise SettingsError(f"There is no field {field!r}.", f"Choose one of: {', '.join(FIELDS)}.")
        columns = {name: each for name, each in columns.items() if each != field}
        columns[normal(column)] = field
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        if columns.get(name):
            places.setdefault(columns[name], place)
    if "address" not in places:
        raise SettingsError(
            f"No column holds the address; the file has {told}.",
            "Name it: --map 'the column=address'. The first line must name the columns.",
        )
    return Reading(shape.name, len(cells), places)


def _shape(names: set[str], wanted: str) -> Shape:
    if wanted == "auto":
        return next(each for each in SHAPES if each.signs <= names)
    return next(each for each in SHAPES if each.name == wanted)
