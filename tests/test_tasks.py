"""The tasks: one use case each, and the next bell after the commit."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from celery import Celery
from pydantic import SecretStr

from newsletter import tasks
from newsletter.bell import Bell, SilentRinger, TaskName
from newsletter.broker import QUEUES, create_broker
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery import control
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.accounting.ledger import Ledger, LedgerRules
from newsletter.delivery.drain import Way
from newsletter.delivery.plan import Slicing
from newsletter.delivery.post import Post
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.throttling.operator import KnownOperators
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.delivery.transport import MemoryTransport, Message
from newsletter.edition.plan import EditionRequest
from newsletter.edition.states import EditionState
from newsletter.errors import ConflictError, SettingsError
from newsletter.gather.article import Genre
from newsletter.gather.polling.sources import attach_source, put_source
from newsletter.gather.tables import SourceKind, article, poll
from newsletter.preflight.tables import preflight
from newsletter.publication.newsletters import Newsletter, change_newsletter
from newsletter.readers.sign_ups import SignUp, put_sign_up
from newsletter.readers.subscribe import confirm
from newsletter.schedule.alarms import Cause, due_alarms, raise_alarm
from newsletter.schedule.request import request_edition
from newsletter.schedule.tables import AlarmKind
from newsletter.services import CeleryRinger, Services, now
from newsletter.tasks import create_celery
from newsletter.tokens import Tokens
from tests.delivery.hand import take_on
from tests.delivery.press import ORIGIN, Press
from tests.delivery.scripted_relay import CLOSE, Moment, ScriptedRelay
from tests.readers.asking import ask_for

FEED = """<rss version="2.0"><channel><title>Harbour News</title>{}</channel></rss>"""
ARTICLE = "<item><title>{0}</title><link>https://paper.example/{1}</link></item>"
HEADLINES = ("Cranes return to the river", "New bakery opens on Quay Street", "Council votes for tram line")


@pytest.fixture
def press(database: Database, daily: Newsletter, tokens: Tokens, tmp_path: Path) -> Press:
    """Give the press of a newsletter that keeps its mail in memory."""
    return Press(database, daily, tokens, FileJournals(tmp_path / "journals"))


@pytest.fixture
def services(servers: Settings, press: Press) -> Iterator[Services]:
    """Give the services of this session's servers, with a silent ringer and mail kept in memory."""
    opened = Services(servers)
    opened.ringer = SilentRinger()  # type: ignore[assignment]  # stands in for the broker
    opened.post = press.post
    opened.journals = press.journals
    # Mail kept in memory has a loop for each task; a line to the other workers would live on the first of them.
    opened.way = Way(opened.ledger, Throttle((), {}), KnownOperators(), 1)
    yield opened
    opened.close()


def rung(services: Services) -> list[Bell]:
    """Return the bells rung so far."""
    ringer: object = services.ringer
    assert isinstance(ringer, SilentRinger)
    return ringer.rung


def over(services: Services, relay: ScriptedRelay, user: str = "") -> None:
    """Let the mail go to a relay."""
    url = f"smtp://{user}127.0.0.1:{relay.port}"
    settings = services.settings.model_copy(update={"smtp_url": type(services.settings.smtp_url)(url)})
    fresh = Services(settings).post
    services.post = Post(services.database, fresh.tokens, fresh.public_url, fresh.transport)


@pytest.fixture
def celery(servers: Settings) -> Celery:
    """Give the app."""
    return create_celery(servers)


def test_every_task_is_there(celery: Celery) -> None:
    """The app knows each name that can be rung for, and each has a queue that the worker listens to."""
    ours = {name: task for name, task in celery.tasks.items() if not name.startswith("celery.")}
    assert set(TaskName) == set(ours)
    assert all(task.__doc__ for task in ours.values())
    routes = celery.conf.task_routes
    assert {name: routes[name]["queue"] in QUEUES for name in TaskName} == dict.fromkeys(TaskName, True)
    assert routes[TaskName.GATHER_SOURCE] != routes[TaskName.SUBMIT_EDITION]


def test_the_broker_is_a_doorbell(celery: Celery) -> None:
    """No results, no redelivery, JSON alone, and no wait without an end on a broker that is frozen."""
    conf = celery.conf
    assert (True, False, ["json"], "json") == (
        conf.task_ignore_result,
        conf.task_acks_late,
        conf.accept_content,
        conf.task_serializer,
    )
    assert conf.result_backend is None
    assert conf.broker_transport_options["socket_timeout"] <= 10
    assert conf.broker_connection_max_retries is None


