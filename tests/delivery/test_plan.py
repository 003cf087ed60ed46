"""The audience: who gets an edition, and why others do not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.delivery.plan import HELD_BACK, Slicing, freeze_audience, release_held_back
from newsletter.delivery.start import extend_audience
from newsletter.delivery.tables import batch, delivery, exclusion
from newsletter.insight.figures import count_exclusions
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.readers.subscribe import add_reader
from newsletter.readers.tables import SubscriptionState, SuppressionReason, subscription, suppression
from tests.delivery.hand import take_on
from tests.delivery.press import NOW, ORIGIN, Press
from tests.readers.asking import ask_for


def freeze(press: Press, edition_id: int, subscription_ids: list[int] | None = None) -> int:
    """Freeze an audience in a transaction of its own."""
    edition = press.edition(edition_id)
    with press.database.transaction() as connection:
        return freeze_audience(connection, edition, subscription_ids, press.slicing)


def batches(press: Press, edition_id: int) -> list[tuple[list[int], str]]:
    """Return the subscriptions of each batch, and when it is due: now, or held back."""
    columns = batch.c
    held = sa.case((columns.due_at == HELD_BACK, "held back"), (columns.due_at <= sa.func.now(), "now"))
    query = sa.select(columns.first_id, columns.last_id, held).where(columns.edition_id == edition_id)
    with press.database.transaction() as connection:
        ends = connection.execute(query.order_by(columns.id)).all()
    rows = press.rows(edition_id)
    return [([row.subscription_id for row in rows if first <= row.id <= last], due) for first, last, due in ends]


def suppress(press: Press, address: str, *, for_hours: int | None = None) -> None:
    """Put an address under a suppression, or under one that ends."""
    ends = None if for_hours is None else sa.func.now() + timedelta(hours=for_hours)
    row = {"canonical_address": address, "reason": SuppressionReason.BOUNCE, "expires_at": ends}
    with press.database.transaction() as connection:
        connection.execute(sa.insert(suppression).values(row))


def audience(press: Press, edition_id: int) -> list[int]:
    """Return the subscriptions with a delivery."""
    return [row.subscription_id for row in press.rows(edition_id)]


def test_only_active_subscriptions(press: Press) -> None:
    """Unconfirmed, paused, gone and other newsletters' readers have no delivery."""
    ann, bo, cy = press.add_readers("ann", "bo", "cy")
    press.unsubscribe(bo)
    with press.database.transaction() as connection:
        ask_for(connection, press.newsletter.id, "dee@example.org", ORIGIN, NOW)
        connection.execute(
            sa.update(subscription).where(subscription.c.id == cy).values(state=SubscriptionState.PAUSED)
        )
        weekly = add_newsletter(connection, NewsletterSettings("weekly", "Weekly", "Paper", "news@paper.example"))
        add_reader(connection, weekly.id, "eve@example.org", ORIGIN, NOW)
    edition_id = press.make_ready([])
    assert 1 == freeze(press, edition_id)
    assert [ann] == audience(press, edition_id)


def test_a_pause_ends_at_its_time(press: Press) -> None:
    """Whose pause has ended is in the audience though no tick wrote so; who pauses on is not."""
    over, on, forever = press.add_readers("ann", "bo", "cy")
    hour = timedelta(hours=1)
    with press.database.transaction() as connection:
        for each, until in ((over, sa.func.now() - hour), (on, sa.func.now() + hour), (forever, None)):
            paused = {"state": SubscriptionState.PAUSED, "paused_until": until}
            connection.execute(sa.update(subscription).where(subscription.c.id == each).values(paused))
    edition_id = press.make_ready([])
    assert 1 == freeze(press, edition_id)
    assert [over] == audience(press, edition_id)


def test_suppressed_readers_are_left_out_with_a_reason(press: Press) -> None:
    """An active reader without a delivery has an exclusion; a suppression that is over excludes nobody."""
    ann, bo, cy = press.add_readers("Ann", "bo", "cy")
    suppress(press, "ann@example.org")
    suppress(press, "bo@example.org", for_hours=1)
    suppress(press, "cy@example.org", for_hours=-1)
    edition_id = press.make_ready([])
    assert 1 == freeze(press, edition_id)
    assert [cy] == audience(press, edition_id)
    with press.database.transaction() as connection:
        left_out = connection.execute(sa.select(exclusion.c.subscription_id).order_by(exclusion.c.subscription_id))
        assert [ann, bo] == list(left_out.scalars())
        assert {"suppressed": 2} == count_exclusions(connection, edition_id)


def test_a_named_audience(press: Press) -> None:
    """An edition for named subscriptions goes to those of them that are active, and to nobody else."""
    ann, bo, cy = press.add_readers("ann", "bo", "cy")
    press.unsubscribe(bo)
    edition_id = press.make_ready([])
    assert 2 == freeze(press, edition_id, [bo, cy, ann, 99_999])
    assert [ann, cy] == audience(press, edition_id)
    assert 0 == freeze(press, edition_id, [])


def test_freezing_again_adds_only_who_is_new(press: Press) -> None:
    """One delivery a reader and edition, however often the audience is frozen."""
    press.add_readers("ann", "bo")
    edition_id = press.make_ready([])
    assert 2 == freeze(press, edition_id)
    press.change(delivery.c.edition_id == edition_id, state="accepted")
    press.add_readers("cy")
    assert 1 == freeze(press, edition_id)
    assert ["accepted", "accepted", "pending"] == [row.state for row in press.rows(edition_id)]


