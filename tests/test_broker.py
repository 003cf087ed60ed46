"""Celery is a doorbell and nothing more."""

import pytest

from newsletter.bell import TaskName
from newsletter.broker import QUEUES, create_broker
from newsletter.errors import SettingsError


def test_every_task_has_one_of_the_queues() -> None:
    """No task is routed to a queue that no worker serves."""
    routes = create_broker("redis://localhost:1").conf.task_routes
    assert set(TaskName) == set(routes)
    assert set(QUEUES) == {route["queue"] for route in routes.values()}


def test_a_source_that_hangs_holds_up_no_mail() -> None:
    """Gathering and submitting do not wait in one queue."""
    routes = create_broker("redis://localhost:1").conf.task_routes
    assert routes[TaskName.GATHER_SOURCE] != routes[TaskName.SUBMIT_EDITION]


def test_nothing_waits_for_ever_on_a_frozen_broker() -> None:
    """Reading from and connecting to the broker both end in time."""
    limits = create_broker("redis://localhost:1").conf.broker_transport_options
    assert limits["socket_timeout"] > 0
    assert limits["socket_connect_timeout"] > 0


def test_only_json_is_taken_from_the_broker() -> None:
    """Whoever can write to Redis cannot make us unpickle what they wrote."""
    assert ["json"] == list(create_broker("redis://localhost:1").conf.accept_content)


def test_no_address_is_an_error_with_a_mend() -> None:
    """Without a broker the operator is told which variable to set."""
    with pytest.raises(SettingsError, match="REDIS_URL"):
        create_broker("")
