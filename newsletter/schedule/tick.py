"""The tick: looks at the tables, creates what is due and rings for everything that waits.

Idempotent and safe in parallel: two beats, an operator's ring and a retry are all the same statement. Whatever
the broker forgets is rung again here.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.delivery.correspondence.confirmation import due_confirmations
from newsletter.delivery.reconcile import cancel_leftovers
from newsletter.delivery.retract import heed_withdrawals
from newsletter.gather.page.due import page_due_source_ids
from newsletter.gather.polling.sources import due_source_ids
from newsletter.inbound.desk.answer import due_answers
from newsletter.inbound.door.store import due_mail, forget_mail
from newsletter.insight.taste import learn_tastes
from newsletter.publication.newsletters import list_newsletters
from newsletter.readers.address_changes import due_sides, forget_changes
from newsletter.readers.allowance import forget_rested
from newsletter.readers.letters import due_letters
from newsletter.readers.pauses import end_pauses
from newsletter.readers.sign_ups import waiting_sign_ups
from newsletter.readers.unconfirmed import forget_unconfirmed
from newsletter.schedule.advance import under_way
from newsletter.schedule.alarms import due_alarms
from newsletter.schedule.heartbeat import TASTE, take_turn
from newsletter.schedule.planning import plan_due
from newsletter.schedule.proofs import due_proofs, owe_proofs
from newsletter.schedule.verdicts import due_verdicts, give_verdicts

_TASTE_PAUSE = timedelta(hours=1)
"""Between two looks at what there is to learn from: a newsletter that nobody follows has never learnt anything."""


def tick(connection: sa.Connection, now: datetime) -> list[Bell]:
    """Create the editions that are due and return the bells to ring after the commit."""
    for newsletter in list_newsletters(connection):
        if newsletter.scheduled:
            plan_due(connection, newsletter, now)
    cancel_leftovers(connection)
    retracted = heed_withdrawals(connection, now)
    give_verdicts(connection, now)
    if take_turn(connection, TASTE, _TASTE_PAUSE, now):
        learn_tastes(connection, now)
    end_pauses(connection, now)
    forget_mail(connection, now)
    forget_changes(connection, now)
    forget_unconfirmed(connection, now)
    forget_rested(connection, now)
    owe_proofs(connection, now)
    return [
        *retracted,
        *(Bell(TaskName.GATHER_SOURCE, each) for each in due_source_ids(connection, now)),
        *(Bell(TaskName.READ_PAGES, each) for each in page_due_source_ids(connection, now)),
        *(Bell(TaskName.ADVANCE_EDITION, each.id) for each in under_way(connection, now)),
        *(Bell(TaskName.HANDLE_SIGN_UP, each) for each in waiting_sign_ups(connection)),
        *(Bell(TaskName.SUBMIT_CONFIRMATION, each) for each in due_confirmations(connection, now)),
        *(Bell(TaskName.SUBMIT_LETTER, each) for each in due_letters(connection, now)),
        *(Bell(TaskName.SUBMIT_ADDRESS_LETTER, each) for each in due_sides(connection, now)),
        *(Bell(TaskName.HANDLE_INBOUND, each) for each in due_mail(connection, now)),
        *(Bell(TaskName.SUBMIT_REPLY, each) for each in due_answers(connection, now)),
        *(Bell(TaskName.SUBMIT_PROOF, each) for each in due_proofs(connection, now)),
        *(Bell(TaskName.SUBMIT_VERDICT, each) for each in due_verdicts(connection, now)),
        *(Bell(TaskName.SUBMIT_ALARM, each) for each in due_alarms(connection, now)),
    ]