@pytest.mark.parametrize(
    ("slicing", "expected"),
    [
        (Slicing(batch_size=3), [([1, 2, 3], "now"), ([4, 5, 6], "now"), ([7], "now")]),
        (Slicing(batch_size=7), [([1, 2, 3, 4, 5, 6, 7], "now")]),
        (Slicing(batch_size=3, canary=2), [([1, 2], "now"), ([3, 4, 5], "held back"), ([6, 7], "held back")]),
        (Slicing(batch_size=3, canary=7), [([1, 2, 3, 4, 5, 6, 7], "now")]),
        (Slicing(batch_size=3, canary=9), [([1, 2, 3, 4, 5, 6, 7], "now")]),
    ],
)
def test_an_audience_is_cut_into_batches(
    press: Press, slicing: Slicing, expected: list[tuple[list[int], str]]
) -> None:
    """Everybody is in one batch, in order; the canary's is due now, and the others wait for it."""
    press.slicing = slicing
    press.add_readers(*(f"reader{number}" for number in range(7)))
    edition_id = press.make_ready([])
    assert 7 == freeze(press, edition_id)
    assert expected == batches(press, edition_id)


def test_who_joins_later_has_a_batch_of_their_own(press: Press) -> None:
    """Batches of one edition never share a reader, however often its audience grows."""
    press.slicing = Slicing(batch_size=2)
    press.add_readers("ann", "bo", "cy")
    edition_id = press.make_ready([])
    freeze(press, edition_id)
    press.add_readers("dee")
    freeze(press, edition_id)
    assert 0 == freeze(press, edition_id)
    assert [([1, 2], "now"), ([3], "now"), ([4], "now")] == batches(press, edition_id)


def test_who_joins_while_others_wait_for_the_canary_waits_with_them(press: Press) -> None:
    """A reader who joined a moment ago does not go ahead of the edition's trial."""
    press.slicing = Slicing(batch_size=2, canary=1)
    edition_id = press.send("ann", "bo")
    press.add_readers("cy")
    with press.database.transaction() as connection:
        assert 1 == extend_audience(connection, edition_id, None, NOW)
    assert [([1], "now"), ([2], "held back"), ([3], "held back")] == batches(press, edition_id)


def release(press: Press, edition_id: int, *, despite_refusals: bool = False) -> str | None:
    """Let go of who waits for the canary, in a transaction of its own."""
    with press.database.transaction() as connection:
        return release_held_back(connection, edition_id, despite_refusals=despite_refusals)


@pytest.mark.parametrize(
    ("refused", "accepted", "others", "is_let_go"),
    [(2, 0, 2, True), (3, 3, 0, True), (3, 2, 0, False), (3, 0, 3, False), (0, 1, 4, True)],
)
def test_the_others_go_unless_most_of_the_canary_were_refused(
    press: Press, refused: int, accepted: int, others: int, *, is_let_go: bool
) -> None:
    """Three refusals, and more than half of the relay's answers, hold the others back until a person looks."""
    states = ["failed"] * refused + ["accepted"] * accepted + ["deferred"] * others
    press.slicing = Slicing(canary=len(states))
    edition_id = press.send(*(f"reader{number}" for number, _ in enumerate(states)), "last")
    for number, state in enumerate(states, start=1):
        reply = f"5.1.1 no\nsuch {'reader' if number > 1 else 'door'}" if state == "failed" else ""
        press.change(delivery.c.id == number, state=state, attempts=1, reply=reply)
    reason = release(press, edition_id)
    due = batches(press, edition_id)[1][1]
    if is_let_go:
        assert (None, "now") == (reason, due)
    else:
        said = "“5.1.1 no such reader”"
        assert f"{refused} of the {refused + accepted} readers who went ahead were refused: {said}." == reason
        assert "held back" == due
        assert release(press, edition_id, despite_refusals=True) is None
        assert "now" == batches(press, edition_id)[1][1]


def test_nobody_is_let_go_before_the_canary_was_tried(press: Press) -> None:
    """Not even by a person's word."""
    press.slicing = Slicing(canary=2)
    edition_id = press.send("ann", "bo", "cy")
    press.change(delivery.c.id == 1, state="accepted", attempts=1)
    assert release(press, edition_id, despite_refusals=True) is None
    assert [([1, 2], "now"), ([3], "held back")] == batches(press, edition_id)


def test_two_editions_planned_at_once_share_no_batch(press: Press) -> None:
    """Their deliveries may be numbered in turns: each batch still holds only its own edition's readers."""
    press.slicing = Slicing(batch_size=5)
    press.add_readers(*(f"reader{number}" for number in range(200)))
    editions = [press.make_ready([]), press.make_ready([], on=NOW.date() + timedelta(days=1))]
    together = threading.Barrier(2)

    def start(edition_id: int) -> None:
        together.wait()
        press.start(edition_id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(start, editions))
    for edition_id in editions:
        read = [due.subscription_id for _ in range(40) for due in take_on(press, edition_id).due]
        assert list(range(1, 201)) == read
