"""One connection that takes message after message from a desk (RFC 5321, RFC 2920, RFC 3030).

In its steady state a relay that announced PIPELINING is sent, in one write, the text of a message, the dot, and
the whole envelope of the next one: a message costs one round trip. Replies answer commands strictly in order.

    replies that arrived -> settle, take, begin -> desk.commit() -> one write

What was learnt of a relay that cannot do what it announced is kept in :class:`Habits`: it is spoken to serially.
"""

from dataclasses import dataclass
from typing import Protocol

from newsletter.delivery.outcome import Receipt, ReceiptKind, Stage, receipt_for
from newsletter.delivery.smtp.commands import Phrasebook
from newsletter.delivery.smtp.conversation import Conversation, Step, Taken
from newsletter.delivery.smtp.greeting import SERVICE_CLOSING, Approach, Extensions
from newsletter.delivery.smtp.relay import Relay
from newsletter.delivery.smtp.reply import Reply
from newsletter.delivery.smtp.wire import Wire
from newsletter.delivery.transport import Desk, Envelope
from newsletter.errors import RelayError

GO_AHEAD = 354
BAD_SEQUENCE = 503
TOO_LARGE = 552
_FAILED, _DEFERRED = 5, 4
_UNKNOWN_COMMAND = frozenset({500, 502, BAD_SEQUENCE})


@dataclass(slots=True)
class Habits:
    """What this process has learnt of a relay, for all its connections to it."""

    pipelining: bool = True
    chunking: bool = True
    has_pipelined: bool = False
    takes_utf8: bool | None = None
    """Whether it announced SMTPUTF8 the last time, None before there was one."""


class Host(Protocol):
    """Who keeps the sessions."""

    def took(self) -> None:
        """Hear that the desk had a message."""

    def rested(self, session: "Session") -> None:
        """Hear that a session has no message in hand."""

    def over(self, session: "Session", *, is_relay_at_fault: bool) -> None:
        """Hear that a session takes no more; its ``error`` says why."""

    def may_go_elsewhere(self, desk: Desk, relay: Relay) -> bool:
        """Say whether another relay that serves this desk may take addresses beyond ASCII."""

    def failed(self, error: Exception) -> None:
        """Hear that the desk raised: nothing more may be sent, and nobody may be told."""


