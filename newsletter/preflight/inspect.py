"""Every check of one message: those that need nobody, then those that ask the network and SpamAssassin."""

from collections.abc import Iterable
from dataclasses import replace

from newsletter.preflight.alive import Scout
from newsletter.preflight.examine import examine, told
from newsletter.preflight.expected import Expected
from newsletter.preflight.finding import Finding, passed
from newsletter.preflight.opened import open_message
from newsletter.preflight.spam import check_spam

LINKS, PICTURES, SPAM = "links alive", "pictures alive", "spam score"

ASKING = (LINKS, PICTURES, SPAM)
"""Checks that ask somebody; ``docs/preflight.md`` has a row for each."""


def inspect(raw: bytes, expected: Expected, scout: Scout | None, more: Iterable[str] = ()) -> list[Finding]:
    """Return what every check says of a message's bytes; never raises.

    Without a ``scout`` the network is left alone. ``more`` are addresses that the message's counted links lead to.
    """
    findings = examine(raw, expected)
    message = open_message(raw)
    if scout is None:
        findings += [replace(passed("Not checked: nobody was asked."), check=name) for name in (LINKS, PICTURES)]
    else:
        findings += told(LINKS, scout.check_links(message, more))
        findings += told(PICTURES, scout.check_pictures(message))
    return [*findings, *told(SPAM, check_spam(raw))]