def test_the_tick_rings_by_the_timetable(celery: Celery, servers: Settings) -> None:
    """Beat rings the tick alone, and a ring nobody heard is worthless after the next."""
    (entry,) = celery.conf.beat_schedule.values()
    seconds = servers.tick_interval.total_seconds()
    assert (TaskName.TICK, seconds, seconds) == (entry["task"], entry["schedule"], entry["options"]["expires"])


def test_no_broker_without_an_address() -> None:
    """An empty REDIS_URL is a setting to mend."""
    with pytest.raises(SettingsError, match="REDIS_URL"):
        create_broker("")


def test_a_bell_that_nobody_hears() -> None:
    """A broker that is away raises nothing where the bell is rung, because the tick rings again."""
    CeleryRinger("redis://127.0.0.1:1/0").ring([Bell(TaskName.SUBMIT_EDITION, 1)])


def put_feed(press: Press, path: Path, *headlines: str) -> int:
    """Return a source of the newsletter: a feed file with these articles."""
    path.write_text(FEED.format("".join(ARTICLE.format(each, each[:3]) for each in headlines)))
    with press.database.transaction() as connection:
        source_id = put_source(connection, path.as_uri(), SourceKind.FILE, Genre.NEWS)
        attach_source(connection, press.newsletter.id, source_id)
    return source_id


def ask(press: Press) -> int:
    """Return an edition that somebody asked for."""
    with press.database.transaction() as connection:
        request = EditionRequest(press.newsletter.id, now().date(), now(), "test")
        return request_edition(connection, request, now()).edition_id


def test_the_tick_rings_for_all_that_waits(services: Services, press: Press, tmp_path: Path) -> None:
    """A due source, an unfinished edition and an owed confirmation each have their bell."""
    source_id, edition_id = put_feed(press, tmp_path / "feed.xml"), press.send("ann")
    with press.database.transaction() as connection:
        confirmation = ask_for(connection, press.newsletter.id, "bo@example.org", ORIGIN, now())
    tasks.ring_tick(services)
    expected = {
        Bell(TaskName.GATHER_SOURCE, source_id),
        Bell(TaskName.ADVANCE_EDITION, edition_id),
        Bell(TaskName.SUBMIT_CONFIRMATION, confirmation),
    }
    assert expected <= set(rung(services))


def test_the_editors_are_told(services: Services, press: Press) -> None:
    """What ended has its verdict from the next tick, and the tasks that are rung for mail it and the alarms."""
    with press.database.transaction() as connection:
        change_newsletter(connection, "daily", {"editors": "ed@paper.example", "scheduled": "no"})
    edition_id = ask(press)
    with press.database.transaction() as connection:
        control.cancel(connection, edition_id, "Wrong date.", now())
        raise_alarm(connection, Cause(AlarmKind.TICK, "never", "No tick was done yet."), now())
    tasks.ring_tick(services)
    told = {Bell(TaskName.SUBMIT_VERDICT, edition_id), Bell(TaskName.SUBMIT_ALARM, 1)}
    assert told <= set(rung(services))
    for _ in range(2):
        tasks.tell_verdict(services, edition_id)
        tasks.tell_alarm(services, 1)
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    assert ["ed@paper.example"] * 2 == [each.envelope_to for each in transport.submitted]


def test_a_relay_that_is_away_keeps_the_editors_waiting(services: Services, press: Press) -> None:
    """The task ends without an error, and the note stays owed."""
    with press.database.transaction() as connection:
        change_newsletter(connection, "daily", {"editors": "ed@paper.example"})
        raise_alarm(connection, Cause(AlarmKind.TICK, "never", "No tick was done yet."), now())
    with ScriptedRelay(lambda moment: CLOSE if moment.step == "banner" else None) as relay:
        over(services, relay)
        tasks.tell_alarm(services, 1)
        assert [] == relay.recipients()
    with press.database.transaction() as connection:
        assert [1] == due_alarms(connection, now() + timedelta(hours=1))


def test_a_bell_rung_twice_is_one_poll(services: Services, press: Press, tmp_path: Path) -> None:
    """A bell that waited behind another for the same source asks it nothing; an edition that waits does."""
    source_id = put_feed(press, tmp_path / "feed.xml", *HEADLINES)

    def polls() -> int:
        with press.database.transaction() as connection:
            query = sa.select(sa.func.count()).where(poll.c.source_id == source_id)
            return connection.execute(query.select_from(poll)).scalar_one()

    tasks.gather_source(services, source_id)
    tasks.gather_source(services, source_id)
    assert 1 == polls()
    tasks.advance_edition(services, ask(press))
    tasks.gather_source(services, source_id)
    assert 2 == polls()


