"""The box in a real browser, on pages of another site: by script, in a frame, plain; on a phone, by keyboard."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from newsletter.admins.store import create_admin
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter, change_newsletter
from newsletter.readers.tables import sign_up
from newsletter.services import now
from tests.browsing import needs_chromium
from tests.clients.judges import AXE, faults_of, needs_node
from tests.web.serving import Elsewhere, elsewhere, serving

PHONE: Any = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TAKEN = "If this address can subscribe, a mail with a link is on its way."
LONG = 20_000
"""Milliseconds: a form waits three seconds by itself, and machines are slow."""

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def site() -> Iterator[Elsewhere]:
    """Serve somebody else's site."""
    with elsewhere() as served:
        yield served


@pytest.fixture
def open_house(make_scene: Callable[..., Any], site: Elsewhere) -> Iterator[Callable[..., Any]]:
    """Serve an installation with these settings, whose clock runs; it is asked for once."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        servers: list[Any] = []

        def make(**settings: object) -> Any:
            scene = make_scene(public_url=url, **{"form_origins": site.origin, **settings})
            scene.app.state.doorway = replace(scene.app.state.doorway, now=now)
            scene.url = url
            servers.append(serving(scene.app, door))
            servers[-1].__enter__()
            return scene

        yield make
        for server in servers:
            server.__exit__(None, None, None)


@pytest.fixture
def house(open_house: Callable[..., Any]) -> Any:
    """Serve an installation as it usually is, in English, Arabic and German."""
    scene = open_house()
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", {"languages": "ar de"})
    return scene


def _asked(scene: Any) -> list[tuple[str, str]]:
    """Return the addresses that were written down, each with the source of its form."""
    with scene.database.transaction() as connection:
        rows = connection.execute(sa.select(sign_up.c.address, sign_up.c.source).order_by(sign_up.c.id))
        return [(row.address, row.source) for row in rows]


def _script(scene: Any, query: str = "") -> str:
    return f'<script async src="{scene.url}/embed/daily.js{query}"></script>'


PLAIN = (
    '<form method="post" action="{url}/subscribe"><input type="hidden" name="newsletter" value="daily">'
    '<label for="plain">Plain</label><input type="email" id="plain" name="address"><button>Plain</button></form>'
)


def _complaints(page: Page) -> list[str]:
    """Return a list that fills with what the page's console calls an error."""
    heard: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            heard.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def test_by_script_a_reader_stays_on_the_page(house: Any, site: Elsewhere, browser: Browser) -> None:
    """Under a strict policy, by keyboard only; the answer is in a live region, which has the focus."""
    policy = (
        f"default-src 'none'; script-src {house.url}; connect-src {house.url}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'"
    )
    address = site.show(f"<p>Before</p>{_script(house)}<p>After</p>", {"Content-Security-Policy": policy})
    page = browser.new_page()
    heard = _complaints(page)
    page.goto(f"{address}?reader=7#part")
    field = page.get_by_role("textbox", name="Newsletter: Get top stories and blog posts emailed to you each day.")
    field.wait_for()
    page.keyboard.press("Tab")
    expect(field).to_be_focused()
    page.keyboard.type("new@example.com")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Subscribe")).to_be_focused()
    page.keyboard.press("Enter")
    status = page.get_by_role("status")
    expect(status).to_have_text("One moment…")
    expect(status).to_contain_text(TAKEN, timeout=LONG)
    expect(status).to_be_focused()
    expect(field).to_have_count(0)
    assert page.url == f"{address}?reader=7#part"
    assert [("new@example.com", f"{site.origin}/news/today")] == _asked(house)
    assert heard == []


