"""The audience: who gets an edition, and why others do not."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.delivery.plan import freeze_audience
from newsletter.delivery.tables import delivery, exclusion
from newsletter.insight.figures import count_exclusions
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter
from newsletter.readers.subscribe import add_reader, request_subscription
from newsletter.readers.tables import SubscriptionState, SuppressionReason, subscription, suppression
from tests.delivery.press import NOW, ORIGIN, Press


def freeze(press: Press, edition_id: int, subscription_ids: list[int] | None = None) -> int:
    """Freeze an audience in a transaction of its own."""
    edition = press.edition(edition_id)
    with press.database.transaction() as connection:
        return freeze_audience(connection, edition, subscription_ids)


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
        request_subscription(connection, press.newsletter.id, "dee@example.org", ORIGIN, NOW)
        connection.execute(
            sa.update(subscription).where(subscription.c.id == cy).values(state=SubscriptionState.PAUSED)
        )
        weekly = add_newsletter(connection, NewsletterSettings("weekly", "Weekly", "Paper", "news@paper.example"))
        add_reader(connection, weekly.id, "eve@example.org", ORIGIN, NOW)
    edition_id = press.make_ready([])
    assert 1 == freeze(press, edition_id)
    assert [ann] == audience(press, edition_id)


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
