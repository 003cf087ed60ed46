"""The box tells nobody who reads us."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import lxml.html
import pytest
import sqlalchemy as sa

from newsletter.bell import Bell, TaskName
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter, change_newsletter
from newsletter.readers.sign_ups import SignUp, put_sign_up
from newsletter.readers.store import Origin
from newsletter.readers.tables import consent_text, sign_up, suppression
from newsletter.web.public.form_token import make_form_token
from newsletter.web.public.work import is_worked

ENGLISH = "Newsletter: Get top stories and blog posts emailed to you each day."


def _wishes(scene: Any) -> list[Any]:
    with scene.database.transaction() as connection:
        return list(connection.execute(sa.select(sign_up).order_by(sign_up.c.id)))


def _add(scene: Any, slug: str) -> int:
    with scene.database.transaction() as connection:
        return add_newsletter(
            connection, NewsletterSettings(slug, slug.title(), "The Paper", "n@paper.example")
        ).id


def test_the_page_has_one_field_with_its_label(scene: Any) -> None:
    """The box asks for an address and nothing else, in the words of the product."""
    page = scene.browser().get("/").text
    assert page.count('type="email"') == 1
    assert ENGLISH in page
    assert 'href="/archive/daily"' in page
    assert "<script" not in page
    assert "checkbox" not in page


def test_known_unknown_and_suppressed_addresses_get_the_same_bytes(scene: Any) -> None:
    """Nobody can find out by the form who is subscribed, by page or by script."""
    scene.add_reader("known@example.com")
    with scene.database.transaction() as connection:
        connection.execute(
            sa.insert(suppression).values(canonical_address="never@example.com", reason="complaint")
        )
    token = make_form_token(scene.services.tokens, scene.clock() - timedelta(minutes=1))
    ways: list[Callable[[str], Any]] = [
        scene.sign_up,
        lambda address: scene.browser().post("/subscribe", json={"address": address, "token": token}),
    ]
    told = []
    for way in ways:
        answers = {
            (answer.status_code, answer.content, repr(answer.headers))
            for answer in (way(f"{who}@example.com") for who in ("known", "never", "new", "new"))
        }
        assert len(answers) == 1
        told.append(answers.pop())
    assert [(303, b""), (202, told[1][1])] == [each[:2] for each in told]
    assert "/subscribed" in told[0][2]


def test_a_wish_is_written_down_for_a_task(scene: Any) -> None:
    """It keeps the network but not the address of the browser, where the form stood, and which text was shown."""
    scene.sign_up(" New@Example.com ", source="https://paper.example/news\r\n")
    [wish] = _wishes(scene)
    assert ("New@example.com", [scene.newsletter.id], "form") == (wish.address, wish.newsletter_ids, wish.how)
    assert ("203.0.113.0/24", "https://paper.example/news") == (wish.network, wish.source)
    assert scene.ringer.rung == [Bell(TaskName.HANDLE_SIGN_UP, wish.id)]
    with scene.database.transaction() as connection:
        kept = sa.select(consent_text.c.text).where(consent_text.c.version == wish.text_version)
        shown = connection.execute(kept).scalar_one()
    assert shown.startswith(ENGLISH)
    assert shown.removeprefix(ENGLISH).strip() in scene.browser().get("/").text


def test_a_newsletter_that_counts_clicks_says_so(scene: Any) -> None:
    """Nobody agrees to what they were not told."""
    assert "No tracking." in scene.browser().get("/").text
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"track_clicks": "true"})
    page = scene.browser().get("/").text
    assert "No tracking." not in page
    assert "We count which links are followed." in page


def test_an_invalid_address_is_shown_again(scene: Any) -> None:
    """A slip comes back with a message, escaped, and nothing is stored."""
    before = scene.everything()
    answer = scene.sign_up('"><script>alert(1)</script>')
    assert answer.status_code == 422
    assert "That is not an address we can mail" in answer.text
    assert "<script" not in answer.text
    assert scene.everything() == before


@pytest.mark.parametrize("age", [None, 0, 2, 7201])
def test_a_form_without_a_good_token_is_not_lost(scene: Any, age: int | None) -> None:
    """It comes back filled in, the same for everybody, and one more press makes it good."""
    scene.add_reader("known@example.com")
    token = "" if age is None else make_form_token(scene.services.tokens, scene.clock() - timedelta(seconds=age))
    pages = []
    for who in ("known", "strange"):
        form = {"address": f"{who}@example.com", "token": token, "newsletter": "daily", "source": "here"}
        answer = scene.browser().post("/subscribe", data=form)
        assert answer.status_code == 200
        assert "Almost done: press the button once more." in answer.text
        again = _fields(answer.text)
        pages.append(answer.text.replace(again["token"], "").replace(who, ""))
    assert pages[0] == pages[1]
    assert ("strange@example.com", "daily", "here") == (again["address"], again["newsletter"], again["source"])
    assert _wishes(scene) == []
    scene.clock.pass_by(timedelta(seconds=3))
    assert scene.browser().post("/subscribe", data=again).status_code == 303
    assert ["strange@example.com"] == [wish.address for wish in _wishes(scene)]


def _fields(page: str) -> dict[str, str]:
    """Return the fields of the form on a page, as a browser sends them without a change."""
    form = lxml.html.document_fromstring(page).forms[0]
    return {name: value for name, value in form.form_values() if name != "as_written"}


def test_a_slip_of_the_finger_is_asked_about(scene: Any) -> None:
    """The form comes back with what was likely meant; one button sends that, the other what was written."""
    asked = scene.sign_up("reader@gmial.com")
    assert asked.status_code == 200
    assert "Did you mean <strong><bdi>reader@gmail.com</bdi></strong>?" in asked.text
    assert 'name="as_written" value="reader@gmial.com">No, reader@gmial.com is right</button>' in asked.text
    fields = _fields(asked.text)
    assert fields["address"] == "reader@gmail.com"
    for form in (fields, {**fields, "as_written": "reader@gmial.com"}):
        assert scene.browser().post("/subscribe", data=form).status_code == 303
    assert ["reader@gmail.com", "reader@gmial.com"] == [wish.address for wish in _wishes(scene)]


@pytest.mark.parametrize("refuse", [True, False])
def test_throw_away_mail_is_refused_at_every_door(make_scene: Callable[..., Any], refuse: bool) -> None:
    """What the form would not take is not let in by mail either."""
    scene = make_scene(refuse_disposable=refuse)
    wish = SignUp("reader@mailinator.com", (scene.newsletter.id,), Origin("mail"))
    with scene.database.transaction() as connection:
        put_sign_up(connection, wish, scene.clock())
    assert [None if refuse else 1] == scene.handle_sign_ups()


@pytest.mark.parametrize(("expected", "refuse"), [(422, True), (303, False)])
def test_throw_away_mail_is_refused_where_asked_for(
    make_scene: Callable[..., Any], expected: int, refuse: bool
) -> None:
    """REFUSE_DISPOSABLE decides, and the page says why."""
    answer = make_scene(refuse_disposable=refuse).sign_up("reader@mailinator.com")
    assert expected == answer.status_code
    assert ("We do not mail to addresses for throw-away mail." in answer.text) == refuse


def test_the_hidden_field_catches_machines(scene: Any) -> None:
    """Whoever fills in what nobody sees gets the usual answer and no subscription."""
    before = scene.everything()
    answer = scene.browser().post(
        "/subscribe", data={"address": "bot@example.com", "website": "https://x.example"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/subscribed")
    assert scene.sign_up("bot@example.com", website="https://x.example").status_code == 303
    before.pop("allowance")
    assert {name: rows for name, rows in scene.everything().items() if name != "allowance"} == before
    assert scene.ringer.rung == []


def test_a_network_that_asks_too_often_gets_the_same_answer(make_scene: Callable[..., Any]) -> None:
    """Nothing tells a flood where its limit is."""
    scene = make_scene(sign_ups_per_network=2)
    answers = [scene.sign_up(f"reader{number}@example.com") for number in range(6)]
    assert {(303, "/subscribed", b"")} == {
        (each.status_code, each.headers["location"], each.content) for each in answers
    }
    assert 0 < len(_wishes(scene)) <= 2


def test_with_several_newsletters_their_reader_chooses(scene: Any) -> None:
    """Check boxes, none ticked before; what was ticked stays so in a form that comes back."""
    weekly = _add(scene, "weekly")
    sports = _add(scene, "sports")
    page = scene.browser().get("/").text
    assert (1, 3, 0) == (page.count('type="email"'), page.count('type="checkbox"'), page.count(" checked"))
    assert scene.sign_up("a@example.com").status_code == 422
    assert scene.sign_up("a@example.com", newsletter="nosuch").status_code == 422
    slip = scene.sign_up("a@example", newsletter=["weekly", "sports"])
    assert (422, 2) == (slip.status_code, slip.text.count(" checked"))
    assert scene.sign_up("a@example.com", newsletter=["weekly", "sports", "weekly", "nosuch"]).status_code == 303
    assert [{weekly, sports}] == [set(wish.newsletter_ids) for wish in _wishes(scene)]


def test_a_link_leads_to_one_newsletter(scene: Any) -> None:
    """An address of the page can name the newsletter, and where the link stood."""
    _add(scene, "weekly")
    page = scene.browser().get("/?newsletter=weekly&source=footer").text
    assert "checkbox" not in page
    assert ("weekly", "footer") == (_fields(page)["newsletter"], _fields(page)["source"])
    assert scene.browser().get("/?newsletter=nosuch").text.count("checkbox") == 2


def test_work_is_asked_for_where_it_is_switched_on(make_scene: Callable[..., Any]) -> None:
    """Without its proof the form comes back, and says how to subscribe without a script."""
    scene = make_scene(sign_up_work=8, inbound_domain="in.paper.example")
    page = scene.browser().get("/").text
    assert '<script src="/static/work.js" defer></script>' in page
    assert 'href="mailto:subscribe+daily@in.paper.example"' in page
    refused = scene.sign_up("reader@example.com")
    assert refused.status_code == 200
    assert "This form needs a browser that runs scripts." in refused.text
    form = _fields(refused.text)
    nonce = next(str(n) for n in range(10_000) if is_worked(form["token"], form["address"], str(n), 8))
    assert scene.browser().post("/subscribe", data={**form, "nonce": nonce}).status_code == 303
    assert ["reader@example.com"] == [wish.address for wish in _wishes(scene)]


def test_json_is_told_what_to_show(scene: Any) -> None:
    """A script gets the outcome, the words for its reader, and a token to send the form again with."""
    browser = scene.browser()
    token = make_form_token(scene.services.tokens, scene.clock() - timedelta(minutes=1))

    def send(**form: object) -> tuple[int, dict[str, Any]]:
        answer = browser.post("/subscribe", json={"newsletter": "daily", "token": token, **form})
        return answer.status_code, answer.json()

    status, slip = send(address="reader@gmial.com")
    assert (200, "mistyped", "reader@gmail.com") == (status, slip["outcome"], slip["suggestion"])
    assert ("Did you mean reader@gmail.com?", token, 0) == (slip["text"], slip["token"], slip["wait"])
    status, again = send(address="a@example.com", token="")
    assert (200, "again", 1) == (status, again["outcome"], again["wait"])
    status, unfit = send(address="a@")
    assert (422, "unfit", True) == (status, unfit["outcome"], bool(unfit["text"]))
    assert (422, "unchosen") == (send(newsletter=["nosuch"])[0], send(newsletter=["nosuch"])[1]["outcome"])
    status, taken = send(address="reader@gmial.com", as_written="reader@gmial.com")
    assert (202, {"outcome", "text"}) == (status, set(taken))
    assert ["reader@gmial.com"] == [wish.address for wish in _wishes(scene)]


def test_the_answer_names_nobody(scene: Any) -> None:
    """The page after the form is the same for all."""
    page = scene.browser().get("/subscribed")
    assert page.status_code == 200
    assert "@" not in page.text


@pytest.mark.parametrize("public_url", ["https://news.example/letters", "https://news.example/letters/"])
def test_links_stand_under_the_path_of_the_public_url(make_scene: Callable[..., Any], public_url: str) -> None:
    """Behind a proxy that gives us a folder, every link stays in it."""
    scene = make_scene(public_url=public_url)
    browser = scene.browser()
    browser.headers["Host"] = "news.example"
    page = browser.get("/").text
    assert 'action="/letters/subscribe"' in page
    token = make_form_token(scene.services.tokens, scene.clock() - timedelta(minutes=1))
    answer = browser.post("/subscribe", data={"address": "a@example.com", "token": token})
    assert answer.headers["location"] == "/letters/subscribed"
