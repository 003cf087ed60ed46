"""Public pages speak the language of their reader, of their newsletter or of the browser, in its direction."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.publication.newsletters import NewsletterSettings, add_newsletter, change_newsletter
from newsletter.readers.choices import choose_language
from newsletter.readers.store import Origin
from newsletter.readers.tables import subscription
from newsletter.tokens import Purpose

ENGLISH = "Newsletter: Get top stories and blog posts emailed to you each day."
_NOT_SAID = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<!--.*?-->|<[^>]*>", re.DOTALL)
SPOKEN = ["ar", "de", "es", "fr", "tr"]


def _set(scene: Any, **settings: str) -> None:
    with scene.database.transaction() as connection:
        change_newsletter(connection, "daily", settings)


def _spoken(page: str) -> tuple[str, str]:
    found = re.search(r'<html lang="([^"]+)" dir="(ltr|rtl)">', page)
    assert found
    return found[1], found[2]


def _get(scene: Any, path: str, accept: str = "") -> Any:
    return scene.browser().get(path, headers={"Accept-Language": accept})


def _language(scene: Any) -> list[str]:
    with scene.database.transaction() as connection:
        return list(connection.execute(sa.select(subscription.c.language)).scalars())


@pytest.mark.parametrize("language", SPOKEN)
def test_the_box_of_a_newsletter_speaks_its_language(scene: Any, language: str) -> None:
    """Whatever the browser likes: a newsletter in one language has its page in that one."""
    _set(scene, language=language)
    answer = _get(scene, "/", "en")
    assert (language, "rtl" if language == "ar" else "ltr") == _spoken(answer.text)
    assert answer.headers["content-language"] == language
    assert ENGLISH not in answer.text
    assert "?lang=" not in answer.text


@pytest.mark.parametrize(
    ("expected", "path", "accept"),
    [
        ("en", "/", ""),
        ("ar", "/", "ar-EG, en;q=0.5"),
        ("de", "/?lang=de", "ar"),
        ("ar", "/?lang=tr", "ar"),
        ("en", "/?lang=%22%3E%3Cscript%3E", ""),
        ("de", "/subscribed", "de"),
        ("de", "/subscribed?lang=de", "ar"),
    ],
)
def test_one_in_several_languages_lets_choose(scene: Any, expected: str, path: str, accept: str) -> None:
    """What was chosen, else what the browser likes of them, else the newsletter's own."""
    _set(scene, languages="ar de")
    page = _get(scene, path, accept).text
    assert expected == _spoken(page)[0]
    links = re.findall(r'<a href="\?lang=([a-z]+)" lang="\1" hreflang="\1"( aria-current="true")?>', page)
    assert [("en", "ar", "de"), [expected]] == [tuple(tag for tag, _ in links), [tag for tag, now in links if now]]
    assert "<bdi>العربية</bdi>" in page


def test_two_newsletters_offer_the_languages_of_both(scene: Any) -> None:
    """The first page of an installation is in the best language that any of its newsletters has."""
    with scene.database.transaction() as connection:
        add_newsletter(
            connection, NewsletterSettings("gunluk", "Günlük", "Gazete", "n@paper.example", language="tr")
        )
    assert "tr" == _spoken(_get(scene, "/", "tr").text)[0]
    assert "en" == _spoken(_get(scene, "/", "de").text)[0]


@pytest.mark.parametrize(
    ("expected", "language"), [("de", "de"), ("", "en"), ("", "fr"), ("", ""), ("", "'; drop table")]
)
def test_who_signs_up_gets_mail_in_the_language_of_the_page(scene: Any, expected: str, language: str) -> None:
    """It is noted where it is one of the newsletter's, and not its own."""
    _set(scene, languages="ar de")
    scene.sign_up("new@example.com", lang=language)
    scene.handle_sign_ups()
    assert [expected] == _language(scene)


def test_nobody_changes_the_language_of_a_reader_by_the_box(scene: Any) -> None:
    """Whoever types a reader's address into the form changes nothing for them."""
    _set(scene, languages="ar de")
    scene.add_reader("reader@example.com")
    scene.sign_up("reader@example.com", lang="de")
    scene.handle_sign_ups()
    assert [""] == _language(scene)


