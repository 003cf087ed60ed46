"""A whole installation of its own for these tests: they kill what other tests lean on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.relay import Relay
from faults.stage import Scale, Stage

SMALL = Scale(recipients=300, kills=3, seed=20_260_302, lease=5.0, patience=100.0)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give PostgreSQL, a broker and a scripted relay; every sending brings its own worker and beat."""
    with Stage(tmp_path_factory.mktemp("stage"), SMALL) as stage:
        yield stage


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """Give a scripted relay alone."""
    with Relay(tmp_path) as relay:
        yield relay
