"""The desk: what is done about a message that came back, whatever it is.

A report is for ``accept``. Of what people write, first what an address with a token says for whom it is: leaving,
confirming, and what readers choose. All else is somebody's who claims an address (``requests``). What a machine
wrote is left alone, save that a signed address lets anybody leave.
"""

from datetime import datetime

import sqlalchemy as sa

from newsletter.addressed import read_addressed
from newsletter.bell import Bell, TaskName
from newsletter.errors import NotFoundError, TokenError
from newsletter.inbound.desk.commands import Verb, is_yes
from newsletter.inbound.desk.loops import why_not_answer
from newsletter.inbound.desk.requests import ask_for, grant
from newsletter.inbound.desk.visit import Desk, Handled, Visit
from newsletter.inbound.desk.wishes import CHANGES, Wish, carry_out, leave
from newsletter.inbound.door.entrance import Errand, read_entrance
from newsletter.inbound.door.received import Received
from newsletter.inbound.door.store import sender_addresses
from newsletter.inbound.mail.lines import text_of
from newsletter.inbound.report.accept import accept_report
from newsletter.readers.letters import due_letters
from newsletter.readers.store import find_subscription, lock_subscriber
from newsletter.readers.subscribe import confirm
from newsletter.tokens import Purpose


def handle(desk: Desk, connection: sa.Connection, received: Received, now: datetime) -> Handled:
    """Do what a message asks for, in the transaction of the connection; return what it was taken for.

    Whatever the octets, time and memory are bounded and nothing of them is raised.
    """
    senders = sender_addresses(connection)
    entrance = read_entrance(received.envelope_to, desk.domain, senders)
    if entrance is None:
        return Handled("not for us")
    visit = Visit(desk, connection, received, entrance, now)
    for step in (_report, _leave_by_address, _leave_alone, _by_token):
        handled = step(visit)
        if handled is not None:
            return handled
    return grant(visit)


def _report(visit: Visit) -> Handled | None:
    """Take a report in. A mail from nobody is one, or nothing."""
    is_report = visit.entrance.errand is Errand.REPORT
    if not is_report and visit.received.envelope_from:
        return None
    desk = visit.desk
    said = accept_report(visit.connection, desk.gate.tokens, desk.bounce_limit, visit.received, visit.now)
    if said:
        return Handled(f"report: {said}")
    return Handled("no report") if is_report else None


def _leave_by_address(visit: Visit) -> Handled | None:
    """Let the reader go whose token stands in the address: a mail program wrote this, or whoever, for them."""
    if visit.entrance.errand is not Errand.UNSUBSCRIBE:
        return None
    claim = _claim(visit, Purpose.UNSUBSCRIBE)
    if claim is None:
        return None
    try:
        told, letters = leave(visit.connection, claim[0], visit.origin, visit.now)
    except NotFoundError:
        return Handled("stop: erased already")
    if letters:
        return Handled("stop", [Bell(TaskName.SUBMIT_LETTER, each) for each in letters])
    about = find_subscription(visit.connection, claim[0])
    return visit.close("stop", [told], about) if not _why_alone(visit) else Handled("stop")


def _leave_alone(visit: Visit) -> Handled | None:
    why = _why_alone(visit)
    return Handled(f"left alone: {why}") if why else None


def _why_alone(visit: Visit) -> str:
    sender = visit.received.envelope_from.lower()
    senders = sender_addresses(visit.connection)
    is_ours = sender in senders or read_entrance(sender, visit.desk.domain, senders) is not None
    return why_not_answer(visit.letter.headers, sender, is_ours=is_ours)


def _by_token(visit: Visit) -> Handled | None:
    """Do what is asked at an address whose token says for whom."""
    match visit.entrance.errand:
        case Errand.CONFIRM:
            return _confirmed(visit)
        case Errand.PREFERENCES:
            return _chosen(visit)
        case Errand.UNSUBSCRIBE if visit.entrance.tag and not visit.named([visit.entrance.tag]):
            return visit.close("token refused", [{"what": "old"}])
        case _:
            return None


def _confirmed(visit: Visit) -> Handled:
    """Take an answer to a confirmation mail for a yes, unless it says no, or more than anybody says with a yes."""
    claim = _claim(visit, Purpose.CONFIRM)
    if claim is None:
        return visit.close("token refused", [{"what": "old"}])
    try:
        if any(each.verb is Verb.STOP for each in visit.commands):
            leave(visit.connection, claim[0], visit.origin, visit.now)
            return Handled("declined")
        if not is_yes(visit.commands, text_of(visit.letter)):
            return visit.close("not confirmed", [{"what": "no command"}])
        confirmed = confirm(visit.connection, claim, visit.origin, visit.now)
    except (TokenError, NotFoundError):
        return visit.close("token refused", [{"what": "old"}])
    letters = due_letters(visit.connection, visit.now, subscriber_id=confirmed.subscriber_id)
    return Handled("confirm", [Bell(TaskName.SUBMIT_LETTER, each) for each in letters])


def _chosen(visit: Visit) -> Handled:
    """Do all that a reader asks for who answers an answer of ours."""
    claim = _claim(visit, Purpose.PREFERENCES)
    if claim:
        # Before what is theirs, as everywhere: choosing and leaving can stand in one mail.
        lock_subscriber(visit.connection, claim[0])
    about = find_subscription(visit.connection, claim[0]) if claim else None
    if about is None:
        return visit.close("token refused", [{"what": "old"}])
    told, bells = [], list[Bell]()
    for command in visit.commands:
        if command.verb in CHANGES:
            told.append(carry_out(visit.connection, Wish(about.id, command, visit.origin, visit.now)))
        elif command.verb is Verb.STOP:
            said, letters = leave(visit.connection, about.id, visit.origin, visit.now)
            bells += [Bell(TaskName.SUBMIT_LETTER, each) for each in letters]
            told += [] if letters else [said]
        elif command.verb is Verb.SUBSCRIBE:
            wished = ask_for(visit, about.address, command)
            told += wished.told
            bells += wished.bells
    verbs = ", ".join(each.verb for each in visit.commands)
    if visit.commands and not told and bells:
        return Handled(verbs, bells)
    return visit.close(verbs or "no command", told if visit.commands else [{"what": "no command"}], about, bells)


def _claim(visit: Visit, purpose: Purpose) -> tuple[int, datetime] | None:
    """Return what the token in the address says; None where it is none of ours, or too old."""
    try:
        return read_addressed(visit.received.envelope_to, visit.desk.gate.tokens, purpose, visit.now)
    except TokenError:
        return None
