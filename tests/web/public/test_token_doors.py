"""Every door that opens by a token, as the router lists them: only its own token opens it."""

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI

from newsletter.publication.newsletters import change_newsletter
from newsletter.tokens import Purpose, Tokens
from tests.web.routes import all_routes

PARAMETER = "{token}"
UNLIKE_THEIR_PURPOSE = {"today": Purpose.PREFERENCES}
"""Doors whose address does not begin with what their token is for."""

STRANGERS = Tokens("the secret of another installation, as long")
REFUSALS = {403, 404}
FORM = {"change": "pause"}
"""What a form of ours sends: what lacks it is refused before its token is looked at."""


@dataclass(frozen=True)
class Entrance:
    """A method at an address, whose token is for one purpose."""

    method: str
    path: str

    @property
    def purpose(self) -> Purpose:
        """What the token is for, which the address says; ValueError for a door that says nothing known."""
        word = self.path.split("/")[1]
        return UNLIKE_THEIR_PURPOSE.get(word) or Purpose(word)

    def with_token(self, token: str) -> str:
        """Return the address with a token in it, and with numbers that there are."""
        return self.path.replace(PARAMETER, token).replace("{number}", "1").replace("{place}", "1")


def entrances(app: FastAPI) -> list[Entrance]:
    """Return every entrance of the app that has a token in its address."""
    return [Entrance(method, path) for method, path in all_routes(app.routes) if PARAMETER in path]


def signed(tokens: Tokens, purpose: Purpose, scene: Any) -> str:
    """Return a token for the first of everything, from this moment or for the first edition."""
    if purpose is Purpose.CLICK:
        return tokens.pair_signer(purpose, 1)(1)
    return tokens.sign(purpose, 1, scene.clock())


def damaged(token: str) -> set[str]:
    """Return a token cut short, lengthened, spelt otherwise, and with a bit of each octet turned."""
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    flipped = [bytearray(raw) for _ in raw]
    for place, each in enumerate(flipped):
        each[place] ^= 1 << place % 8
    turned = {base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in flipped}
    alike = {f"{token[:-1]}{last}" for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    others = {"x", "%00", "a%2Fb", token[:10], token[:-1], f"{token}A", token.swapcase()}
    return (turned | alike | others) - {token}


def borrowed(scene: Any, purpose: Purpose) -> set[str]:
    """Return good tokens for all other purposes."""
    return {signed(scene.services.tokens, each, scene) for each in Purpose if each is not purpose}


@pytest.fixture
def town(scene: Any) -> Any:
    """Give an edition on its way to its first reader, its links counted, its articles to be recommended."""
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"track_clicks": "true", "recommend": "true"})
    scene.add_reader("reader@example.com")
    scene.gather(["The harbour opens", "Rain is coming", "Markets close early"])
    scene.make_edition(ready_only=False)
    return scene


def test_the_router_knows_the_doors(scene: Any) -> None:
    """Those that readers' mail leads to are among them, and each says what its token is for."""
    found = entrances(scene.app)
    assert {Purpose(each) for each in ("confirm", "unsubscribe", "preferences", "welcome", "c")} <= {
        each.purpose for each in found
    }
    assert {"GET", "POST"} == {each.method for each in found}


def test_no_token_opens_a_door_that_it_is_not_for(town: Any) -> None:
    """Forged, damaged and borrowed tokens are refused everywhere, and change nothing."""
    before, browser = town.everything(), town.browser()
    tried, let_in = 0, []
    for door in entrances(town.app):
        own = signed(town.services.tokens, door.purpose, town)
        for token in damaged(own) | borrowed(town, door.purpose) | {signed(STRANGERS, door.purpose, town)}:
            tried += 1
            form = FORM if door.method == "POST" else None
            status = browser.request(door.method, door.with_token(token), data=form).status_code
            if status not in REFUSALS:
                let_in.append((door.method, door.with_token(token), status))
    assert [] == let_in
    assert tried > 50 * len(entrances(town.app)) > 0
    assert before == town.everything()
    assert [] == town.ringer.rung


def test_every_door_tells_its_own_token_from_others(town: Any) -> None:
    """What refuses everything would refuse forgeries too: the same request with the right token is not refused."""
    browser = town.browser()
    alike = []
    for door in [each for each in entrances(town.app) if each.method == "GET"]:
        links = [door.with_token(signed(each, door.purpose, town)) for each in (town.services.tokens, STRANGERS)]
        own, forged = (browser.get(link).status_code for link in links)
        if own == forged:
            alike.append((door, own))
    assert [] == alike