def test_the_box_keeps_its_language_on_the_way(scene: Any) -> None:
    """The form names its language, the answer leads to a page in it, and so does a slip."""
    _set(scene, languages="ar de")
    assert '<input type="hidden" name="lang" value="de">' in _get(scene, "/?lang=de").text
    sent = scene.sign_up("a@example.com", lang="de")
    assert "/subscribed?lang=de" == sent.headers["location"]
    slip = scene.sign_up("no address", lang="de")
    assert (422, "de") == (slip.status_code, _spoken(slip.text)[0])
    assert "An diese Adresse können wir nichts senden." in slip.text
    assert 'href="?lang=' not in slip.text


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.UNSUBSCRIBE])
def test_a_link_from_a_mail_opens_a_page_in_the_readers_language(scene: Any, purpose: Purpose) -> None:
    """Neither the browser's language nor the newsletter's own comes before what the reader gets."""
    _set(scene, languages="ar de")
    reader = scene.add_reader("reader@example.com")
    with scene.database.transaction() as connection:
        choose_language(connection, reader, "ar", Origin("page"), scene.clock())
    path = f"/{purpose}/{scene.services.tokens.sign(purpose, reader, scene.clock())}"
    page = _get(scene, path, "de").text
    assert ("ar", "rtl") == _spoken(page)
    assert "<strong><bdi>reader@example.com</bdi></strong>" in page
    assert "\u2068The Daily\u2069" in page
    assert ("de", "ltr") == _spoken(_get(scene, f"{path}?lang=de", "ar").text)


@pytest.mark.parametrize(
    ("expected", "path", "accept"),
    [
        ("لا توجد صفحة هنا.", "/nothing", "ar"),
        ("Dieser Link ist keiner von uns, oder er wurde abgeschnitten.", "/confirm/x", "de-CH, de;q=0.9"),
        ("Burada bir sayfa yok.", "/archive/nosuch", "tr"),
        ("There is no page here.", "/nothing", "fi"),
        ("There is no page here.", "/console/nothing", "ar"),
    ],
)
def test_an_error_is_told_in_a_language_of_the_browser(scene: Any, expected: str, path: str, accept: str) -> None:
    """Of all those we speak, though no newsletter has it; the console speaks English."""
    assert f"<h1>{expected}</h1>" in _get(scene, path, accept).text


def test_an_old_link_is_told_apart_in_every_language(scene: Any) -> None:
    """A reader learns what to do, not only that it failed."""
    token = scene.services.tokens.sign(Purpose.CONFIRM, scene.add_reader("r@example.com"), scene.clock())
    scene.clock.pass_by(timedelta(days=3))
    told = {_get(scene, f"/confirm/{token}", language).text for language in SPOKEN}
    assert len(SPOKEN) == len(told)
    assert not [page for page in told if "This link" in page]


def test_a_language_without_words_has_its_page_in_english(scene: Any) -> None:
    """A page says which language it is in: what it speaks, not what was meant."""
    _set(scene, language="fi")
    page = _get(scene, "/").text
    assert ("en", "ltr") == _spoken(page)
    assert '<h1 lang="fi">' in page


def _own(make_scene: Any, folder: Path, phrase: str) -> Any:
    file = folder / "own/locale/de.po"
    file.parent.mkdir(parents=True)
    file.write_text(f'msgid ""\nmsgstr ""\n"Language: de\\n"\n\n{phrase}', "utf-8")
    scene = make_scene(templates_dir=folder / "own")
    _set(scene, language="de")
    return scene


def test_a_publishers_phrase_stands_before_ours(make_scene: Any, tmp_path: Path) -> None:
    """One file in TEMPLATES_DIR changes one phrase; the others stay."""
    page = _get(_own(make_scene, tmp_path, 'msgid "Subscribe"\nmsgstr "Her damit"\n'), "/").text
    assert '<button type="submit">Her damit</button>' in page
    assert "Frühere Ausgaben lesen" in page


def test_a_broken_catalogue_is_the_operators_to_read_of(
    make_scene: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Readers get a page all the same, in English; the log names the file."""
    scene = _own(make_scene, tmp_path, 'msgid "Confirm: {name}"\nmsgstr "Ja: {nam}"\n')
    page = _get(scene, "/", "de")
    assert (500, "en") == (page.status_code, _spoken(page.text)[0])
    assert "own/locale/de.po" not in page.text
    assert "own/locale/de.po" in "".join(capsys.readouterr())
    assert 404 == _get(scene, "/nothing", "de").status_code


def test_names_of_the_other_direction_are_isolated(scene: Any) -> None:
    """An Arabic name on an English page keeps to itself, in the title and in the page."""
    _set(scene, name="الصحيفة (1)", publisher="دار النشر")
    page = _get(scene, "/").text
    assert "<title>\u2068الصحيفة (1)\u2069</title>" in page
    assert "<bdi>الصحيفة (1)</bdi>" in page


def test_every_public_template_speaks_through_the_catalogues(scene: Any) -> None:
    """No page of a reader says anything in English that stands in no catalogue."""
    templates = scene.services.settings.template_folders[-1] / "web"
    for file in (templates / "base.html", templates / "fault.html", *(templates / "public").glob("*.html")):
        words = re.findall(r"[A-Za-z][A-Za-z ]{2,}", _NOT_SAID.sub(" ", file.read_text("utf-8")))
        assert {"Back to the console", "PDF"} >= {each.strip() for each in words}, file
