"""The archive shows what was sent, and nobody's own links."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html import escape
from typing import Any

import lxml.html
import pytest
import sqlalchemy as sa

from newsletter.delivery.messages.composer import compose_copy, load_copy, personal_values
from newsletter.delivery.start import start_sending
from newsletter.edition.plan import EditionRequest
from newsletter.edition.printing.pdf import can_press
from newsletter.edition.store import Wish
from newsletter.edition.tables import EditionKind, edition
from newsletter.gather.tables import ImageState, article, image
from newsletter.publication.newsletters import change_newsletter
from newsletter.schedule.advance import advance
from newsletter.schedule.request import request_edition
from newsletter.tokens import Purpose

TITLES = ["A mill opens", "A train returns", "<script>alert(1)</script>", "A goat waits"]
PAGE = "/archive/daily/2026-03-02"
ADDED = re.compile(r'<meta name="description".*(?=</head>)', re.DOTALL)


def _sent(scene: Any, **settings: str) -> int:
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", settings)
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    return int(scene.make_edition(ready_only=False))


def _sent_to(scene: Any, address: str) -> int:
    """Send an edition to one reader by name."""
    reader_id, now = scene.add_reader(address), scene.clock()
    asked = EditionRequest(
        scene.newsletter.id, now.date(), now, "editor", sends_when_ready=False, subscription_ids=(reader_id,)
    )
    with scene.database.transaction() as connection:
        edition_id = int(request_edition(connection, asked, now).edition_id)
        pace = replace(scene.services.pace, recheck_limit=timedelta(0))
        advance(connection, edition_id, scene.services.workshop, pace, now)
        start_sending(connection, edition_id, now)
    return edition_id


def _corrected(scene: Any) -> None:
    with scene.database.transaction() as connection:
        told = {"correction": "It opens in <May>.", "corrected_at": scene.clock.at.replace(hour=13)}
        connection.execute(sa.update(article).where(article.c.title == "A mill opens").values(told))


def _attribute(page: str, query: str, name: str) -> list[str]:
    return [str(each.get(name)) for each in lxml.html.document_fromstring(page).cssselect(query)]


def test_the_index_lists_sent_editions_only(scene: Any) -> None:
    """An edition appears once its sending has begun."""
    scene.add_reader("reader@example.com")
    scene.gather(TITLES)
    edition_id = scene.make_edition()
    assert "2026-03-02" not in scene.browser().get("/archive/daily").text
    assert scene.browser().get(PAGE).status_code == 404
    with scene.database.transaction() as connection:
        start_sending(connection, edition_id, scene.clock())
    index = scene.browser().get("/archive/daily").text
    assert [PAGE] == _attribute(index, "a.headline", "href")
    assert "March 2026" in index
    assert "Monday, March 2, 2026" in index
    assert "A mill opens" in index
    assert scene.browser().get(PAGE).status_code == 200


def test_the_index_is_paged(scene: Any) -> None:
    """A hundred editions stand on a page, the newest first; beyond the last there is none."""
    rows = sa.text(
        "INSERT INTO edition"
        " (newsletter_id, key, edition_on, state, requested_by, sends_when_ready, due_at, ready_at)"
        " SELECT :newsletter, on_day::date::text, on_day, 'done', 'schedule', true, on_day, on_day"
        " FROM generate_series(timestamptz '2025-11-01Z', '2026-02-09Z', '1 day') AS on_day"
    )
    contents = sa.text(
        "INSERT INTO edition_content (edition_id, language, place, subject, preheader, text, html, marker)"
        " SELECT id, 'en', 0, '', '', '', '', '' FROM edition"
    )
    with scene.database.transaction() as connection:
        connection.execute(rows, {"newsletter": scene.newsletter.id})
        connection.execute(contents)
    first, second = (scene.browser().get(f"/archive/daily{query}").text for query in ("", "?page=2"))
    links = _attribute(first, "a.headline", "href")
    assert (100, "/archive/daily/2026-02-09") == (len(links), links[0])
    assert ["/archive/daily/2025-11-01"] == _attribute(second, "a.headline", "href")
    assert ["/archive/daily?page=2"] == _attribute(first, "a[rel=next]", "href")
    assert ["/archive/daily"] == _attribute(second, "a[rel=prev]", "href")
    assert [404, 422, 422] == [
        scene.browser().get(f"/archive/daily?page={page}").status_code for page in ("3", "0", "x")
    ]


def test_it_is_what_was_mailed(scene: Any) -> None:
    """Less a reader's own links and address, and more in its head, the page is the mail's HTML to the letter."""
    edition_id = _sent(scene, track_clicks="true", recommend="true")
    post = scene.services.post
    copy, address = load_copy(post, edition_id), "reader@example.com"
    message = message_from_bytes(compose_copy(post, copy, 1, address), policy=policy.default)
    part = message.get_body(("html",))
    assert part is not None
    mailed = part.get_content().replace("\r\n", "\n").rstrip("\n")
    home = f"{scene.services.settings.public_url}/"
    values = personal_values(post, copy, 1, address)
    click = values.pop(next(slot for slot in values if slot == "click"))
    for number, link in enumerate(copy.content.links, 1):
        mailed = mailed.replace(f'{escape(click)}/{number}"', f'{escape(link)}"')
    mailed = re.sub(rf"{re.escape(escape(click))}/r\d+", home, mailed)
    for slot, value in values.items():
        mailed = mailed.replace(escape(value), "a reader" if slot == "address" else home)
    page = scene.browser().get(PAGE).text
    assert 1 == len(ADDED.findall(page))
    assert mailed == ADDED.sub("", page).rstrip("\n")


def test_an_edition_is_nobodys_copy_in_a_sandbox(scene: Any) -> None:
    """No token, no address and no open slot is in the page, and it may run nothing."""
    _sent(scene)
    answer = scene.browser().get(PAGE)
    assert "/unsubscribe/" not in answer.text
    assert "reader@example.com" not in answer.text
    assert f'href="{scene.services.settings.public_url}/"' in answer.text
    assert "a reader" in answer.text
    policies = answer.headers["content-security-policy"]
    assert "sandbox" in policies
    assert "allow-scripts" not in policies
    assert "default-src 'none'" in policies


def test_a_feeds_script_stays_text(scene: Any) -> None:
    """What a feed says is text in every form."""
    _sent(scene)
    for path in ("/archive/daily", PAGE, "/archive/daily/feed.xml"):
        assert "<script" not in scene.browser().get(path).text
    assert "&lt;script&gt;" in scene.browser().get(PAGE).text
    assert "nosniff" == scene.browser().get(f"{PAGE}.txt").headers["x-content-type-options"]


def test_a_headline_in_the_index_is_one_plain_line(scene: Any) -> None:
    """Whatever a feed calls a title: no text that turns its neighbours around, no page of one headline."""
    scene.add_reader("reader@example.com")
    scene.gather([f"A mill\u202e opens {'w' * 900}", "A train returns", "A goat waits"])
    scene.make_edition(ready_only=False)
    index = lxml.html.document_fromstring(scene.browser().get("/archive/daily").text)
    (headline,) = index.cssselect("a.headline")
    assert headline.text_content().startswith("A mill opens w")
    assert len(headline.text_content()) <= 200


def test_what_is_not_there_is_a_page_of_ours(scene: Any) -> None:
    """Unknown newsletters, dates, kinds of file and paths answer 404 without a word about commands."""
    _sent(scene)
    paths = ("/archive/nosuch", "/archive/daily/2020-01-01", "/archive/daily/x~%27", "/nothing", f"{PAGE}.doc")
    for path in (*paths, "/archive/nosuch/feed.xml", "/archive/daily/1.txt", "/archive/daily/%00.pdf"):
        answer = scene.browser().get(path)
        assert answer.status_code in {400, 404}, path
        assert "<h1>" in answer.text
        assert "`" not in answer.text


def test_a_head_that_others_can_read(scene: Any) -> None:
    """A page that links here shows headline, opening and picture; every form of the edition is named."""
    name = "0123456789abcdef01234567"
    with scene.database.transaction() as connection:
        row = {"url": "https://a.example/1.jpg", "state": ImageState.READY, "name": name}
        size = {"small": b"", "large": b"", "width": 1200, "height": 675}
        connection.execute(sa.insert(image).values(**row, **size))
    edition_id = _sent(scene)
    url = f"{scene.services.settings.public_url}/image/{name}-large.jpg"
    picture = f'<img src="{url}" alt="A &quot;mill&quot;">'
    with scene.database.transaction() as connection:
        change = "UPDATE edition_content SET html = replace(html, '</body>', :picture || '</body>')"
        connection.execute(sa.text(change), {"picture": picture})
        content = load_copy(scene.services.post, edition_id).content
    page = scene.browser().get(PAGE).text
    found = lxml.html.document_fromstring(page)
    said = {each.get("property"): each.get("content") for each in found.cssselect("head meta[property]")}
    address = f"{scene.services.settings.public_url}{PAGE}"
    assert {
        "og:type": "article",
        "og:site_name": "The Daily",
        "og:title": content.subject,
        "og:description": content.preheader,
        "og:url": address,
        "og:locale": "en_US",
        "og:image": url,
        "og:image:type": "image/jpeg",
        "og:image:width": "1200",
        "og:image:height": "675",
        "og:image:alt": 'A "mill"',
        "article:published_time": "2026-03-02T12:00:00+00:00",
    } == said
    assert ["summary_large_image"] == _attribute(page, "meta[name='twitter:card']", "content")
    assert [content.preheader] == _attribute(page, "meta[name=description]", "content")
    assert [address] == _attribute(page, "link[rel=canonical]", "href")
    home = f"{scene.services.settings.public_url}/archive/daily"
    assert [f"{home}/feed.xml", f"{address}.txt"] == _attribute(page, "link[rel=alternate]", "href")
    assert [] == _attribute(page, "meta[name=robots]", "content")


def test_each_language_has_its_own_page(scene: Any) -> None:
    """Each names the others; one that the edition has not is the newsletter's own."""
    _sent(scene, languages="ar")
    own, arabic, unknown = (scene.browser().get(f"{PAGE}{query}") for query in ("", "?lang=ar", "?lang=tlh"))
    assert own.text == unknown.text
    assert ["en", "ar"] == [each.headers["content-language"] for each in (own, arabic)]
    assert ["rtl"] == _attribute(arabic.text, "html", "dir")
    address = f"{scene.services.settings.public_url}{PAGE}"
    for page, other, canonical in ((own, f"{address}?lang=ar", address), (arabic, address, f"{address}?lang=ar")):
        links = dict(
            zip(
                _attribute(page.text, "link[hreflang]", "hreflang"),
                _attribute(page.text, "link[hreflang]", "href"),
                strict=True,
            )
        )
        assert {"en": address, "ar": f"{address}?lang=ar", "x-default": address} == links
        assert [other] == _attribute(page.text, "nav a", "href")
        assert [canonical] == _attribute(page.text, "link[rel=canonical]", "href")
    assert ["en_US"] == _attribute(arabic.text, "meta[property='og:locale:alternate']", "content")
    assert scene.browser().get(f"{PAGE}.txt?lang=ar").text != scene.browser().get(f"{PAGE}.txt").text
    index = scene.browser().get("/archive/daily?lang=ar").text
    assert [f"{PAGE}?lang=ar"] == _attribute(index, "a.headline", "href")
    assert [PAGE, f"{PAGE}?lang=ar"] == _attribute(index, ".forms a[hreflang]", "href")