def test_a_poll_wakes_the_edition_that_waited(services: Services, press: Press, tmp_path: Path) -> None:
    """The last source to answer rings for the edition; one that is gone rings for nothing."""
    source_id = put_feed(press, tmp_path / "feed.xml", *HEADLINES)
    edition_id = ask(press)
    tasks.advance_edition(services, edition_id)
    assert [Bell(TaskName.GATHER_SOURCE, source_id)] == rung(services)
    tasks.gather_source(services, source_id)
    assert Bell(TaskName.ADVANCE_EDITION, edition_id) == rung(services)[-1]
    with press.database.transaction() as connection:
        assert 3 == connection.execute(sa.select(sa.func.count()).select_from(article)).scalar_one()
    before = list(rung(services))
    tasks.gather_source(services, 99)
    assert before == rung(services)


def test_a_day_by_its_bells(services: Services, press: Press, tmp_path: Path) -> None:
    """Each task rings for the next until nothing is left to ring for, and everybody has their mail."""
    press.add_readers("ann", "bo")
    put_feed(press, tmp_path / "feed.xml", *HEADLINES)
    edition_id = ask(press)
    functions = {
        TaskName.ADVANCE_EDITION: tasks.advance_edition,
        TaskName.GATHER_SOURCE: tasks.gather_source,
        TaskName.RECHECK_EDITION: tasks.recheck_edition,
        TaskName.PREFLIGHT_EDITION: tasks.check_edition,
        TaskName.SUBMIT_EDITION: tasks.submit_edition,
    }
    bells = [Bell(TaskName.ADVANCE_EDITION, edition_id)]
    heard = 0
    while bells:
        bell = bells.pop(0)
        assert bell.id is not None
        functions[bell.task](services, bell.id)
        heard += 1
        assert heard < 50, f"the bells never end: {bell}"
        bells += rung(services)
        rung(services).clear()
    assert EditionState.DONE is press.edition(edition_id).state
    assert {DeliveryState.ACCEPTED: 2} == press.counts(edition_id)
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    assert ["ann@example.org", "bo@example.org"] == [each.envelope_to for each in transport.submitted]


def test_an_edition_is_checked_by_one_task(
    services: Services, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one task checks an edition another leaves it alone; whoever checked it takes it on."""
    monkeypatch.setattr("newsletter.preflight.spam.PROGRAM", "no-such-program")
    edition_id = press.make_ready([])

    def checks() -> int:
        with services.database.transaction() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(preflight)).scalar_one())

    with services.database.one_of_few(tasks._PREFLIGHTS + edition_id, 1):
        tasks.check_edition(services, edition_id)
    assert (0, []) == (checks(), rung(services))
    tasks.check_edition(services, edition_id)
    assert (1, [Bell(TaskName.ADVANCE_EDITION, edition_id)]) == (checks(), rung(services))


def test_a_step_that_another_took(services: Services, press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """Losing a race is no error of the task, and rings for nothing."""

    def lose(*_: object) -> None:
        raise ConflictError("Somebody was faster.")

    monkeypatch.setattr("newsletter.schedule.advance.advance", lose)
    tasks.advance_edition(services, press.send("ann"))
    assert [] == rung(services)


def test_batch_after_batch(services: Services, press: Press) -> None:
    """A task goes on until nothing is due, and then rings for the edition's next step."""
    press.slicing = Slicing(batch_size=2)
    edition_id = press.send("ann", "bo", "cy", "dee", "eve")
    tasks.submit_edition(services, edition_id)
    assert {DeliveryState.ACCEPTED: 5} == press.counts(edition_id)
    assert [Bell(TaskName.ADVANCE_EDITION, edition_id)] == rung(services)


def at_each_message(press: Press, do: Callable[[], object]) -> None:
    """Let something happen whenever a message is taken."""
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)

    def answer(_: Message) -> tuple[int, str]:
        do()
        return 250, "2.0.0 kept"

    transport.answer = answer


