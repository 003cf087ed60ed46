"""A process's services are made from its settings, when they are first wanted."""

from datetime import UTC, timedelta

import pytest
import redis

from newsletter.bell import Bell, TaskName
from newsletter.config import Settings
from newsletter.errors import SettingsError
from newsletter.gather.polling.poll import PollManners
from newsletter.services import CeleryRinger, Services, now


def test_bells_reach_the_queue_of_their_task(servers: Settings) -> None:
    """Each ring is one message in the broker, in the queue that the task's workers serve."""
    url = servers.redis_url.get_secret_value()
    broker = redis.Redis.from_url(url)
    broker.flushdb()
    bells = [Bell(TaskName.TICK), Bell(TaskName.GATHER_SOURCE, 3), Bell(TaskName.GATHER_SOURCE, 4)]
    CeleryRinger(url).ring(bells)
    assert (1, 2, 0) == tuple(broker.llen(queue) for queue in ("edition", "gather", "delivery"))
    broker.flushdb()
    broker.close()


def test_a_broker_that_is_away_stops_nobody() -> None:
    """Ringing never raises: the tick rings again for what was not heard."""
    CeleryRinger("redis://127.0.0.1:1/0").ring([Bell(TaskName.TICK)])


def test_nothing_is_opened_before_it_is_wanted() -> None:
    """Settings without a single server make services, and each missing one is named when it is asked for."""
    services = Services(Settings.from_environment(database_url="", redis_url="", secret_key=""))
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        _ = services.database
    with pytest.raises(SettingsError, match="REDIS_URL"):
        _ = services.ringer
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        _ = services.tokens
    services.close()


def test_services_are_made_once(servers: Settings) -> None:
    """Whoever asks twice gets the same connections."""
    services = Services(servers)
    assert services.database is services.database
    assert services.workshop.public_url == servers.public_url
    services.close()


def test_the_pace_follows_the_settings(servers: Settings) -> None:
    """An edition waits longer for its sources than any one of them may take."""
    services = Services(servers)
    assert services.pace.gather_limit > services.manners.policy.timeout
    assert servers.gather_interval == services.manners.interval


def manners(**given: object) -> PollManners:
    return Services(Settings.from_environment(**given)).manners


def test_our_own_pages_are_fetched_only_while_we_serve_the_sample() -> None:
    """Without the sample publication no private origin is trusted."""
    here = "http://localhost:8000/"
    assert frozenset() == manners(public_url=here, sample=False).policy.trusted_origins
    sample = manners(public_url=here, sample=True).policy
    assert frozenset({"http://localhost:8000"}) == sample.trusted_origins
    assert not sample.allow_private


def test_we_tell_sites_who_we_are() -> None:
    """The User-Agent carries the operator's contact."""
    contact = "https://paper.example/contact"
    assert contact in manners(contact_url=contact).policy.user_agent


def test_now_is_told_in_utc() -> None:
    """Moments within are aware, and in UTC."""
    assert UTC == now().tzinfo
    assert timedelta(0) == now().utcoffset()