def test_a_mail_leads_to_the_page_in_its_language(scene: Any) -> None:
    """Who reads Arabic is not shown English when the mail looks wrong."""
    edition_id = _sent(scene, languages="ar")
    html = load_copy(scene.services.post, edition_id, Wish("ar")).content.html
    assert f"{scene.services.settings.public_url}{PAGE}?lang=ar" in html


def test_a_text_part_is_text(scene: Any) -> None:
    """The text part is there as it was mailed, less a reader's own links."""
    _sent(scene)
    answer = scene.browser().get(f"{PAGE}.txt")
    assert "text/plain; charset=utf-8" == answer.headers["content-type"]
    assert "A mill opens" in answer.text
    assert "<script>alert(1)</script>" in answer.text
    assert "/unsubscribe/" not in answer.text
    link = f'<{scene.services.settings.public_url}{PAGE}>; rel="canonical"'
    assert link == answer.headers["link"]


def test_a_correction_is_told_in_every_form(scene: Any) -> None:
    """Page, text and feed say it in the page's language, and a cache that has the old one gets the new one."""
    _sent(scene, languages="ar")
    paths = (PAGE, f"{PAGE}.txt", "/archive/daily/feed.xml")
    before = {path: scene.browser().get(path) for path in paths}
    _corrected(scene)
    for path in paths:
        after = scene.browser().get(path, headers={"If-None-Match": before[path].headers["etag"]})
        assert 200 == after.status_code
        assert "Mon, 02 Mar 2026 13:00:00 GMT" == after.headers["last-modified"]
    assert "It opens in &lt;May&gt;." in scene.browser().get(PAGE).text
    assert "Correction: A mill opens. It opens in <May>." in scene.browser().get(f"{PAGE}.txt").text
    arabic = scene.browser().get(f"{PAGE}?lang=ar").text
    assert ["ar"] == _attribute(arabic, "body > aside", "lang")
    assert ["2026-03-02T13:00:00+00:00"] == _attribute(arabic, "meta[property='article:modified_time']", "content")


