"""The recovery: every death is come to terms with, and none of them keeps other batches waiting."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from newsletter.delivery import control, reconcile
from newsletter.delivery.accounting import journal as records
from newsletter.delivery.accounting.journal import Evidence
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.accounting.ledger import Ledger
from newsletter.delivery.accounting.recovery import UNREACHABLE
from newsletter.delivery.outcome import Receipt, ReceiptKind
from newsletter.delivery.plan import Slicing
from newsletter.delivery.tables import batch, delivery
from tests.delivery.hand import addresses, is_held, lease, recovers, states, suppressed, take_on
from tests.delivery.press import NOW, Press

NAMES = ("ann", "bo", "cy", "dee")


def far_off(press: Press, later: timedelta) -> None:
    """Let every lease have run out so long ago."""
    with press.database.transaction() as connection:
        over = batch.c.lease_until > sa.func.now() - timedelta(days=365)
        connection.execute(sa.update(batch).where(over).values(lease_until=sa.func.now() - later))


@pytest.mark.parametrize(("policy", "state"), [("resend", "uncertain"), ("hold", "held")])
def test_what_was_begun_by_a_task_that_died(press: Press, policy: str, state: str) -> None:
    """It may have gone out: by policy it is tried again after the pause, or held for good; the others are free."""
    edition_id = press.send(*NAMES)
    task = take_on(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.begin(task.due[1])
    task.take(task.due[2])
    task.die()
    assert recovers(press, press.ledger(policy))
    assert ["accepted", state, "pending", "pending"] == states(press, edition_id)
    assert [0, 1, 1, 0] == [row.open_gates for row in press.rows(edition_id)]
    assert [False, True, False, False] == [row.possible_copy for row in press.rows(edition_id)]
    assert [1, 1, 0, 0] == [row.attempts for row in press.rows(edition_id)]
    again = take_on(press, edition_id, policy)
    assert ["dee", "cy"] == addresses(again)
    again.end()
    press.make_due(edition_id)
    assert (["dee", "bo", "cy"] if policy == "resend" else ["dee", "cy"]) == addresses(take_on(press, edition_id))


def test_a_task_at_work_is_left_alone(press: Press) -> None:
    """A recovery takes nothing from a task whose lease lasts and whose process lives."""
    edition_id = press.send("ann")
    task = take_on(press, edition_id)
    task.begin(task.due[0])
    assert not recovers(press, press.ledger())
    assert is_held(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    assert task.end()
    assert not recovers(press, press.ledger())


@pytest.mark.parametrize("is_begun", [False, True])
def test_three_deaths_put_a_message_aside(press: Press, is_begun: bool) -> None:
    """In hand at three deaths, whether its text left or not, a message kills its worker and goes no more."""
    edition_id = press.send("ann", "bo")
    for death in range(1, 4):
        task = take_on(press, edition_id)
        due = task.due[-1 if death > 1 else 0]
        assert "ann@example.org" == due.address
        if is_begun:
            task.begin(due)
        else:
            task.take(due)
        task.die()
        press.ledger().recover()
        press.make_due(edition_id)
    assert ["quarantined", "pending"] == states(press, edition_id)
    assert is_begun == press.rows(edition_id)[0].possible_copy
    assert ["bo"] == addresses(take_on(press, edition_id))


def test_an_outcome_clears_the_deaths_before_it(press: Press) -> None:
    """A message that came to an answer is no killer, whatever happened to the workers before."""
    edition_id = press.send("ann")
    press.change(delivery.c.edition_id == edition_id, open_gates=2)
    task = take_on(press, edition_id)
    task.answer(task.due[0], 450, "4.2.0 later")
    task.die()
    press.ledger().recover()
    assert [("deferred", 0)] == [(row.state, row.open_gates) for row in press.rows(edition_id)]


class Forgetful(FileJournals):
    """Journals of a process that dies between the commit of a recovery and the forgetting."""

    def forget(self, name: str) -> None:
        raise KeyboardInterrupt


def test_a_recovery_that_dies_itself(press: Press, tmp_path: Path) -> None:
    """Broken off after the commit, it has done its work once, and the next one finds nothing to do."""
    edition_id = press.send("ann", "bo", "cy")
    task = take_on(press, edition_id)
    task.answer(task.due[0], 550, "5.1.1 who?")
    task.begin(task.due[1])
    task.take(task.due[2])
    task.die()
    with pytest.raises(KeyboardInterrupt):
        Ledger(press.database, Forgetful(tmp_path / "journals"), press.ledger()._rules).recover()
    after = press.rows(edition_id), lease(press)
    assert not recovers(press, press.ledger())
    assert after == (press.rows(edition_id), lease(press))


def test_what_a_journal_repeats_is_recorded_once(press: Press) -> None:
    """A task that died after telling the database left it all in its journal: nothing counts twice."""
    edition_id = press.send(*NAMES)
    task = take_on(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.answer(task.due[1], 450, "4.2.0 later")
    task.answer(task.due[2], 550, "5.1.1 who?")
    task.lose(task.due[3])
    task.tell()
    task.die()
    before = press.rows(edition_id)
    assert recovers(press, press.ledger())
    assert before == press.rows(edition_id)
    assert [1, 1, 1, 1] == [row.attempts for row in before]
    assert ["cy@example.org"] == suppressed(press)


def test_recoveries_at_one_instant(press: Press) -> None:
    """However many look after a dead task, one of them does it, and the others pass by."""
    edition_id = press.send("ann")
    task = take_on(press, edition_id)
    task.begin(task.due[0])
    task.die()
    together = threading.Barrier(4)

    def recover() -> None:
        ledger = press.ledger()
        together.wait()
        ledger.recover()

    with capture_logs() as logs, ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(recover) for _ in range(4)]:
            future.result()
    assert ["batch_recovered"] == [line["event"] for line in logs]
    assert [(1, 1)] == [(row.attempts, row.open_gates) for row in press.rows(edition_id)]


def elsewhere(press: Press, tmp_path: Path) -> Ledger:
    """Return the ledger of another host, whose journals are its own."""
    return Ledger(press.database, FileJournals(tmp_path / "elsewhere"), press.ledger()._rules)


def test_another_host_waits_for_the_one_that_can_read(press: Press, tmp_path: Path) -> None:
    """A batch whose journal is on another host is that host's to recover, until it has been away for long."""
    edition_id = press.send("ann", "bo")
    task = take_on(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.die()
    other = elsewhere(press, tmp_path)
    far_off(press, UNREACHABLE - timedelta(minutes=1))
    assert not recovers(press, other)
    assert recovers(press, press.ledger())
    assert ["accepted", "pending"] == states(press, edition_id)


def test_a_host_that_is_gone(press: Press, tmp_path: Path) -> None:
    """Where nobody can tell what was begun, all that waited may have gone out, and nobody is blamed for it."""
    edition_id = press.send("ann", "bo", "cy")
    press.change(delivery.c.id == press.rows(edition_id)[0].id, state="accepted")
    task = take_on(press, edition_id)
    task.begin(task.due[0])
    task.die()
    far_off(press, UNREACHABLE + timedelta(minutes=1))
    assert recovers(press, elsewhere(press, tmp_path))
    assert ["accepted", "uncertain", "uncertain"] == states(press, edition_id)
    assert [False, True, True] == [row.possible_copy for row in press.rows(edition_id)]
    assert {0} == {row.open_gates for row in press.rows(edition_id)}, "it may as well have been the host's power"


def cancel(press: Press, edition_id: int) -> None:
    """Cancel an edition."""
    with press.database.transaction() as connection:
        control.cancel(connection, edition_id, "no", NOW)


def cancel_leftovers(press: Press) -> None:
    """Do what the tick does about cancelled editions."""
    with press.database.transaction() as connection:
        reconcile.cancel_leftovers(connection)


def test_an_edition_cancelled_while_its_task_was_dead(press: Press) -> None:
    """What was begun before may have gone out: it ends cancelled, and is marked as a possible copy."""
    edition_id = press.send("ann", "bo", "cy")
    task = take_on(press, edition_id)
    task.begin(task.due[0])
    task.answer(task.due[1], 250, "2.0.0 kept")
    task.die()
    cancel(press, edition_id)
    cancel_leftovers(press)
    assert recovers(press, press.ledger())
    cancel_leftovers(press)
    assert ["cancelled", "accepted", "cancelled"] == states(press, edition_id)
    assert [True, False, False] == [row.possible_copy for row in press.rows(edition_id)]
    assert press.ledger().claim(edition_id) is None


def test_an_edition_cancelled_while_its_host_was_gone(press: Press, tmp_path: Path) -> None:
    """Any of it may have gone out before: what has not ended ends cancelled, marked as a possible copy."""
    edition_id = press.send("ann", "bo", "cy")
    ann, bo, _ = press.rows(edition_id)
    press.change(delivery.c.id == ann.id, state="failed")
    take_on(press, edition_id).die()
    cancel(press, edition_id)
    press.change(delivery.c.id == bo.id, state="cancelled")
    far_off(press, UNREACHABLE + timedelta(minutes=1))
    assert recovers(press, elsewhere(press, tmp_path))
    cancel_leftovers(press)
    assert ["failed", "cancelled", "cancelled"] == states(press, edition_id)
    assert [False, True, True] == [row.possible_copy for row in press.rows(edition_id)]


def test_a_journal_that_cannot_be_read(press: Press) -> None:
    """What of it can be read is believed; of all else that waited nobody knows whether it was begun."""
    edition_id = press.send(*NAMES)
    task = take_on(press, edition_id)
    for due, code in zip(task.due, (250, 450), strict=False):
        task.answer(due, code, f"{code // 100}.0.0 so")
    task.take(task.due[2])
    task.journal.write(b"\0" * 40)
    task.die()
    assert recovers(press, press.ledger())
    assert ["accepted", "deferred", "uncertain", "uncertain"] == states(press, edition_id)
    assert [0, 0, 1, 0] == [row.open_gates for row in press.rows(edition_id)]
    assert [1, 1, 1, 1] == [row.attempts for row in press.rows(edition_id)]


def test_a_journal_that_tells_what_cannot_be_recorded(press: Press) -> None:
    """Its readers are uncertain, an operator is told, and the batches behind it are recovered as ever."""
    press.slicing = Slicing(batch_size=1)
    edition_id = press.send("ann", "bo")
    first, second = take_on(press, edition_id), take_on(press, edition_id)
    beyond = 2**64 - 1
    first.journal.write(records.taken(beyond, 0) + records.settled(Receipt(beyond, ReceiptKind.ACCEPTED, 250)))
    second.answer(second.due[0], 250, "2.0.0 kept")
    first.die()
    second.die()
    with capture_logs() as logs:
        press.ledger().recover()
    assert ["uncertain", "accepted"] == states(press, edition_id)
    assert [("batch_unreadable", False), ("batch_recovered", None), ("batch_recovered", None)] == [
        (line["event"], line.get("later")) for line in logs
    ]


class Unwell(FileJournals):
    """Journals on a disk that cannot read one of them."""

    ill = ""

    def seize(self, name: str, *, lease_is_over: bool) -> Evidence | None:
        if name == self.ill:
            raise OSError(errno.EIO, "Input/output error")
        return super().seize(name, lease_is_over=lease_is_over)


def test_a_disk_that_cannot_be_read_just_now(press: Press, tmp_path: Path) -> None:
    """Its batch waits, as for a host that is away, while others are recovered; after that all is uncertain."""
    press.slicing = Slicing(batch_size=1)
    edition_id = press.send("ann", "bo")
    first, second = take_on(press, edition_id), take_on(press, edition_id)
    first.answer(first.due[0], 250, "2.0.0 kept")
    second.answer(second.due[0], 250, "2.0.0 kept")
    first.die()
    second.die()
    disk = Unwell(tmp_path / "journals")
    disk.ill = first.claim.journal
    ledger = Ledger(press.database, disk, press.ledger()._rules)
    with capture_logs() as logs:
        ledger.recover()
    assert ["pending", "accepted"] == states(press, edition_id)
    assert ("batch_unreadable", True) == (logs[0]["event"], logs[0]["later"])
    far_off(press, UNREACHABLE + timedelta(minutes=1))
    ledger.recover()
    assert ["uncertain", "accepted"] == states(press, edition_id)


def test_a_reply_with_an_octet_that_the_database_refuses(press: Press) -> None:
    """Told by the task or read in its journal, it is recorded, and no recovery stumbles over it ever again."""
    edition_id = press.send("ann", "bo")
    task = take_on(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 ke\0pt")
    assert task.tell()
    task.answer(task.due[1], 450, "4.2.0 la\0ter")
    task.die()
    assert recovers(press, press.ledger())
    assert ["2.0.0 ke\N{REPLACEMENT CHARACTER}pt", "4.2.0 la\N{REPLACEMENT CHARACTER}ter"] == [
        row.reply for row in press.rows(edition_id)
    ]


def test_tidying_keeps_what_a_batch_still_names(press: Press, tmp_path: Path) -> None:
    """A day-old journal goes unless a batch is held under its name."""
    edition_id = press.send("ann")
    task = take_on(press, edition_id)
    left = press.journals.open("left")
    left.close(keep=True)
    folder = tmp_path / "journals"
    for path in folder.glob("*.journal"):
        os.utime(path, (1, 1))
    press.ledger().tidy()
    assert [task.claim.journal] == [path.stem for path in folder.glob("*.journal")]