def test_a_task_that_is_out_of_time(services: Services, press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its time is over a task leaves the rest as it was and rings for another."""
    monkeypatch.setattr(tasks, "SUBMIT_SECONDS", 0.5)
    press.slicing = Slicing(batch_size=1)
    at_each_message(press, lambda: time.sleep(0.6))
    edition_id = press.send("ann", "bo", "cy")
    tasks.submit_edition(services, edition_id)
    assert {DeliveryState.PENDING: 2, DeliveryState.ACCEPTED: 1} == press.counts(edition_id)
    assert [Bell(TaskName.ADVANCE_EDITION, edition_id)] == rung(services)


def test_a_process_that_is_asked_to_end(services: Services, press: Press, sigterm: list[int]) -> None:
    """A signal waits until the task has handed over what it has not begun, and rung; then it ends the process."""
    press.slicing = Slicing(batch_size=1)
    at_each_message(press, lambda: os.kill(os.getpid(), signal.SIGTERM))
    edition_id = press.send("ann", "bo", "cy")
    tasks.submit_edition(services, edition_id)
    assert {DeliveryState.PENDING: 2, DeliveryState.ACCEPTED: 1} == press.counts(edition_id)
    assert [Bell(TaskName.ADVANCE_EDITION, edition_id)] == rung(services)
    assert [signal.SIGTERM] == sigterm


@pytest.fixture
def sigterm() -> Iterator[list[int]]:
    """Give the list of SIGTERMs that would have ended this process."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    yield heard
    signal.signal(signal.SIGTERM, before)


def test_a_relay_that_refuses_everything_pauses_the_edition(services: Services, press: Press) -> None:
    """The edition waits for its operator with what the relay said, and most readers were not tried."""
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    transport.answer = lambda _: (550, "5.7.1 You are blocked")
    edition_id = press.send(*(f"reader{number}" for number in range(60)))
    tasks.submit_edition(services, edition_id)
    paused = press.edition(edition_id)
    assert EditionState.PAUSED is paused.state
    assert "You are blocked" in paused.reason
    assert 30 < press.counts(edition_id)[DeliveryState.PENDING]
    assert [] == rung(services)


@pytest.mark.parametrize("by", ["the tick", "the next task"])
def test_a_dead_task_is_looked_after(services: Services, press: Press, by: str) -> None:
    """What it told its journal is recorded, and what it had not begun is free at once."""
    edition_id = press.send("ann", "bo")
    task = take_on(press, edition_id)
    task.answer(task.due[0], 250, "2.0.0 kept")
    task.die()
    if by == "the tick":
        tasks.ring_tick(services)
        assert {DeliveryState.PENDING: 1, DeliveryState.ACCEPTED: 1} == press.counts(edition_id)
    tasks.submit_edition(services, edition_id)
    assert {DeliveryState.ACCEPTED: 2} == press.counts(edition_id)
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    assert ["bo@example.org"] == [each.envelope_to for each in transport.submitted]


def test_a_relay_that_is_down(services: Services, press: Press) -> None:
    """Nobody's attempt is spent, the edition goes on being sent, and no bell makes it worse."""
    edition_id = press.send("ann", "bo")
    with ScriptedRelay(lambda moment: CLOSE if moment.step == "banner" else None) as relay:
        over(services, relay)
        tasks.submit_edition(services, edition_id)
        assert {(DeliveryState.PENDING, 0)} == {(row.state, row.attempts) for row in press.rows(edition_id)}
        assert EditionState.SENDING is press.edition(edition_id).state
        assert [] == rung(services)
        relay.decide = lambda _: None
        # This process leaves the relay alone for a while; another one tries at once.
        over(services, relay)
        tasks.submit_edition(services, edition_id)
    assert {DeliveryState.ACCEPTED: 2} == press.counts(edition_id)


def test_refused_credentials_pause_the_edition(services: Services, press: Press) -> None:
    """Only the operator can mend them, so nothing more is tried until then."""
    edition_id = press.send("ann")
    with ScriptedRelay(lambda moment: "535 5.7.8 wrong" if moment.step == "auth" else None) as relay:
        over(services, relay, user="ann:hushhush@")
        tasks.submit_edition(services, edition_id)
        paused = press.edition(edition_id)
        assert EditionState.PAUSED is paused.state
        assert "SMTP_URL" in paused.reason
        assert "hushhush" not in paused.reason
    assert {(DeliveryState.PENDING, 0)} == {(row.state, row.attempts) for row in press.rows(edition_id)}
    assert [] == rung(services)


def test_two_tasks_meet_the_same_refusal(services: Services, press: Press) -> None:
    """The second to be refused finds the edition paused already, which is no error."""
    edition_id = press.send("ann")

    def decide(moment: Moment) -> str | None:
        if moment.step != "auth":
            return None
        with press.database.transaction() as connection:
            control.pause(connection, edition_id, "The other task was first.")
        return "535 5.7.8 wrong"

    with ScriptedRelay(decide) as relay:
        over(services, relay, user="ann:hushhush@")
        tasks.submit_edition(services, edition_id)
    assert "The other task was first." == press.edition(edition_id).reason


def test_a_confirmation_waits_for_the_relay(services: Services, press: Press) -> None:
    """A relay that is down is no error of the task: the confirmation stays owed."""
    with press.database.transaction() as connection:
        subscription_id = ask_for(connection, press.newsletter.id, "bo@example.org", ORIGIN, now())
    assert subscription_id is not None
    with ScriptedRelay(lambda moment: CLOSE if moment.step == "banner" else None) as relay:
        over(services, relay)
        tasks.confirm_subscription(services, subscription_id)
    services.post = press.post
    with press.database.transaction() as connection:
        connection.execute(sa.text("UPDATE subscription SET confirmation_due_at = now()"))
    tasks.confirm_subscription(services, subscription_id)
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    assert ["bo@example.org"] == [each.envelope_to for each in transport.submitted]


def test_a_sign_up_is_decided_and_rung_for(services: Services, press: Press) -> None:
    """A wish becomes the bell of its confirmation; heard again, it rings nothing."""
    with press.database.transaction() as connection:
        wish = SignUp("bo@example.org", (press.newsletter.id,), ORIGIN)
        sign_up_id = put_sign_up(connection, wish, now())
    tasks.decide_sign_up(services, sign_up_id)
    tasks.decide_sign_up(services, sign_up_id)
    (bell,) = rung(services)
    assert TaskName.SUBMIT_CONFIRMATION is bell.task


def test_letters_leave_by_a_relay_of_their_own(services: Services, press: Press) -> None:
    """With CONFIRMATION_SMTP_URL a flood of sign-ups never touches the relay that editions leave by."""
    with press.database.transaction() as connection:
        subscription_id = ask_for(connection, press.newsletter.id, "bo@example.org", ORIGIN, now())
    assert subscription_id is not None
    with ScriptedRelay(lambda _: None) as editions, ScriptedRelay(lambda _: None) as letters:
        urls = {
            name: SecretStr(f"smtp://127.0.0.1:{relay.port}")
            for name, relay in (("smtp_url", editions), ("confirmation_smtp_url", letters))
        }
        own = Services(services.settings.model_copy(update=urls))
        tasks.confirm_subscription(own, subscription_id)
        assert own.post is not own.letter_post
        own.close()
    assert ([], ["bo@example.org"]) == (editions.recipients(), letters.recipients())


def test_a_broken_template_keeps_nobody_waiting(services: Services, press: Press, tmp_path: Path) -> None:
    """A publisher's own frame or translation that cannot be used gives way to ours, for mail that is owed."""
    for broken, text in (("email/_base/frame.html", "{% if %}"), ("locale/de.po", 'msgid "unfinished')):
        (tmp_path / broken).parent.mkdir(parents=True)
        (tmp_path / broken).write_text(text)
    settings = services.settings.model_copy(update={"templates_dir": tmp_path})
    services.workshop = Services(settings).workshop
    with press.database.transaction() as connection:
        change_newsletter(connection, "daily", {"language": "de", "editors": "desk@example.org"})
        raise_alarm(connection, Cause(AlarmKind.TICK, "tick", "No tick."), now())
        (alarm_id,) = due_alarms(connection, now())
    tasks.tell_alarm(services, alarm_id)
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    assert ["desk@example.org"] == [each.envelope_to for each in transport.submitted]


def test_journals_that_cannot_be_kept_stop_no_planning(services: Services, press: Press) -> None:
    """With the journals' disk gone the tick still creates and rings for what is due."""

    class Gone(FileJournals):
        """Journals whose folder cannot be used."""

        @property
        def identity(self) -> str:
            raise SettingsError("The disk is gone.")

    edition_id = press.send("ann")
    services.ledger = Ledger(services.database, Gone(Path("nowhere")), LedgerRules())
    tasks.ring_tick(services)
    assert Bell(TaskName.ADVANCE_EDITION, edition_id) in rung(services)


def test_letters_and_proofs_are_mailed(services: Services, press: Press) -> None:
    """A task for each kind: it mails what is owed, and a bell too many is nothing."""
    with press.database.transaction() as connection:
        asked = ask_for(connection, press.newsletter.id, "bo@example.org", ORIGIN, now())
        assert asked is not None
        confirm(connection, (asked, now()), ORIGIN, now())
    for _ in range(2):
        tasks.mail_letter(services, 1)
        tasks.show_proof(services, 1)
    transport: object = press.transport
    assert isinstance(transport, MemoryTransport)
    assert ["bo@example.org"] == [each.envelope_to for each in transport.submitted]
