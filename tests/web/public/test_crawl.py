"""Every link of a delivered mail, followed by a scanner: nothing changes."""

import email
import email.policy
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from newsletter.delivery.messages.composer import compose_copy, load_copy
from newsletter.edition.store import Wish
from newsletter.publication.newsletters import change_newsletter

LINK = re.compile(r"""https?://[^\s"'<>]+""")
HREF = re.compile(r"""(?:href|src|action)=["']([^"']+)""")


def _links(mail: bytes) -> set[str]:
    """Return every address in a message: of its headers, its text and its HTML."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    written = [str(value) for name, value in message.items() if name.startswith("List-")]
    written += [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return {link.replace("&amp;", "&") for each in written for link in LINK.findall(each)}


@pytest.mark.parametrize("language", ["", "ar"])
def test_following_every_link_of_a_mail_changes_nothing(scene: Any, language: str) -> None:
    """GET and HEAD, with and without a fragment, and then every link of the pages that they lead to."""
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar", "reader_hours": "true", "recommend": "true"})
    reader = scene.add_reader("reader@example.com")
    scene.gather(["The harbour opens", "Rain is coming", "Markets close early"])
    edition_id = scene.make_edition(ready_only=False)
    copy = load_copy(scene.services.post, edition_id, Wish(language))
    first = _links(compose_copy(scene.services.post, copy, reader, "reader@example.com"))
    ours = {each for each in first if urlsplit(each).netloc == urlsplit(scene.services.settings.public_url).netloc}
    assert {"archive", "preferences", "unsubscribe"} <= {urlsplit(each).path.split("/")[1] for each in ours}
    before = scene.everything()
    browser = scene.browser()
    second = set()
    for link in ours:
        second |= {urljoin(link, found) for found in HREF.findall(browser.get(link).text)}
    for link in ours | {each for each in second if each.startswith(scene.services.settings.public_url)}:
        statuses = [browser.request(method, link).status_code for method in ("GET", "HEAD", "GET")]
        assert statuses in ([200] * 3, [405] * 3), link
    assert before == scene.everything()
    assert [] == scene.ringer.rung
