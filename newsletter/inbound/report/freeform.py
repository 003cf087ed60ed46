"""Bounces in free text: what is said of each address that failed. Pure."""

from newsletter.inbound.report.classify import best_status, judge, reply_class
from newsletter.inbound.report.dsn import Notice
from newsletter.inbound.report.notice import FreeText, has_cause
from newsletter.inbound.report.phrases import Told, marks, reason_in
from newsletter.inbound.report.reported import Action, Reason
from newsletter.inbound.report.whom import failed_addresses

_LINES_OF_ONE = 8
"""Lines from an address on that may say why."""

_MOST_CODED, _MOST_WORDED = 4, 3
"""Lines that are kept of those that give a cause for no address in particular."""


def read_free_text(free: FreeText, raw: bytes) -> list[Notice]:
    """Return what a report in free text says of each address; ``raw`` is the message."""
    places = failed_addresses(free, raw)
    in_general = _telling_lines(free) if places else ""
    is_delay = Told(f"{free.headers['subject']} {free.text}").says_any(marks().delay)
    notices: list[Notice] = []
    for recipient, at in places.items():
        said = _said_of(free, at, set(places.values()) - {at})
        if not has_cause(said):
            said = in_general or said or free.text
        action = Action.DELAYED if is_delay and not _has_given_up(said) else Action.FAILED
        notices.append(Notice(recipient, "", action, best_status("", said), said))
    return notices


def _said_of(free: FreeText, at: int, others: set[int]) -> str:
    """Return the lines about an address: its own, and those behind it until the next address."""
    kept: list[str] = []
    for number in range(at, min(at + _LINES_OF_ONE, len(free.lines)) if at >= 0 else at):
        if number in others:
            break
        kept.append(free.lines[number].strip())
    return " ".join(kept).strip()


def _telling_lines(free: FreeText) -> str:
    """Return the lines that give a cause, whoever they are about."""
    lines = [line.strip() for line in free.lines if line.strip()]
    coded = [line for line in lines if best_status("", line) or reply_class(line) in {"4", "5"}]
    if coded:
        return " ".join(coded[:_MOST_CODED])
    worded = (line for line in lines if reason_in(line))
    return " ".join(line for line, _ in zip(worded, range(_MOST_WORDED), strict=False))


def _has_given_up(said: str) -> bool:
    """Whether a report that speaks of a delay names a cause all the same, with a final reply code."""
    reason = judge(Action.FAILED, "", said).reason
    return reason is not Reason.UNKNOWN and reply_class(said) == "5"
