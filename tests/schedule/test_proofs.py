"""The editors' proof: the edition as a reader would get it, before any reader does."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_content, move
from newsletter.edition.tables import edition
from newsletter.edition.words.phrases import own_name
from newsletter.preflight.tables import preflight
from newsletter.publication.newsletters import Newsletter, change_newsletter
from newsletter.schedule.proofs import PREFLIGHT_LIMIT, due_proofs, owe_proofs, submit_proof
from newsletter.schedule.tables import proof
from newsletter.tokens import Tokens
from tests.delivery.mail import mailed, memory, parse, text_of
from tests.delivery.press import Press
from tests.schedule.conftest import Desk

HOUR = timedelta(hours=1)
EDITORS = ["ed@paper.example", "chief@paper.example"]


@pytest.fixture
def press(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Press:
    """Give the press of a newsletter with two editors."""
    with database.transaction() as connection:
        change_newsletter(connection, "daily", {"editors": " ".join(EDITORS)})
    return Press(database, daily, tokens, FileJournals(tmp_path / "journals"))


@pytest.fixture
def waiting(ready_to_send: Desk) -> Callable[..., int]:
    """Give what makes an edition that is ready, an hour before its time."""

    def make(**wishes: object) -> int:
        edition_id = ready_to_send.plan(**{"due_at": ready_to_send.now + HOUR, **wishes})
        ready_to_send.advance(edition_id)
        return edition_id

    return make


def owe(desk: Desk) -> list[int]:
    """Do what the tick does; return the proofs due once the check has had its time."""
    with desk.database.transaction() as connection:
        owe_proofs(connection, desk.now)
        return due_proofs(connection, desk.now + PREFLIGHT_LIMIT)


def check(desk: Desk, edition_id: int, outcome: str, *findings: dict[str, str]) -> None:
    """Let an edition's check have found this."""
    with desk.database.transaction() as connection:
        connection.execute(sa.delete(preflight))
        content_hash = sa.select(edition.c.content_hash).where(edition.c.id == edition_id).scalar_subquery()
        row = {"edition_id": edition_id, "content_hash": content_hash, "outcome": outcome}
        connection.execute(
            sa.insert(preflight).values(**row, findings=list(findings), checked_at=desk.now, overruled_by="")
        )


def the_proof(press: Press) -> tuple[str, str, str]:
    """Return subject, text and HTML of the last proof."""
    message = parse(memory(press).submitted[-1].content)
    assert "auto-generated" == message["Auto-Submitted"]
    assert message["List-Unsubscribe"] is None
    text = text_of(message, "plain").replace("\r\n", "\n")
    return message["Subject"], text, text_of(message, "html").replace("\r\n", "\n")


def test_each_editor_gets_the_edition_before_anybody(
    press: Press, ready_to_send: Desk, waiting: Callable[..., int]
) -> None:
    """Its whole content under a box: when it goes out, and where it is held, changed or sent."""
    desk, edition_id = ready_to_send, waiting()
    assert [edition_id] == owe(desk)
    assert submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    assert EDITORS == mailed(press)
    subject, text, html = the_proof(press)
    assert f"[Proof] {desk.edition(edition_id).subject}" == subject
    home = "https://news.paper.example"
    with press.database.transaction() as connection:
        marker = get_content(connection, edition_id).marker
    for part in (text, html):
        assert "This edition goes out on Monday, March 2, 2026 at 1:00" in part.replace("\n", " ")
        assert f"{home}/console/editions/{edition_id}" in part
        assert f"{home}/console/newsletters/daily/candidates" in part
        assert "Headline1" in part
        assert marker not in part
    body = html[html.index("<body") :]
    assert body.index("Proof") < body.index("Headline1")
    assert [] == owe(desk)
    assert not submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now + HOUR)


def test_made_anew_it_is_proved_anew(press: Press, ready_to_send: Desk, waiting: Callable[..., int]) -> None:
    """The second is counted, and is a message of its own; one that nobody was mailed counts as none."""
    desk, edition_id = ready_to_send, waiting()

    def make_anew() -> None:
        with desk.database.transaction() as connection:
            move(connection, edition_id, (EditionState.READY, EditionState.GATHERING), gathering_at=desk.now)
        desk.advance(edition_id)

    owe(desk)
    make_anew()
    assert not submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    owe(desk)
    submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    assert the_proof(press)[0].startswith("[Proof] ")
    make_anew()
    assert [edition_id] == owe(desk)
    submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    subject, text, html = the_proof(press)
    assert subject.startswith("[Proof 2] ")
    assert ("Proof 2" in text, "Proof 2" in html) == (True, True)
    ids = [parse(each.content)["Message-ID"] for each in memory(press).submitted]
    assert 4 == len(set(ids))


def test_made_anew_while_it_is_mailed_another_is_owed(
    press: Press, ready_to_send: Desk, waiting: Callable[..., int]
) -> None:
    """What is paid is the proof that was mailed, and whoever had that one gets the next as well."""
    desk, edition_id = ready_to_send, waiting()
    owe(desk)

    def make_anew(_: object) -> tuple[int, str]:
        memory(press).answer = lambda _: (250, "ok")
        with desk.database.transaction() as connection:
            move(connection, edition_id, (EditionState.READY, EditionState.GATHERING), gathering_at=desk.now)
        desk.advance(edition_id)
        owe(desk)
        return 250, "ok"

    memory(press).answer = make_anew
    submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    assert EDITORS == mailed(press)
    assert submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    assert EDITORS * 2 == mailed(press)
    assert the_proof(press)[0].startswith("[Proof 2] ")


