"""Everything that can be said of a message without asking anybody: each check by name. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from newsletter.preflight.clients import check_clients
from newsletter.preflight.content import check_size, check_text
from newsletter.preflight.contrast import check_contrast
from newsletter.preflight.encoded import check_encoded_words
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, by_severity, passed, shown, worst
from newsletter.preflight.leaving import check_one_click, check_way_out
from newsletter.preflight.links import check_links
from newsletter.preflight.opened import Opened, open_message
from newsletter.preflight.pictures import check_pictures
from newsletter.preflight.signature import check_alignment
from newsletter.preflight.wire import check_fields, check_lines
from newsletter.preflight.wording import check_leftovers, check_postal_address, check_subject

Check = Callable[[Opened, Expected], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "header": check_fields,
    "lines": check_lines,
    "encoded words": check_encoded_words,
    "subject": check_subject,
    "sender": check_alignment,
    "one-click unsubscribe": check_one_click,
    "unsubscribe link": check_way_out,
    "size": check_size,
    "text part": check_text,
    "links": check_links,
    "pictures": check_pictures,
    "contrast": check_contrast,
    "mail programs": check_clients,
    "leftovers": check_leftovers,
    "postal address": check_postal_address,
}
"""In the order in which they are told; ``docs/preflight.md`` has a row for each."""

MOST_TOLD = 8
"""Findings of one check that are told one by one."""

LONGEST_TOLD = 400
"""Characters of what is told, and of where."""


def examine(raw: bytes, expected: Expected) -> list[Finding]:
    """Return what every check says of a message's bytes, at least one finding each; never raises."""
    message = open_message(raw)
    return [finding for name, check in CHECKS.items() for finding in told(name, check(message, expected))]


def told(name: str, findings: Iterable[Finding]) -> list[Finding]:
    """Return a check's findings under its name, the worst first: not too many, and at least that it passed."""
    found = by_severity(_named(each, name) for each in dict.fromkeys(findings))
    if len(found) > MOST_TOLD:
        rest = found[MOST_TOLD:]
        found = [*found[:MOST_TOLD], Finding(worst(rest), f"And {len(rest)} more like these.", check=name)]
    return found or [_named(passed("Nothing to mend."), name)]


def _named(finding: Finding, name: str) -> Finding:
    """Return a finding under its check's name; what it repeats of the message can be shown and kept."""
    what, where = shown(finding.what, LONGEST_TOLD), shown(finding.where, LONGEST_TOLD)
    return replace(finding, what=what, where=where, check=name)