def test_the_script_asks_about_a_slip(house: Any, site: Elsewhere, browser: Browser) -> None:
    """Two buttons, the likelier first and in focus; either is one press."""
    page = browser.new_page()
    for press, expected in (("reader@gmail.com", "reader@gmail.com"), ("No, reader@gmial.com is right", None)):
        page.goto(site.show(_script(house)))
        page.get_by_role("textbox").fill("reader@gmial.com")
        page.keyboard.press("Enter")
        likely = page.get_by_role("button", name="reader@gmail.com", exact=True)
        expect(likely).to_be_focused(timeout=LONG)
        expect(page.get_by_role("status")).to_have_text("Did you mean reader@gmail.com?")
        page.get_by_role("button", name=press, exact=True).press("Enter")
        expect(page.get_by_role("status")).to_contain_text(TAKEN, timeout=LONG)
        assert (expected or "reader@gmial.com") == _asked(house)[-1][0]


def test_the_script_says_what_is_wrong(house: Any, site: Elsewhere, browser: Browser) -> None:
    """An address that cannot be is told in the live region, and the focus goes back to the field."""
    page = browser.new_page()
    page.goto(site.show(_script(house)))
    field = page.get_by_role("textbox")
    field.fill("reader@example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("That is not an address we can mail", timeout=LONG)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("reader@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(TAKEN, timeout=LONG)


def test_included_twice_it_stands_once(house: Any, site: Elsewhere, browser: Browser) -> None:
    """Scripts in the head, twice beside each other, or with places of their own make one box for each place."""
    page = browser.new_page()
    heard = _complaints(page)
    twice = _script(house) * 2
    for content, head, boxes in (
        (twice, "", 1),
        (f'<div data-newsletter="daily"></div>{twice}', "", 1),
        (f'<div data-newsletter="daily"></div><div data-newsletter="daily"></div>{twice}', "", 2),
        ('<div data-newsletter="daily"></div>', twice, 1),
    ):
        page.goto(site.show(content, head=head), wait_until="networkidle")
        expect(page.get_by_role("textbox")).to_have_count(boxes)
        assert page.get_by_role("textbox").first.is_visible()
    assert heard == []


def test_what_was_typed_before_the_script_ran_is_kept(house: Any, site: Elsewhere, browser: Browser) -> None:
    """A plain form that stands there already hands on its address and the focus."""
    page = browser.new_page()
    held: list[Any] = []
    page.route("**/embed/daily.js", lambda route: held.append(route))  # noqa: PLW0108 — Playwright marks its handler
    content = f'<div data-newsletter="daily">{PLAIN.format(url=house.url)}</div>{_script(house)}'
    page.goto(site.show(content), wait_until="commit")
    plain = page.get_by_label("Plain")
    plain.fill("slow@exam")
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    field = page.get_by_label("Newsletter: Get top stories")
    expect(field).to_have_value("slow@exam")
    expect(field).to_be_focused()
    expect(plain).to_be_hidden()
    page.keyboard.press("End")
    page.keyboard.type("ple.com\n")
    expect(page.get_by_role("status")).to_contain_text(TAKEN, timeout=LONG)
    assert "slow@example.com" == _asked(house)[0][0]


def test_without_script_the_plain_form_works(house: Any, site: Elsewhere, browser: Browser) -> None:
    """The reader comes to our page, filled in, and presses once more; the focus is on the button."""
    page = browser.new_context(java_script_enabled=False, **PHONE).new_page()
    page.goto(site.show(f'<div data-newsletter="daily">{PLAIN.format(url=house.url)}</div>{_script(house)}'))
    page.get_by_label("Plain").fill("plain@example.com")
    page.get_by_role("button", name="Plain").tap()
    expect(page.get_by_role("alert")).to_have_text("Almost done: press the button once more.")
    expect(page.get_by_role("textbox")).to_have_value("plain@example.com")
    button = page.get_by_role("button", name="Subscribe")
    expect(button).to_be_focused()
    page.wait_for_timeout(1500)
    page.keyboard.press("Enter")
    page.wait_for_url("**/subscribed?lang=en")
    assert ["plain@example.com"] == [address for address, _ in _asked(house)]


@pytest.mark.parametrize("blocked", ["site", "connect"])
def test_where_the_script_may_not_send_the_form_does(
    open_house: Callable[..., Any], site: Elsewhere, browser: Browser, blocked: str
) -> None:
    """A site that FORM_ORIGINS does not name, or a policy without connect-src: the ordinary way is taken."""
    house = open_house(form_origins="" if blocked == "site" else site.origin)
    policy = {"Content-Security-Policy": "connect-src 'none'"} if blocked == "connect" else {}
    page = browser.new_page()
    page.goto(site.show(_script(house), policy))
    page.get_by_role("textbox").fill("reader@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/subscribe", timeout=LONG)
    expect(page.get_by_role("textbox")).to_have_value("reader@example.com")
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Subscribe").click()
    page.wait_for_url("**/subscribed?lang=en")
    assert [("reader@example.com", f"{site.origin}/news/today")] == _asked(house)


def test_in_a_frame_all_happens_in_the_frame(house: Any, site: Elsewhere, browser: Browser) -> None:
    """On a phone, with script off: the form, what it lacks and the answer stay where they stood."""
    page = browser.new_context(java_script_enabled=False, **PHONE).new_page()
    frame_of = f'<iframe src="{house.url}/embed/daily.html" title="The Daily" width="100%" height="320"></iframe>'
    address = site.show(frame_of)
    page.goto(address)
    frame = page.frame_locator("iframe")
    frame.get_by_role("textbox").fill("reader@gmial.com")
    frame.get_by_role("button", name="Subscribe").tap()
    expect(frame.get_by_role("alert")).to_have_text("Did you mean reader@gmail.com?")
    page.wait_for_timeout(3500)
    frame.get_by_role("button", name="No, reader@gmial.com is right").tap()
    expect(frame.get_by_role("status")).to_contain_text(TAKEN)
    assert page.url == address
    assert [("reader@gmial.com", site.origin)] == _asked(house)


def test_a_stranger_may_not_frame_it(open_house: Callable[..., Any], site: Elsewhere, browser: Browser) -> None:
    """The browser itself keeps the form out of the frame."""
    house = open_house(form_origins="https://elsewhere.example")
    page = browser.new_page()
    heard = _complaints(page)
    page.goto(site.show(f'<iframe src="{house.url}/embed/daily.html" title="The Daily"></iframe>'))
    expect(page.frame_locator("iframe").get_by_role("textbox")).to_have_count(0)
    assert "frame-ancestors" in heard[0]


@pytest.mark.parametrize("hosted", [True, False])
def test_the_proof_of_work_is_done_by_the_browser(
    open_house: Callable[..., Any], site: Elsewhere, browser: Browser, hosted: bool
) -> None:
    """Our own script finds it, on our page and on another site's, and the form is sent with it."""
    house = open_house(sign_up_work=10)
    page = browser.new_page()
    heard = _complaints(page)
    policy = (
        f"script-src {house.url}; connect-src {house.url}; require-trusted-types-for 'script'; trusted-types x"
    )
    page.goto(house.url if hosted else site.show(_script(house), {"Content-Security-Policy": policy}))
    page.get_by_role("textbox").fill(" reader@example.com ")
    page.wait_for_timeout(3500)
    page.keyboard.press("Enter")
    page.get_by_text(TAKEN).wait_for(timeout=LONG)
    assert ["reader@example.com"] == [address for address, _ in _asked(house)]
    assert heard == []


def test_the_hosted_form_works_by_keyboard(house: Any, browser: Browser) -> None:
    """Tab to a box, space, tab to the field, Enter: on a phone's width nothing sticks out."""
    with house.database.transaction() as connection:
        add_newsletter(connection, NewsletterSettings("sports", "Sports", "The Paper", "n@paper.example"))
    page = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    page.goto(house.url)
    page.get_by_role("checkbox", name="Sports").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your email address")).to_be_focused()
    page.keyboard.type("keys@example.com")
    page.wait_for_timeout(3500)
    page.keyboard.press("Enter")
    page.wait_for_url("**/subscribed?lang=en")
    assert ["keys@example.com"] == [address for address, _ in _asked(house)]


@needs_node
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_in_it_is_hard_to_use(
    house: Any, site: Elsewhere, browser: Browser, language: str, scheme: Any
) -> None:
    """axe-core finds nothing serious on any of its pages, and none of them is wider than a phone."""
    with house.database.transaction() as connection:
        create_admin(connection, "editor@paper.example", "four words nobody joins")
    page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
    dark = "<style>body{background:#181818;color:#eee}</style>" if scheme == "dark" else ""
    query, axe = f"?lang={language}", AXE.read_text("utf-8")
    found = {}

    def look(name: str) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth")
        found[name] = [*faults_of(page, axe), *([f"{wide} pixels wide"] if wide > 390 else [])]

    for path in ("/", "/embed/daily.html", "/embed/daily/subscribed"):
        page.goto(f"{house.url}{path}{query}")
        look(path)
    for name, address in (("slip", "a@example"), ("hint", "reader@gmial.com"), ("again", "a@example.com")):
        page.goto(f"{house.url}/{query}")
        page.get_by_role("textbox").fill(address)
        page.get_by_role("textbox").press("Enter")
        page.wait_for_url("**/subscribe")
        look(name)
    page.goto(site.show(_script(house, query), head=dark))
    page.get_by_role("textbox").fill("reader@gmial.com")
    look("script")
    page.keyboard.press("Enter")
    page.get_by_role("button").nth(2).wait_for(timeout=LONG)
    look("script, slip")
    page.get_by_role("button").nth(1).click()
    expect(page.get_by_role("textbox")).to_have_count(0, timeout=LONG)
    look("script, taken")
    assert {name: [] for name in found} == found


def test_the_look_is_the_sites_own(house: Any, site: Elsewhere, browser: Browser) -> None:
    """Two variables set colour and type; on a light colour the button's words are dark; Arabic runs leftwards."""
    page = browser.new_page()
    variables = "--newsletter-accent:rgb(255,220,0);--newsletter-font:monospace"
    style = f"<style>[data-newsletter]{{{variables}}} button{{display:none!important}}</style>"
    page.goto(site.show(_script(house, "?lang=ar"), head=style))
    button = page.get_by_role("button")
    expect(button).to_have_css("background-color", "rgb(255, 220, 0)")
    expect(button).to_have_css("color", "oklch(0 0 0)")
    expect(button).to_have_css("font-family", "monospace")
    expect(page.locator("form")).to_have_css("direction", "rtl")
    page.goto(site.show(_script(house)))
    expect(button).to_have_css("background-color", "rgb(155, 28, 31)")
    expect(button).to_have_css("color", "oklch(1 0 0)")


def test_the_console_shows_what_to_copy(house: Any, site: Elsewhere, browser: Browser) -> None:
    """Each way is there as HTML that works when it is pasted, and the box beside it as it looks."""
    with house.database.transaction() as connection:
        create_admin(connection, "editor@paper.example", "four words nobody joins")
    page = browser.new_page()
    heard = _complaints(page)
    page.goto(f"{house.url}/console/login")
    page.fill("#address", "editor@paper.example")
    page.fill("#password", "four words nobody joins")
    page.click("main button")
    page.get_by_role("link", name="The box").click()
    expect(page.get_by_role("button", name="Subscribe")).to_be_visible()
    ways = [page.locator(f"#{way}-daily").input_value() for way in ("script", "frame", "form")]
    assert heard == []
    for way in ways:
        page.goto(site.show(way))
        place = page.frame_locator("iframe") if "<iframe" in way else page
        expect(place.get_by_role("textbox", name="Newsletter: Get top stories")).to_be_visible()
        expect(place.get_by_role("button", name="Subscribe")).to_be_visible()
