"""A whole installation between a real mail server and its readers' mailboxes."""

from collections.abc import Iterator

import pytest

from tests.e2e.installation import free_port, installation
from tests.mta.post_office import PostOffice
from tests.mta.postfix import OURS, serving


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    """Give an installation that mails through postfix, and that postfix brings its mail to."""
    door = free_port()
    with serving(door, ["grace", "ida", "hugo", "vera"]) as mta:
        settings = {"SMTP_URL": mta.url, "INBOUND_DOMAIN": OURS, "LMTP_PORT": str(door), "TICK_INTERVAL": "2"}
        with installation(tmp_path_factory.mktemp("paper"), **settings) as paper:
            done = paper.run("newsletters", "set", "daily", f"sender_address=news@{OURS}")
            assert done.returncode == 0, done.stderr
            yield PostOffice(paper, mta)
