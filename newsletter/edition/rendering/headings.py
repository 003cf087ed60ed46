"""What a mailbox shows before the mail is opened: subject and preheader. Pure.

Each is one clean line; a headline that runs the other way is isolated, so that it leaves the line around it alone.
"""

from datetime import date

from newsletter.edition.rendering.selection import Masthead, Selection
from newsletter.edition.words.phrases import Phrases
from newsletter.edition.words.wording import cut, line

_HEADLINE, _QUIET_HEADLINE, _PREHEADER = 60, 140, 120
_LEAST = 20
"""Characters: less of a headline says nothing."""


def headline_of(selection: Selection, masthead: Masthead, phrases: Phrases, edition_on: date) -> str:
    """Return the top headline; on a quiet day the newsletter's name and the date."""
    if masthead.quiet:
        return cut(
            f"{phrases.isolated(line(masthead.name, _HEADLINE))} · {phrases.day(edition_on)}", _QUIET_HEADLINE
        )
    return phrases.isolated(line(selection.articles[0].title, _HEADLINE) or line(masthead.name, _HEADLINE))


def preheader_of(selection: Selection, masthead: Masthead, phrases: Phrases) -> str:
    """Return the two headlines after the top one, as many as fit; the lead's summary where there is no other."""
    lead, *others = selection.articles
    if masthead.quiet:
        return phrases.isolated(line(masthead.tagline, _PREHEADER) or line(masthead.publisher, _PREHEADER))
    room, parts = _PREHEADER, []
    for title in filter(None, (line(other.title, _PREHEADER) for other in others[:2])):
        if room >= _LEAST:
            parts.append(cut(title, room))
            room -= len(parts[-1]) + len(" · ")
    parts = parts or [line(lead.summary, _PREHEADER) or line(masthead.tagline, _PREHEADER)]
    return " · ".join(map(phrases.isolated, parts))
