"""What a run led to, for a person or for a machine: read from rows, so that the totals add up."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from newsletter.edition import store
from newsletter.edition.choosing.runs import left_out
from newsletter.gather.polling.sources import source_ids_of
from newsletter.insight.clicks import count_clicks
from newsletter.insight.figures import count_deliveries, count_exclusions, source_health
from newsletter.insight.returns import count_reports
from newsletter.schedule.verdict import give_verdict

_MOST_LEFT_OUT = 10
"""Articles that a receipt names although they have no place: the best, with what kept them out."""


def receipt(connection: sa.Connection, edition_id: int) -> dict[str, Any]:
    """Return everything worth knowing of an edition, ready for JSON."""
    edition = store.get_edition(connection, edition_id)
    deliveries = count_deliveries(connection, edition_id)
    verdict = give_verdict(edition.state, edition.reason, deliveries)
    told: dict[str, Any] = plain(
        {
            "edition": edition.name,
            "id": edition.id,
            "newsletter": edition.slug,
            "date": edition.edition_on,
            "state": edition.state,
            "verdict": verdict.kind,
            "reason": verdict.reason,
            "notes": edition.notes,
            "subject": edition.subject,
            "requested_by": edition.requested_by,
            "times": {
                name: getattr(edition, name)
                for name in ("due_at", "gathering_at", "ready_at", "sending_at", "finished_at")
            },
            "audience": sum(deliveries.values()),
            "deliveries": deliveries,
            "exclusions": count_exclusions(connection, edition_id),
            "reports": count_reports(connection, edition_id),
            "clicks": count_clicks(connection, edition_id),
            "articles": [_article(row) for row in store.list_edition_articles(connection, edition_id)],
            "left_out": left_out(connection, edition_id, _MOST_LEFT_OUT),
            "sources": _sources(connection, edition),
        }
    )
    return told


def _sources(connection: sa.Connection, edition: store.Edition) -> list[dict[str, Any]]:
    """Return how the sources that it was made of do."""
    source_ids = edition.source_ids
    if source_ids is None:
        source_ids = source_ids_of(connection, edition.newsletter_id)
    return [
        {
            "url": each.url,
            "title": each.title,
            "polled_at": each.polled_at,
            "failures": each.failures,
            "error": each.last_error,
        }
        for each in source_health(connection, source_ids)
    ]


def _article(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        name: getattr(row, name)
        for name in ("place", "part", "title", "url", "source", "points", "parts", "why", "is_update")
    }


def plain(value: Any) -> Any:
    """Return the value as JSON has it: moments in ISO 8601, words as text."""
    match value:
        case dict():
            return {str(name): plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case StrEnum():
            return value.value
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _ if hasattr(value, "isoformat"):
            return value.isoformat()
        case _:
            return value


def told_lines(told: dict[str, Any]) -> list[str]:
    """Return a receipt as lines for a person."""
    lines = [f"{told['edition']}: {told['verdict']}. {told['reason']}"]
    lines += [f"  Note: {note}" for note in told["notes"]]
    if told["subject"]:
        lines.append(f"  Subject: {told['subject']}")
    for each in told["articles"]:
        lines.append(f"  {each['place']:>2}. {each['title']}")
        lines.append(f"      {each['source']} · {each['points']:.1f} points · {each['why']}")
    for each in told["left_out"]:
        lines.append(f"  out {each['title']}")
        lines.append(f"      {each['source']} · {each['points']:.1f} points · {each['left_out']}")
    lines += [f"  Source failed: {each['url']}: {each['error']}" for each in told["sources"] if each["error"]]
    if told["deliveries"]:
        lines.append(f"  Deliveries: {told['audience']} = {_counts(told['deliveries'])}")
    if told["exclusions"]:
        lines.append(f"  Left out: {_counts(told['exclusions'])}")
    if told["reports"]:
        lines.append(f"  Reported back: {_counts(told['reports'])}")
    lines += [f"  Followed by {readers}: {url}" for url, readers in told["clicks"].items()]
    return lines


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
