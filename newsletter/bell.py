"""Bells: "there is work", said over the broker after the commit.

A bell carries a task's name and ids, never facts: the rows carry those. A bell that is lost costs at most one
tick, because the tick rings again for everything that waits
(docs/adr/0003-celery-rings-the-database-remembers.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from newsletter import log

_log = log.get("bell")


class TaskName(StrEnum):
    """Every task there is; ``docs/operations.md`` says what each does."""

    TICK = "newsletter.tick"
    GATHER_SOURCE = "newsletter.gather_source"
    READ_PAGES = "newsletter.read_pages"
    ADVANCE_EDITION = "newsletter.advance_edition"
    RECHECK_EDITION = "newsletter.recheck_edition"
    SUBMIT_EDITION = "newsletter.submit_edition"
    PREFLIGHT_EDITION = "newsletter.preflight_edition"
    HANDLE_SIGN_UP = "newsletter.handle_sign_up"
    SUBMIT_CONFIRMATION = "newsletter.submit_confirmation"
    SUBMIT_LETTER = "newsletter.submit_letter"
    SUBMIT_ADDRESS_LETTER = "newsletter.submit_address_letter"
    SUBMIT_PROOF = "newsletter.submit_proof"
    SUBMIT_VERDICT = "newsletter.submit_verdict"
    SUBMIT_ALARM = "newsletter.submit_alarm"
    HANDLE_INBOUND = "newsletter.handle_inbound"
    POLL_MAILBOX = "newsletter.poll_mailbox"
    SUBMIT_REPLY = "newsletter.submit_reply"


@dataclass(frozen=True, slots=True)
class Bell:
    """One ring: which task, about which thing."""

    task: TaskName
    id: int | None = None


class Ringer(Protocol):
    """Whoever can ring bells."""

    def ring(self, bells: Iterable[Bell]) -> None:
        """Ring each bell once; never raises, because the tick repairs what is not heard."""


@dataclass
class SilentRinger:
    """A ringer that only remembers; for tests, and for commands that do the work themselves."""

    rung: list[Bell] = field(default_factory=list)

    def ring(self, bells: Iterable[Bell]) -> None:
        """Remember the bells in order."""
        self.rung.extend(bells)
