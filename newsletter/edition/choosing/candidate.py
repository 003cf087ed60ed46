"""What ranking knows of an article, and what it concludes."""

from dataclasses import dataclass
from datetime import datetime
from math import inf

from newsletter.edition.reasons import Reason
from newsletter.edition.words.reasoned import why_line
from newsletter.gather.article import Form


@dataclass(frozen=True, slots=True)
class Candidate:
    """What ranking knows of an article. None means that nobody counted, which is not zero.

    ``position`` is its best place in the source's own list, from 1, where that list is not merely by date.
    ``coverage`` is the number of distinct sources in its story; story 0 is none. ``recommendations`` are our own
    readers' votes. ``taste`` from 0 to 1 is how much readers follow its section and source. ``boost`` is an
    editor's word in points, ``pin`` the place that an editor gave it, from 1; what is blocked is ranked and never
    picked. ``text`` is what likeness compares, as `newsletter.gather.story.stems.telling` makes it; the title if
    empty.
    """

    id: int
    title: str
    source: str = ""
    section: str = ""
    published_at: datetime | None = None
    first_seen_at: datetime | None = None
    votes: int | None = None
    comments: int | None = None
    position: int | None = None
    coverage: int = 1
    story: int = 0
    recommendations: int = 0
    taste: float | None = None
    is_featured: bool = False
    boost: int = 0
    pin: int | None = None
    is_blocked: bool = False
    form: Form = Form.PLAIN
    text: str = ""

    @property
    def can_lead(self) -> bool:
        """Whether it may stand in the first place: live blogs, notices and what somebody paid for may not."""
        return self.form is Form.PLAIN

    @property
    def moment(self) -> datetime | None:
        """When it was published, else first seen."""
        return self.published_at or self.first_seen_at

    def age_hours(self, now: datetime) -> float:
        """Return its age; 0 for a date to come, infinite where there is none: nobody knows that it is new."""
        return inf if self.moment is None else max(0.0, (now - self.moment).total_seconds() / 3600)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its points, the parts they come from, and the reasons, the weightiest first."""

    candidate: Candidate
    points: float
    parts: dict[str, float]
    why: str = ""
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, candidate: Candidate, parts: dict[str, float], reasons: tuple[Reason, ...]) -> "Ranked":
        """Add the parts up and say the reasons in English."""
        return cls(candidate, round(sum(parts.values()), 3), parts, why_line(reasons), reasons)