def test_it_waits_for_the_check_but_not_for_ever(
    press: Press, ready_to_send: Desk, waiting: Callable[..., int]
) -> None:
    """What was found stands in the box; without a check the proof goes after a while."""
    desk, edition_id = ready_to_send, waiting()
    with desk.database.transaction() as connection:
        connection.execute(sa.delete(preflight))
        owe_proofs(connection, desk.now)
        assert [] == due_proofs(connection, desk.now)
        assert [edition_id] == due_proofs(connection, desk.now + PREFLIGHT_LIMIT)
    passed = {"check": "size", "outcome": "pass", "what": "The HTML has 40 kB.", "where": "", "mend": ""}
    blocked = {
        "check": "links",
        "outcome": "block",
        "what": "A link <b>answers 404</b>.",
        "where": "https://paper.example/1",
        "mend": "Block the article.",
    }
    check(desk, edition_id, "block", passed, blocked)
    with desk.database.transaction() as connection:
        assert [edition_id] == due_proofs(connection, desk.now)
    submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    _, text, html = the_proof(press)
    assert "A link <b>answers 404</b>. · https://paper.example/1 · Block the" in text.replace("\n  ", " ")
    assert "A link &lt;b&gt;answers 404&lt;/b&gt;." in html
    for part in (text, html):
        assert "Its check holds it back" in part
        assert "The HTML has 40 kB." not in part


@pytest.mark.parametrize(("outcome", "said"), [("pass", True), ("none", False)])
def test_a_clean_check_is_told(
    press: Press, ready_to_send: Desk, waiting: Callable[..., int], outcome: str, *, said: bool
) -> None:
    """Nothing wrong is said only where somebody looked."""
    desk, edition_id = ready_to_send, waiting()
    with desk.database.transaction() as connection:
        connection.execute(sa.delete(preflight))
    if outcome == "pass":
        check(desk, edition_id, outcome)
    owe(desk)
    submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    _, text, html = the_proof(press)
    assert {said} == {"Its check found nothing wrong." in part for part in (text, html)}


def test_it_names_the_other_languages(press: Press, ready_to_send: Desk, waiting: Callable[..., int]) -> None:
    """It is in the newsletter's own language; what it says of the others is where to see them."""
    with press.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "fr ar"})
    edition_id = waiting()
    owe(ready_to_send)
    submit_proof(press.post, ready_to_send.workshop.stationery, edition_id, ready_to_send.now)
    _, text, html = the_proof(press)
    for part in (text, html):
        assert own_name("fr") in part
        assert own_name("ar") in part


def test_one_that_waits_for_a_word_says_so(press: Press, ready_to_send: Desk, waiting: Callable[..., int]) -> None:
    """Assembled by hand, it has no time."""
    edition_id = waiting(sends_when_ready=False)
    owe(ready_to_send)
    submit_proof(press.post, ready_to_send.workshop.stationery, edition_id, ready_to_send.now)
    assert "This edition waits until somebody sends it." in the_proof(press)[1]


@pytest.mark.parametrize("why", ["no editors", "not wanted", "for named readers", "sent at once"])
def test_nobody_is_shown_what_they_could_not_change(
    press: Press, ready_to_send: Desk, waiting: Callable[..., int], why: str
) -> None:
    """No proof without editors, against the setting, of what goes to a few, and of what goes at once."""
    desk, wishes = ready_to_send, {}
    changes = {"no editors": {"editors": ""}, "not wanted": {"proof": "false"}}.get(why, {})
    with press.database.transaction() as connection:
        change_newsletter(connection, "daily", changes)
    if why == "for named readers":
        wishes = {"subscription_ids": (1,)}
    edition_id = waiting(**wishes)
    if why == "sent at once":
        with press.database.transaction() as connection:
            connection.execute(sa.update(edition).values(due_at=desk.now))
    assert EditionState.READY is desk.edition(edition_id).state
    assert [] == owe(desk)


def test_what_went_out_meanwhile_is_not_shown(
    press: Press, ready_to_send: Desk, waiting: Callable[..., int]
) -> None:
    """An editor who sends it has seen it; nothing stays owed."""
    desk, edition_id = ready_to_send, waiting()
    owe(desk)
    with press.database.transaction() as connection:
        connection.execute(sa.update(edition).values(state=EditionState.SENDING))
    assert not submit_proof(press.post, desk.workshop.stationery, edition_id, desk.now)
    assert [] == mailed(press)
    with press.database.transaction() as connection:
        assert [None] == list(connection.execute(sa.select(proof.c.mail_due_at)).scalars())


def test_an_edition_without_a_proof_is_not_mailed(press: Press, ready_to_send: Desk) -> None:
    """A bell too many is no mail."""
    assert not submit_proof(press.post, ready_to_send.workshop.stationery, ready_to_send.plan(), ready_to_send.now)
    assert [] == mailed(press)