@pytest.mark.parametrize("path", ["", PAGE, f"{PAGE}.txt", "/archive/daily/feed.xml"])
def test_head_is_the_same_without_content(scene: Any, path: str) -> None:
    """Whoever asks for the headers alone gets them."""
    _sent(scene)
    asked, headed = (scene.browser().request(method, path or "/archive/daily") for method in ("GET", "HEAD"))
    assert (200, b"") == (headed.status_code, headed.content)
    assert asked.headers == headed.headers


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.txt", "/archive/daily/feed.xml"])
def test_a_cache_is_told_that_nothing_changed(scene: Any, path: str) -> None:
    """By tag or by date; the answer may be kept for five minutes."""
    _sent(scene)
    first = scene.browser().get(path)
    assert "public, max-age=300" == first.headers["cache-control"]
    for name, header in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        again = scene.browser().get(path, headers={name: first.headers[header]})
        assert (304, b"", first.headers["etag"]) == (again.status_code, again.content, again.headers["etag"])


def test_an_edition_for_named_readers_is_theirs(scene: Any) -> None:
    """Its key can be guessed, so it takes the address from the mail; nothing lists it."""
    scene.gather(TITLES)
    edition_id = _sent_to(scene, "boss@example.com")
    copy = load_copy(scene.services.post, edition_id)
    assert "sending" == copy.edition.state
    path = f"/archive/daily/{copy.edition.key}"
    forms = (path, f"{path}.txt", f"{path}.pdf", f"{path}?seal=x", f"{path}?seal={'A' * 38}")
    assert [404] * 5 == [scene.browser().get(each).status_code for each in forms]
    for listing in ("/archive/daily", "/archive/daily/feed.xml"):
        assert copy.edition.key not in scene.browser().get(listing).text
    (sealed,) = set(re.findall(rf'{re.escape(path)}\?seal=([\w-]+)"', copy.content.html))
    message = message_from_bytes(
        compose_copy(scene.services.post, copy, 1, "x@example.com"), policy=policy.default
    )
    assert f"{path}?seal={sealed}>" in message["List-Archive"]
    answer = scene.browser().get(f"{path}?seal={sealed}")
    assert (200, "private, no-store", "noindex") == (
        answer.status_code,
        answer.headers["cache-control"],
        answer.headers["x-robots-tag"],
    )
    assert ["noindex"] == _attribute(answer.text, "meta[name=robots]", "content")
    assert [] == _attribute(answer.text, "link[rel=canonical], meta[property]", "content")


