"""What an edition would be now: everything that choosing reads is read here, and nothing is changed."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.edition.choosing.candidates import Asked, find_candidates, was_sent
from newsletter.edition.choosing.choose import Choice, Reach, choose
from newsletter.edition.choosing.corrections import untold_corrections
from newsletter.edition.choosing.history import last_cut_off, skips_in_a_row
from newsletter.edition.choosing.marks import marks_of
from newsletter.edition.choosing.notes import notes_on
from newsletter.edition.choosing.updates import find_updates
from newsletter.edition.store import Edition
from newsletter.gather.polling.sources import source_ids_of
from newsletter.gather.story.likeness import Background
from newsletter.publication.calendar import window_start
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id


def choose_for(
    connection: sa.Connection, edition: Edition, now: datetime, background: Background | None = None
) -> Choice:
    """Choose from what is stored now, without changing anything.

    Whoever chooses again within minutes learns the ``background`` once (``candidates.background_of``).
    """
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    source_ids = edition.source_ids
    if source_ids is None:
        source_ids = source_ids_of(connection, newsletter.id)
    is_named = edition.is_for_named_readers
    marks = marks_of(connection, newsletter.id, edition.edition_on)
    updates = {} if is_named else find_updates(connection, newsletter.id, source_ids, marks, now)
    any_sent = was_sent(newsletter.id, for_named_readers=is_named)
    is_first = connection.execute(sa.select(~any_sent)).scalar_one()
    reach = Reach(window_of(connection, newsletter, edition, now), is_first or edition.source_ids is not None)
    window = None if reach.may_widen else reach.window
    asked = Asked(newsletter, source_ids, now, is_named, marks, updates, window, background)
    found = find_candidates(connection, asked)
    corrections = () if is_named else untold_corrections(connection, newsletter.id)
    choice = choose(found, newsletter, now, reach, corrections)
    return choice.with_notes(notes_on(connection, asked, found, choice, now - reach.window))


def window_of(connection: sa.Connection, newsletter: Newsletter, edition: Edition, now: datetime) -> timedelta:
    """Return how far back an edition looks: to the cut-off of the last that was due, never less than asked.

    An edition by hand may come at any time of day, so that its window is counted from now where that is earlier.
    """
    on = edition.edition_on
    since = window_start(newsletter, on, last_cut_off(connection, newsletter.id, on))
    return now - min(since, now - timedelta(hours=newsletter.window_hours))


def least_articles(connection: sa.Connection, newsletter: Newsletter, edition: Edition) -> int:
    """Return how many unsent articles an edition needs: only one where too many days brought too little."""
    if edition.source_ids is not None or edition.is_for_named_readers or not newsletter.most_skips:
        return newsletter.min_articles
    skipped = skips_in_a_row(connection, newsletter.id, edition.edition_on)
    return 1 if skipped >= newsletter.most_skips else newsletter.min_articles
