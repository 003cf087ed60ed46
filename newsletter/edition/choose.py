"""From candidates to a selection: the window, the ranking and the pick, in one pure step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.edition.candidates import Found, in_window
from newsletter.edition.pick import also_in, pick
from newsletter.edition.ranking import Ranked, rank
from newsletter.edition.selection import AlsoIn, ChosenArticle, Selection
from newsletter.gather.article import Genre
from newsletter.publication.newsletters import Newsletter

WIDER = (timedelta(hours=48), timedelta(days=7), None)
"""Windows to try in turn when a first edition would be too thin; None takes everything."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen from how many unsent articles, and what a person should know about how."""

    selection: Selection
    unsent: int
    notes: tuple[str, ...]


def choose(found: Sequence[Found], newsletter: Newsletter, now: datetime, *, may_widen: bool) -> Choice:
    """Choose an edition's articles. ``may_widen`` lets a first edition reach back beyond the window."""
    window = timedelta(hours=newsletter.window_hours)
    fresh, notes = in_window(found, window, now), []
    for wider in WIDER if may_widen else ():
        if len(fresh) >= newsletter.min_articles:
            break
        wider_fresh = list(found) if wider is None else in_window(found, wider, now)
        if len(wider_fresh) > len(fresh):
            reach = "everything there is" if wider is None else f"{wider // timedelta(hours=1)} h"
            fresh, notes = (
                wider_fresh,
                [f"Too little was published in {newsletter.window_hours} h, so {reach} counts."],
            )
    by_id = {each.candidate.id: each for each in fresh}
    parts = {}
    told: set[int] = set()
    for genre, size in ((Genre.NEWS, newsletter.top_stories), (Genre.BLOG, newsletter.blog_posts)):
        ranked = rank([each.candidate for each in fresh if each.genre is genre], now)
        untold = [each for each in ranked if each.candidate.story not in told]
        picked = pick(untold, size, newsletter.max_per_source)
        told |= {each.candidate.story for each in picked}
        notes += _empty_places(genre, untold, picked, size)
        parts[genre] = tuple(_chosen(each, ranked, by_id) for each in picked)
    return Choice(Selection(parts[Genre.NEWS], parts[Genre.BLOG]), len(fresh), tuple(notes))


def _empty_places(genre: Genre, ranked: Sequence[Ranked], picked: Sequence[Ranked], size: int) -> list[str]:
    """Return a note where places stay empty although untold stories are there: the limit for sources did that."""
    told = {each.candidate.story for each in picked}
    untold = {each.candidate.story for each in ranked} - told
    if len(picked) == size or not untold:
        return []
    return [f"{len(picked)} of {size} places for {genre} are filled; max_per_source keeps {len(untold)} out."]


def _chosen(ranked: Ranked, everything: Sequence[Ranked], by_id: dict[int, Found]) -> ChosenArticle:
    row = by_id[ranked.candidate.id].row
    return ChosenArticle(
        article_id=row.id,
        title=row.title,
        url=row.url,
        summary=row.summary,
        section=row.section,
        source=row.source,
        author=row.author,
        published_at=row.published_at,
        image_url=row.image_url,
        image_alt=row.image_alt,
        why=ranked.why,
        points=ranked.points,
        parts=ranked.parts,
        votes=row.votes,
        also_in=tuple(
            AlsoIn(other.candidate.source, by_id[other.candidate.id].row.url, other.candidate.title)
            for other in also_in(ranked, everything)
        ),
        language=row.language,
    )