def test_a_seal_opens_one_edition(scene: Any) -> None:
    """The seal of another edition, or of something else, is nothing to this one."""
    scene.gather(TITLES)
    edition_id = _sent_to(scene, "boss@example.com")
    copy = load_copy(scene.services.post, edition_id)
    sign, epoch = scene.services.tokens.sign, datetime.fromtimestamp(0, UTC)
    others = [sign(Purpose.ARCHIVE, edition_id + 1, epoch), sign(Purpose.CONFIRM, edition_id, epoch)]
    for seal, expected in ((sign(Purpose.ARCHIVE, edition_id, epoch), 200), *((each, 404) for each in others)):
        answer = scene.browser().get(f"/archive/daily/{copy.edition.key}?seal={seal}")
        assert expected == answer.status_code


def test_a_correction_by_mail_is_no_edition_of_the_archive(scene: Any) -> None:
    """What went to those who had read one article stands on the page of the edition that it corrects."""
    edition_id = _sent(scene)
    with scene.database.transaction() as connection:
        some = connection.execute(sa.select(article.c.id).limit(1)).scalar_one()
        change = {"kind": EditionKind.CORRECTION, "article_id": some}
        connection.execute(sa.update(edition).where(edition.c.id == edition_id).values(change))
    assert 404 == scene.browser().get(PAGE).status_code
    for listing in ("/archive/daily", "/archive/daily/feed.xml"):
        assert PAGE not in scene.browser().get(listing).text


@pytest.mark.skipif(not can_press(), reason="needs the extra pdf: WeasyPrint, and Pango")
def test_an_edition_on_paper(scene: Any, tmp_path: Any) -> None:
    """The PDF is made once, told apart by its tag, and named in the index."""
    _sent(scene)
    vars(scene.services)["settings"] = scene.services.settings.model_copy(update={"data_dir": tmp_path})
    first, second = (scene.browser().get(f"{PAGE}.pdf") for _ in range(2))
    assert (200, "application/pdf") == (first.status_code, first.headers["content-type"])
    assert first.content.startswith(b"%PDF-")
    assert first.headers["etag"] == second.headers["etag"]
    assert 1 == len(list((tmp_path / "pdf").iterdir()))
    assert f"{PAGE}.pdf" in _attribute(scene.browser().get("/archive/daily").text, ".forms a", "href")


def test_without_the_extra_there_is_no_pdf(scene: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A reader is told so plainly, and is not led to one."""
    for module in ("edition.printing.pdf", "web.public.archive"):
        monkeypatch.setattr(f"newsletter.{module}.can_press", lambda: False)
    vars(scene.services)["settings"] = scene.services.settings.model_copy(update={"data_dir": tmp_path})
    _sent(scene)
    answer = scene.browser().get(f"{PAGE}.pdf")
    assert 404 == answer.status_code
    assert "not offered as PDF here" in answer.text
    assert "pip" not in answer.text
    assert ".pdf" not in scene.browser().get("/archive/daily").text
