"""Mail in two languages, from the feed to the reader's browser: whatever a message links to works in both."""

import re
from dataclasses import replace
from typing import Any

import pytest

from newsletter import tasks
from newsletter.delivery.drain import Way
from newsletter.delivery.messages.encoding import Encoding
from newsletter.delivery.smtp.client import SmtpTransport
from newsletter.delivery.smtp.relay import Relay, Tls
from newsletter.delivery.throttling.operator import KnownOperators
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.publication.newsletters import change_newsletter
from newsletter.readers.choices import choose_language
from newsletter.readers.store import Origin, find_reader
from newsletter.readers.tables import SubscriptionState
from tests.delivery.mail import parse, text_of
from tests.delivery.scripted_relay import ScriptedRelay

TITLES = ["A mill opens", "A train returns", "A goat waits"]
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
LANGUAGES = {"ann@example.com": "en", "layla@example.com": "ar"}


@pytest.fixture
def kept(scene: Any) -> dict[str, Any]:
    """Send an edition to two readers, each in a language of their own; return their messages as they arrived."""
    with scene.database.transaction() as connection:
        change_newsletter(connection, scene.newsletter.slug, {"languages": "ar", "track_clicks": "yes"})
    for address, language in LANGUAGES.items():
        subscription_id = scene.add_reader(address)
        with scene.database.transaction() as connection:
            choose_language(connection, subscription_id, language, Origin("test"), scene.clock())
    scene.gather(TITLES)
    edition_id = scene.make_edition(ready_only=False)
    with ScriptedRelay() as relay:
        transport = SmtpTransport([Relay("127.0.0.1", relay.port, Tls.IF_OFFERED)])
        scene.services.post = replace(scene.services.post, transport=transport)
        scene.services.way = Way(scene.services.ledger, Throttle(transport.relays, {}), KnownOperators(), 1)
        tasks.submit_edition(scene.services, edition_id)
        transport.close()
        return {each.recipient: parse(each.content) for each in relay.kept}


@pytest.mark.parametrize(("address", "language"), LANGUAGES.items())
def test_every_link_of_a_message_works(scene: Any, kept: dict[str, Any], address: str, language: str) -> None:
    """Each counted link leads to its article, in text and in HTML; one click ends this subscription alone."""
    message, home = kept[address], scene.services.settings.public_url
    assert language == message["Content-Language"]
    html, text = text_of(message, "html"), text_of(message, "plain")
    assert f'lang="{language}"' in html
    for part in (html, text):
        links = dict.fromkeys(re.findall(rf"{re.escape(home)}(/c/[\w-]+/\d+)", part))
        led = [scene.browser().get(link, headers=BROWSER).headers["location"] for link in links]
        assert [f"https://paper.example/news/{place}" for place in range(3)] == sorted(led)
        assert message["List-Unsubscribe"].strip("<>") in part
    link = message["List-Unsubscribe"].strip("<>").removeprefix(home)
    answer = scene.browser().post(link, data={"List-Unsubscribe": "One-Click"})
    assert 200 == answer.status_code
    with scene.database.transaction() as connection:
        left = {each: find_reader(connection, each)[0][1] for each in LANGUAGES}
    others = dict.fromkeys(LANGUAGES, SubscriptionState.ACTIVE)
    assert others | {address: SubscriptionState.UNSUBSCRIBED} == left


def test_each_part_is_in_the_encoding_that_suits_it(kept: dict[str, Any]) -> None:
    """English is quoted-printable; the text in Arabic is base64, which is half of it."""
    encodings = {address: message.get_payload(0)["Content-Transfer-Encoding"] for address, message in kept.items()}
    expected = dict(zip(LANGUAGES, (Encoding.QUOTED_PRINTABLE, Encoding.BASE64), strict=True))
    assert expected == encodings
