"""The edition's breaker: stops submitting when the relay has begun to refuse us rather than readers. Pure.

Whoever goes on after that spoils the sender's name, and writes off readers for a fault of ours.

Only outcomes are counted: accepted and failed. A deferred or an uncertain message comes again and has its outcome
then; counted now, it would count twice, and a relay that defers many would hide that it refuses the rest. Which
refusals are ours is said in outcome.py. Two limits, each on the last 50 outcomes, or on as many as there were:

- ``OURS``: more than a fifth were refusals of one class of ours, and ten at least. So a relay that refuses
  everything trips it at the tenth message, and nine refusals by one strict provider never do.
- ``ANY``: more than half were refused for whatever reason, and 25 at least. Addresses grow stale one by one, and a
  fifth of a neglected import may well be unknown; half of those in a row are a ruined address file, or a relay
  that says "unknown" or a bare 550 to everybody. Not sooner, because a newspaper's readers often share a
  company's domain that closes; not later, because each "unknown" suppresses an address.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass

from newsletter.delivery.outcome import Fault, Receipt, ReceiptKind

WINDOW = 50
"""Outcomes looked at: enough to tell a fifth from chance, few enough to stop early."""

MOST_WATCHED = 100
"""Editions a process watches at once: far more than are ever submitted together."""

_LONGEST_REPLY = 160


@dataclass(frozen=True, slots=True)
class Limit:
    """More than ``share`` of the window, and no fewer than ``least``."""

    share: float
    least: int

    def is_passed(self, count: int, total: int) -> bool:
        """Whether ``count`` of ``total`` outcomes are too many."""
        return count >= self.least and count > self.share * total


OURS = Limit(0.2, 10)
ANY = Limit(0.5, 25)

_ADVICE = {
    Fault.POLICY: "Check SPF, DKIM, DMARC and the sender's reputation.",
    Fault.CONTENT: "Check what the edition contains.",
    Fault.SIZE: "Make the edition smaller.",
    Fault.UNNAMED: "The relay takes the readers and not the message: ask its operator why.",
}
_ADVICE_ON_ALL = "So many addresses are not wrong at once: check the relay, and where the addresses came from."


class Breaker:
    """Watches one edition. Once tripped it stays so; a resumed edition has a new one."""

    def __init__(self) -> None:
        self._window: deque[Receipt] = deque(maxlen=WINDOW)
        self._reason: str | None = None

    def note(self, receipt: Receipt) -> str | None:
        """Take note of what became of a message. Return why the edition has to pause, once it has."""
        if self._reason is None and receipt.kind in {ReceiptKind.ACCEPTED, ReceiptKind.FAILED}:
            self._window.append(receipt)
            if receipt.kind is ReceiptKind.FAILED:
                self._reason = self._judge(receipt)
        return self._reason

    def _judge(self, last: Receipt) -> str | None:
        """Return what is wrong if the last refusal was one too many."""
        fault, total = last.our_fault, len(self._window)
        same = [each for each in self._window if each.our_fault is fault] if fault else []
        if fault and OURS.is_passed(len(same), total):
            return _reason(same, total, _ADVICE[fault])
        refused = [each for each in self._window if each.kind is ReceiptKind.FAILED]
        return _reason(refused, total, _ADVICE_ON_ALL) if ANY.is_passed(len(refused), total) else None


class Breakers:
    """The breakers of one process. A drain is short: what its edition was refused for outlives it here."""

    def __init__(self) -> None:
        self._breakers: OrderedDict[int, Breaker] = OrderedDict()

    def watch(self, edition_id: int) -> Breaker:
        """Return the edition's breaker, the same from drain to drain; the longest unused give way to others."""
        breaker = self._breakers.setdefault(edition_id, Breaker())
        self._breakers.move_to_end(edition_id)
        while len(self._breakers) > MOST_WATCHED:
            self._breakers.popitem(last=False)
        return breaker

    def forget(self, edition_id: int) -> None:
        """Let the edition start afresh: it has tripped, and whoever resumes it has mended something."""
        self._breakers.pop(edition_id, None)


def _reason(refused: list[Receipt], total: int, advice: str) -> str:
    """Say how many were refused and with what, for a person; the relay's words are cut and made harmless."""
    statuses = list(dict.fromkeys(each.enhanced_status or str(each.code) for each in reversed(refused)))
    several = f"{statuses[0]} and others" if len(statuses) > 1 else statuses[0]
    last = refused[-1]
    words = " ".join("".join(each if each.isprintable() else " " for each in last.text).split())
    reply = words if len(words) <= _LONGEST_REPLY else f"{words[:_LONGEST_REPLY].rstrip()}…"
    return f"{len(refused)} of the last {total} messages were refused with {several}: “{reply}”. {advice}"
