"""A newsletter's settings as one frozen value, and the queries that read and write them."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.errors import ConflictError, NotFoundError, SettingsError
from newsletter.publication.rules import broken_rules
from newsletter.publication.tables import newsletter

_LONGEST_TOLD = 80
"""Characters of a wrong value that its error repeats."""


_TIMETABLE = ("send_time", "zone", "scheduled", "send_days", "days_off", "weekly_day")
"""Settings of which a change begins a new timetable."""


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
    track_clicks: bool = False
    popularity_points: float = 70.0
    placing_points: float = 10.0
    coverage_points: float = 10.0
    taste_points: float = 5.0
    freshness_points: float = 5.0
    featured_points: float = 10.0
    comment_votes: float = 0.0
    votes_grow_hours: float = 4.0
    freshness_hours: float = 24.0
    story_cut: float = 0.12
    likeness_penalty: float = 0.3
    section_share: int = 40
    cutoff_minutes: int = 20
    carry_hours: int = 48
    late_hours: int = 6
    most_skips: int = 3
    send_days: str = "mon tue wed thu fri sat sun"
    days_off: str = ""
    reader_hours: bool = False
    weekly_day: str = "sun"
    reader_sections: bool = True
    breaking: bool = True
    recommend: bool = False
    show_why: bool = True
    quiet: bool = False
    languages: str = ""
    theme: str = "broadsheet"
    welcome: bool = True
    goodbye: bool = True
    proof: bool = True
    preflight_holds: bool = True
    editors: str = ""
    excluded: str = "sponsored, advertorial, partner content, paid content"
    never_lead: str = "live, live blog, quiz, obituaries, corrections, horoscope"

    def __post_init__(self) -> None:
        """Raise SettingsError for a value that no newsletter can have."""
        broken = broken_rules({each.name: getattr(self, each.name) for each in fields(NewsletterSettings)})
        if broken:
            wrong = ", ".join(f"{name} {_short(repr(getattr(self, name)))}" for name in broken)
            musts = "; ".join(f"{name} must be {must}" for name, must in broken.items())
            raise SettingsError(
                f"The newsletter {_short(repr(self.slug))} cannot have {wrong}.",
                f"{musts}. docs/settings.md describes each setting.",
            )

    @property
    def all_languages(self) -> tuple[str, ...]:
        """The languages that its editions are written in, its own first."""
        return tuple(dict.fromkeys((self.language, *self.languages.split())))

    def other_language(self, tag: str) -> str:
        """Return a language that its editions are written in besides its own; empty for any other."""
        return tag if tag in self.all_languages[1:] else ""

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

    def __post_init__(self) -> None:
        """Take what is stored as it is: it was checked when it was written, by the rules of that time."""


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…"


def _newsletter(row: sa.Row[tuple[object, ...]]) -> Newsletter:
    return Newsletter(**row._mapping)  # noqa: SLF001 — SQLAlchemy's documented name for a row as a mapping


def add_newsletter(connection: sa.Connection, settings: NewsletterSettings) -> Newsletter:
    """Store a new newsletter. Raises ConflictError where one has its slug already, and changes nothing."""
    added = insert(newsletter).values(**asdict(settings)).on_conflict_do_nothing().returning(newsletter)
    row = connection.execute(added).one_or_none()
    if row is None:
        raise ConflictError(
            f"There is a newsletter {settings.slug!r} already; nothing was changed.",
            f"`newsletter newsletters set {settings.slug} name=value` changes it.",
        )
    return _newsletter(row)


def change_newsletter(connection: sa.Connection, slug: str, changes: dict[str, str]) -> Newsletter:
    """Change settings of a newsletter, given as text by name.

    Raises SettingsError for a name that is no setting, or a value that it cannot have.
    """
    found = get_newsletter(connection, slug)
    kept = {each.name: getattr(found, each.name) for each in fields(NewsletterSettings)}
    changed = {name: _read(name, value, kept) for name, value in changes.items()}
    settings = NewsletterSettings(**{**kept, **changed})
    is_rescheduled = any(kept[name] != getattr(settings, name) for name in _TIMETABLE)
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
                return {"true": True, "yes": True, "false": False, "no": False}[value.lower()]
            case int():
                return int(value)
            case float():
                return float(value)
            case time():
                return _time_of_day(value)
            case _:
                return value
    except (ValueError, KeyError):
        raise SettingsError(
            f"{name} cannot be {value!r}; nothing was changed.", f"Write {_KINDS[type(known[name])]}."
        ) from None


_KINDS = {bool: "true or false", int: "a whole number", float: "a number", time: "a time of day such as 07:00"}


def _time_of_day(value: str) -> time:
    at = time.fromisoformat(value)
    if at.tzinfo is not None:
        raise ValueError("the newsletter's zone is a setting of its own")
    return at


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