class Session(Conversation):
    """A connection that takes messages from a desk while it has one."""

    def __init__(self, wire: Wire, approach: Approach, extensions: Extensions, habits: Habits, host: Host) -> None:
        super().__init__(wire, approach.timeouts)
        self.relay = approach.relay
        self.desk: Desk | None = None
        self.error: RelayError | None = None
        self.is_fruitful = False
        self.left_uncertain = False
        self._habits, self._host = habits, host
        self._habits.takes_utf8 = "SMTPUTF8" in extensions
        self._phrasebook = Phrasebook(extensions, self._may_go_elsewhere)
        self._can_pipeline = self.relay.pipelining and "PIPELINING" in extensions
        self._window = self.relay.chunks if self._can_pipeline and "CHUNKING" in extensions else 0
        self._hand: list[Taken] = []
        self._introduced: Taken | None = None
        self._ready: Taken | None = None
        self._carried = 0
        self._is_unrecorded = False
        self._needs_reset = False
        self._hearers = (self._hear_mail, self._hear_rcpt, self._hear_data, self._hear_text)

    @property
    def in_hand(self) -> int:
        """How many messages are between their fetching and their receipt."""
        return len(self._hand)

    @property
    def says_length(self) -> bool:
        """Whether the next text goes by BDAT, whose octets are counted and not ended by a dot."""
        return self._window > 0 and self._habits.pipelining and self._habits.chunking

    def serve(self, desk: Desk, *, after_noop: bool = False) -> None:
        """Fetch from this desk; over a connection kept for a while, once the relay has shown that it is there."""
        self.desk = desk
        if after_noop:
            self._say(b"NOOP\r\n", Step.NOOP)
        self.pull()

    def _failed(self, error: Exception) -> None:
        self._host.failed(error)

    def _hear_mail(self, reply: Reply, taken: Taken) -> None:
        kind = reply.code // 100
        if reply.is_good:
            if not taken.is_pipelined:
                self._say(taken.rcpt, Step.RCPT, taken)
        elif self._is_muddled(reply, taken):
            self._out_of_step(reply)
        elif kind == _FAILED and (
            "SMTPUTF8" in taken.parameters or (reply.code == TOO_LARGE and "SIZE" in taken.parameters)
        ):
            # Said of this message and not of us (RFC 1870 §6.1, RFC 6531 §3.1).
            self._refuse(taken, reply)
        else:
            taken.is_refused = True
            self._hand.remove(taken)
            said = f"The relay {self.relay.host} refused our sender: {reply}."
            self.error = RelayError(said)
            self._give_back(taken, str(reply))

    def _hear_rcpt(self, reply: Reply, taken: Taken) -> None:
        if reply.is_good:
            if taken.is_refused:
                self._out_of_step(reply)
            elif not taken.is_pipelined:
                self._say(b"DATA\r\n", Step.DATA, taken)
        elif not taken.is_refused:
            if self._is_muddled(reply, taken):
                self._out_of_step(reply)
            else:
                self._refuse(taken, reply)

    def _hear_data(self, reply: Reply, taken: Taken) -> None:
        self._introduced = None
        if reply.code == GO_AHEAD:
            if not taken.is_refused:
                self._ready = taken
            elif self.error is None:
                # Without readers the relay should have said 503 or 554; this way nothing is left open.
                self._say(b".\r\n", Step.NOBODY)
                self._needs_reset = False
        elif reply.is_good or (not taken.is_refused and self._is_muddled(reply, taken)):
            # Taken for an acceptance, a good reply would lose the reader a message that never left.
            self._out_of_step(reply)
        elif not taken.is_refused:
            self._refuse(taken, reply, Stage.CONTENT)

    def _hear_text(self, reply: Reply, taken: Taken) -> None:
        if taken.is_refused:
            # A text by BDAT whose reader had been refused: whatever this says is about nobody.
            return
        is_final = reply.code // 100 in {2, _DEFERRED, _FAILED}
        if self._window and reply.code in _UNKNOWN_COMMAND:
            # The text would be read as commands: nothing but hanging up helps.
            self._habits.chunking = False
            self._hand.remove(taken)
            self._give_back(taken, str(reply))
            self._break_off(str(reply))
        elif not is_final or (reply.is_good and not self._is_handed(taken)):
            self._out_of_step(reply)
        else:
            self._habits.has_pipelined |= taken.is_pipelined and reply.is_good
            self._needs_reset = self._needs_reset or (self._window > 0 and not reply.is_good)
            is_whole = self._is_handed(taken)
            self._settle(taken, reply, Stage.CONTENT)
            if reply.code == SERVICE_CLOSING or not is_whole:
                self._lose(reply.text, None)

    # What is done about it.

    def _refuse(self, taken: Taken, reply: Reply, stage: Stage = Stage.RECIPIENT) -> None:
        """Settle a message that the relay refuses before its text."""
        taken.is_refused = True
        self._settle(taken, reply, stage)
        self._needs_reset = True
        if not taken.is_pipelined:
            self._introduced = None

    def _settle(self, taken: Taken, reply: Reply, stage: Stage) -> None:
        assert self.desk is not None
        self.is_fruitful = True
        self._hand.remove(taken)
        self._is_unrecorded = True
        self.desk.settle(receipt_for(taken.envelope.delivery_id, reply.code, reply.text, stage))

    def _give_back(self, taken: Taken, relay_said: str) -> None:
        assert self.desk is not None
        self._is_unrecorded = True
        self.desk.give_back(taken.envelope, relay_said)

    def _go_on(self) -> None:
        """Begin the text that the relay waits for, fetch what may be fetched, and write it all at once."""
        if self._ready is not None and not self._begin(self._ready):
            return
        self._fetch()
        if self._needs_reset and not self._expected and not self._out:
            self._say(b"RSET\r\n", Step.RSET)
            self._needs_reset = False
        if self._is_unrecorded and self.desk is not None:
            self.desk.commit()
            self._is_unrecorded = False
        if self.error is not None and not self._hand:
            self._lose(str(self.error), self.error)
            return
        self._write()
        if not self._hand:
            if not self._expected and self._carried >= self.relay.per_connection:
                self.leave()
                self._host.over(self, is_relay_at_fault=False)
            self._host.rested(self)

    def _begin(self, taken: Taken) -> bool:
        assert self.desk is not None
        self._ready = None
        text = self.desk.begin(taken.envelope)
        self._is_unrecorded = True
        if text is None:
            # The relay waits for a text. Ending it, even an empty one, would deliver something.
            self._lose("", None)
            return False
        self._out += (text, b".\r\n")
        self._position += len(text) + 3
        taken.ends_at = self._position
        self._expected.append((Step.TEXT, taken))
        return True

    def _fetch(self) -> None:
        desk = self.desk
        while desk is not None and self._may_take():
            envelope = desk.take(self.relay)
            if envelope is None:
                return
            self._host.took()
            envelope = self._phrasebook.adapted(envelope)
            try:
                refusal = self._phrasebook.refusal(envelope)
            except RelayError as error:
                self.error = error
                desk.give_back(envelope, str(error))
                return
            if refusal is not None:
                self._is_unrecorded = True
                desk.settle(refusal)
            elif self.says_length:
                self._introduce_with_text(desk, envelope)
            else:
                self._introduce(envelope)

    def _may_take(self) -> bool:
        if self.error is not None or self._introduced is not None or self._carried >= self.relay.per_connection:
            return False
        if not self._expected:
            return True
        if not (self._can_pipeline and self._habits.pipelining) or self._expected[-1][0] is Step.NOOP:
            return False
        if self.says_length:
            return len(self._hand) < self._window and self._wire.handed == self._wire.queued
        return True

    def _introduce(self, envelope: Envelope) -> None:
        taken, mail = self._took(envelope)
        self._introduced = taken
        if not taken.is_pipelined:
            self._say(mail, Step.MAIL, taken)
            return
        self._say(mail + taken.rcpt + b"DATA\r\n", Step.MAIL, taken)
        self._expected += ((Step.RCPT, taken), (Step.DATA, taken))

    def _introduce_with_text(self, desk: Desk, envelope: Envelope) -> None:
        text = desk.begin(envelope)
        self._is_unrecorded = True
        if text is None:
            desk.give_back(envelope, "")
            return
        if self._expected:
            # The message before may fail, and leave its transaction open to this one (RFC 3030 §2).
            self._needs_reset = True
        taken, mail = self._took(envelope)
        self._say(b"%b%bBDAT %d LAST\r\n" % (mail, taken.rcpt, len(text)), Step.MAIL, taken)
        self._expected += ((Step.RCPT, taken), (Step.TEXT, taken))
        self._out.append(text)
        self._position += len(text)
        taken.ends_at = self._position

    def _took(self, envelope: Envelope) -> tuple[Taken, bytes]:
        introduction = self._phrasebook.introduce(envelope)
        is_pipelined = self._can_pipeline and self._habits.pipelining
        taken = Taken(envelope, introduction.rcpt, introduction.parameters, is_pipelined)
        self._carried += 1
        self._hand.append(taken)
        if self._needs_reset:
            self._needs_reset = False
            self._say(b"RSET\r\n", Step.RSET)
        return taken, introduction.mail

    def _may_go_elsewhere(self) -> bool:
        return self.desk is not None and self._host.may_go_elsewhere(self.desk, self.relay)

    # How it ends.

    def _is_muddled(self, reply: Reply, taken: Taken) -> bool:
        """Say whether a refusal is about our manners and not about a reader."""
        kind = reply.code // 100
        return kind not in {_DEFERRED, _FAILED} or (taken.is_pipelined and reply.code == BAD_SEQUENCE)

    def _is_closing(self, reply: Reply) -> None:
        self._lose(reply.text, RelayError(f"The relay {self.relay.host} is closing: {reply.text}."))

    def _out_of_step(self, reply: Reply) -> None:
        had_pipelined = self._unlearn_pipelining()
        error = RelayError(f"The relay {self.relay.host} is out of step: {reply}.")
        self._lose(str(reply), error, may_retry=had_pipelined)

    def _break_off(self, why: str, *, may_retry: bool = False) -> None:
        error = RelayError(f"The relay {self.relay.host} broke off: {why}.") if self._hand else None
        self._lose(why, error, may_retry=may_retry)

    def _hung_up(self, why: str) -> None:
        """Take note that the relay closed the connection: over its first pipelined commands, that is a reason."""
        step, taken = self._expected[0] if self._expected else (Step.NOOP, None)
        is_shy = taken is not None and taken.is_pipelined and step in {Step.MAIL, Step.RCPT, Step.DATA}
        may_retry = is_shy and not self._habits.has_pipelined and self._unlearn_pipelining()
        self._break_off(why, may_retry=may_retry)

    def _unlearn_pipelining(self) -> bool:
        """Speak serially to this relay from now on; return whether that is new."""
        is_new = self._can_pipeline and self._habits.pipelining
        if self._can_pipeline:
            self._habits.pipelining = False
        return is_new

    def _lose(self, why: str, error: RelayError | None, *, may_retry: bool = False) -> None:
        """Close at once, and say of each message in hand what can be known."""
        self.is_over = True
        self.error = error or self.error
        self._close()
        hand, self._hand = self._hand, []
        for taken in hand:
            if self._is_handed(taken):
                assert self.desk is not None
                self.left_uncertain = self._is_unrecorded = True
                self.desk.settle(Receipt(taken.envelope.delivery_id, ReceiptKind.UNCERTAIN, text=why))
            else:
                self._give_back(taken, why)
        if self._is_unrecorded and self.desk is not None:
            self.desk.commit()
        self._host.over(self, is_relay_at_fault=error is not None and not (self.is_fruitful or may_retry))
        self._host.rested(self)
