"""One installation for all judges: started once, walked through once."""

from collections.abc import Iterator

import pytest

from tests.clients.walk import INBOUND_DOMAIN, NAMES, Walk, walk_through
from tests.e2e.installation import free_port, installation


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Give an installation with every kind of mail in its mailbox, its clock ticking fast."""
    settings = {"TICK_INTERVAL": "2", "INBOUND_DOMAIN": INBOUND_DOMAIN, "LMTP_PORT": str(free_port())}
    with installation(tmp_path_factory.mktemp("walked"), **settings) as paper:
        walked = walk_through(paper)
        assert {*NAMES} == walked.sources.keys()
        yield walked
