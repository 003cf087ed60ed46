"""A newsletter's settings as one frozen value, and the queries that read and write them."""

import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.errors import NotFoundError, SettingsError
from newsletter.publication.tables import newsletter

MOST_PLACES = 30
"""A longer edition is clipped by the readers' mail programs, and read by nobody."""

LONGEST_WINDOW = 24 * 366
"""Hours: a year back is the archive's business."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_ACCENT = re.compile(r"#[0-9a-f]{6}")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


@dataclass(frozen=True, slots=True)
class NewsletterSettings:
    """What the operator chose for one newsletter. Times of day are local to ``zone``, an IANA name."""

    slug: str
    name: str
    publisher: str
    sender_address: str
    tagline: str = ""
    language: str = "en"
    zone: str = "UTC"
    accent: str = "#9b1c1f"
    site_url: str = ""
    postal_address: str = ""
    send_time: time = time(7, 0)
    scheduled: bool = True
    top_stories: int = 8
    blog_posts: int = 2
    min_articles: int = 3
    max_per_source: int = 2
    window_hours: int = 24

    def __post_init__(self) -> None:
        """Raise SettingsError for a value that no newsletter can have."""
        faults = {
            "slug": not _SLUG.fullmatch(self.slug),
            "zone": not _is_zone(self.zone),
            "accent": not _ACCENT.fullmatch(self.accent),
            "name": not (self.name.strip() and self.name.isprintable()),
            "sender_address": not _SENDER.fullmatch(self.sender_address),
            "top_stories": not 1 <= self.top_stories <= MOST_PLACES,
            "blog_posts": not 0 <= self.blog_posts <= MOST_PLACES,
            "min_articles": not 1 <= self.min_articles <= self.top_stories + self.blog_posts,
            "max_per_source": not 1 <= self.max_per_source <= MOST_PLACES,
            "window_hours": not 1 <= self.window_hours <= LONGEST_WINDOW,
        }
        wrong = [f"{name} {getattr(self, name)!r}" for name, is_wrong in faults.items() if is_wrong]
        if wrong:
            raise SettingsError(
                f"The newsletter {self.slug!r} cannot have {', '.join(wrong)}.",
                "docs/settings.md describes each setting of a newsletter.",
            )

    @property
    def timezone(self) -> ZoneInfo:
        """The zone in which the newsletter's days begin and end."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter(NewsletterSettings):
    """A newsletter as stored: its settings, with the id that other rows point at."""

    id: int
    scheduled_since: datetime
    created_at: datetime


def _newsletter(row: sa.Row[tuple[object, ...]]) -> Newsletter:
    return Newsletter(**row._mapping)  # noqa: SLF001 — SQLAlchemy's documented name for a row as a mapping


def add_newsletter(connection: sa.Connection, settings: NewsletterSettings) -> Newsletter:
    """Store a newsletter, or return the one that already has its slug, unchanged."""
    connection.execute(insert(newsletter).values(**asdict(settings)).on_conflict_do_nothing())
    return get_newsletter(connection, settings.slug)


def change_newsletter(connection: sa.Connection, slug: str, changes: dict[str, str]) -> Newsletter:
    """Change settings of a newsletter, given as text by name.

    Raises SettingsError for a name that is no setting, or a value that it cannot have.
    """
    found = get_newsletter(connection, slug)
    kept = {each.name: getattr(found, each.name) for each in fields(NewsletterSettings)}
    changed = {name: _read(name, value, kept) for name, value in changes.items()}
    settings = NewsletterSettings(**{**kept, **changed})
    is_rescheduled = any(kept[name] != getattr(settings, name) for name in ("send_time", "zone", "scheduled"))
    since = {"scheduled_since": sa.func.now()} if is_rescheduled else {}
    connection.execute(
        sa.update(newsletter).where(newsletter.c.id == found.id).values(**asdict(settings), **since)
    )
    return get_newsletter(connection, settings.slug)


def _read(name: str, value: str, known: dict[str, Any]) -> Any:
    """Return a setting's value from text, by the kind of the value it has now."""
    if name not in known or name == "slug":
        others = ", ".join(sorted(known.keys() - {"slug"}))
        raise SettingsError(f"A newsletter has no setting {name!r} to change.", f"It has: {others}.")
    try:
        match known[name]:
            case bool():
                return {"true": True, "false": False}[value.lower()]
            case int():
                return int(value)
            case time():
                return time.fromisoformat(value)
            case _:
                return value
    except (ValueError, KeyError):
        raise SettingsError(f"{name} cannot be {value!r}.", f"It is {known[name]} now.") from None


def get_newsletter(connection: sa.Connection, slug: str) -> Newsletter:
    """Return the newsletter named ``slug``. Raises NotFoundError naming those there are."""
    row = connection.execute(sa.select(newsletter).where(newsletter.c.slug == slug)).one_or_none()
    if row is None:
        known = ", ".join(each.slug for each in list_newsletters(connection)) or "none yet"
        raise NotFoundError(
            f"There is no newsletter {slug!r}.", f"Newsletters here: {known}. `newsletter newsletters add`."
        )
    return _newsletter(row)


def get_newsletter_by_id(connection: sa.Connection, newsletter_id: int) -> Newsletter:
    """Return a newsletter that another row points at."""
    return _newsletter(connection.execute(sa.select(newsletter).where(newsletter.c.id == newsletter_id)).one())


def list_newsletters(connection: sa.Connection) -> list[Newsletter]:
    """Return every newsletter, by slug."""
    return [_newsletter(row) for row in connection.execute(sa.select(newsletter).order_by(newsletter.c.slug))]
