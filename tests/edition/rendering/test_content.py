"""A selection becomes content."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.edition.rendering import content as module
from newsletter.edition.rendering.content import HTML_BUDGET, Content, Stationery
from newsletter.edition.rendering.inline import inline
from newsletter.edition.rendering.selection import AlsoIn, ChosenArticle, Correction, Masthead, Selection
from newsletter.edition.rendering.slots import Slot, direct_html, direct_text, fill_html, fill_text, personal
from newsletter.edition.rendering.wording import plain
from newsletter.errors import ContentError

OURS = Path(__file__).parents[3] / "templates"
SUNDAY = date(2026, 11, 22)
ARCHIVE = "https://news.example/archive/daily/2026-11-22"
VALUES = {Slot.UNSUBSCRIBE: "https://news.example/u/abc?x=1&y=2", Slot.ADDRESS: "ann@example.org"}
MASTHEAD = Masthead(
    slug="daily",
    name="The Harbour Post",
    publisher="Harbour Media",
    tagline="News from the bay",
    language="en-GB",
    zone="Europe/Oslo",
    site_url="https://news.example/",
    postal_address="12 Quay Street\n0150 Oslo",
    accent="#b3261e",
)
ARTICLE = ChosenArticle(
    article_id=1,
    title="Old ferry terminal becomes a library",
    url="https://news.example/1?a=1&b=2",
    summary="The council voted 11 to 4.",
    section="City",
    source="Bay Courier",
    author="Mara Lindqvist",
    published_at=datetime(2026, 11, 22, 6, 40, tzinfo=UTC),
    image_url="https://news.example/1.jpg",
    image_alt="The bay at first light",
    why="Most voted today",
    points=1.0,
    parts={"votes": 1.0},
    votes=132,
    also_in=(AlsoIn("Radio Nord", "https://nord.example/1", "Library"),),
    language="",
)


def edition(*titles: str, blog_posts: int = 0) -> Selection:
    articles = tuple(replace(ARTICLE, title=title) for title in titles)
    return Selection(articles[: len(articles) - blog_posts], articles[len(articles) - blog_posts :])


def digest(selection: Selection, masthead: Masthead = MASTHEAD, *folders: Path) -> Content:
    return Stationery([*folders, OURS]).digest(selection, masthead, SUNDAY, ARCHIVE)


def parsed(content: Content) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(fill_html(content.html, content.marker, VALUES))


def text_of(element: lxml_html.HtmlElement) -> str:
    return str(element.text_content())


def titles_in(content: Content) -> list[str]:
    return [text_of(heading) for heading in parsed(content).iter("h3")]


@pytest.mark.parametrize(
    ("expected", "titles"),
    [
        ("Short headline", ["Short headline"]),
        ("Short headline and 1 more", ["Short headline", "b"]),
        (
            "Old ferry terminal to reopen as a public library after nine… and 2 more",
            ["Old ferry terminal to reopen as a public library after nine years of argument", "b", "c"],
        ),
        ("Hello Bcc: x@example.org", ["Hello\r\nBcc: x@example.org"]),
        ("exe.gnp", ["\u202eexe.gnp"]),
        ("{{ 7*7 }} & <b>", ["{{ 7*7 }} & <b>"]),
    ],
)
def test_the_subject_is_the_top_headline(expected: str, titles: list[str]) -> None:
    """One clean line: the headline as it is, cut at a word, and how many more."""
    assert expected == digest(edition(*titles)).subject


def test_the_preheader_is_the_next_two_headlines() -> None:
    """A mailbox shows two more reasons to open."""
    assert digest(edition("a", "b", "c", "d")).preheader == "b · c"


def test_the_preheader_of_a_single_article_is_its_summary() -> None:
    """The subject is not said twice."""
    assert digest(edition("a")).preheader == "The council voted 11 to 4."


def test_a_headline_in_the_other_direction_is_isolated_in_the_subject() -> None:
    """A Latin headline does not turn an Arabic subject around."""
    lead = replace(ARTICLE, title="GPT 5", language="en")

    subject = digest(Selection((lead, ARTICLE), ()), replace(MASTHEAD, language="ar")).subject

    assert subject == "\u2068GPT 5\u2069 وخبر آخر"


def test_nothing_to_say_is_refused() -> None:
    """An edition without articles is never rendered."""
    with pytest.raises(ContentError, match="no article"):
        digest(Selection((), ()))


def test_premailer_never_sees_feed_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every string of a feed and of the newsletter is a token while the template is inlined."""
    seen: list[str] = []

    def look(html: str) -> str:
        seen.append(html)
        return inline(html)

    monkeypatch.setattr(module, "inline", look)

    content = digest(edition("Quiet title", "Other title", blog_posts=1))

    feed = [ARTICLE.url, ARTICLE.summary, ARTICLE.source, ARTICLE.author, ARTICLE.image_url, ARTICLE.why]
    assert len(seen) == 1
    for text in ["Quiet title", "Other title", "Radio Nord", "nord.example", MASTHEAD.name, ARCHIVE, *feed]:
        assert text not in seen[0]
        assert text.replace("&", "&amp;") in content.html


def test_filling_renders_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One rendering serves every subscriber."""
    content = digest(edition("a"))
    monkeypatch.setattr(module, "inline", None)
    monkeypatch.setattr(Stationery, "_render", None)

    first = fill_html(content.html, content.marker, VALUES)
    second = fill_html(content.html, content.marker, {**VALUES, Slot.ADDRESS: "bob@example.org"})

    assert first.replace("ann@", "bob@") == second


def test_personal_places_stay_open_until_filled() -> None:
    """Text and HTML both carry the address and the way out."""
    content = digest(edition("a"))
    html = fill_html(content.html, content.marker, VALUES)
    text = fill_text(content.text, content.marker, VALUES)

    assert personal(content.marker, Slot.UNSUBSCRIBE) in content.html
    assert 'href="https://news.example/u/abc?x=1&amp;y=2"' in html
    assert "\nhttps://news.example/u/abc?x=1&y=2\n" in text
    assert "ann@example.org" in html
    assert "ann@example.org" in text
    assert content.marker not in html + text


def test_an_edition_that_contains_the_marker_is_refused() -> None:
    """Not even a feed that has seen an earlier rendering can write into a place."""
    marker = "nl0123456789abcdef"
    stationery = Stationery([OURS], mint=lambda: marker)

    for title in (f"{marker}n0x", personal(marker, Slot.UNSUBSCRIBE), f"a{marker}"):
        with pytest.raises(ContentError, match="marker"):
            stationery.digest(edition("a", title), MASTHEAD, SUNDAY, ARCHIVE)


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        "</title></style><script src=//evil.example></script>",
        "{{ 7*7 }}{% include 'x' %}{# gone #}",
        "<!--[if mso]> unclosed",
        '" onmouseover="alert(1)',
        "' onclick='x",
        "<b><i>unclosed <table><td>",
        "&lt;script&gt; &amp;amp; &#x3c;",
        "]]> --> <?xml?>",
        "%s %(x)s {0} \\1 \\g<0> $1",
        "nl0123456789abcdefn0x",
    ],
)
def test_hostile_titles_are_text(title: str) -> None:
    """Whatever a feed writes is printed, letter for letter, and does nothing."""
    hostile = replace(
        ARTICLE,
        title=title,
        summary=title,
        section=title,
        author=title,
        source=title,
        why=title,
        image_alt=title,
        language=title,
        also_in=(AlsoIn(title, "https://nord.example/?" + title, title),),
        url="https://news.example/?q=" + title,
    )
    content = digest(Selection((hostile,), (hostile,)))
    page = parsed(content)

    assert [title, title] == [text_of(heading) for heading in page.iter("h3")]
    assert title == page.xpath("//img/@alt")[0]
    assert title in fill_text(content.text, content.marker, VALUES)
    assert page.xpath("//script | //b | //*[@onmouseover or @onclick]") == []
    assert len(page.xpath("//h1 | //body")) == 2
    assert all(link.startswith("https://") for link in page.xpath("//@href | //@src"))


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "file:///etc/passwd"]
)
def test_other_kinds_of_address_are_dropped(address: str) -> None:
    """An article without an address to trust is printed without a link."""
    page = parsed(digest(Selection((replace(ARTICLE, url=address, image_url=address, also_in=()),), ())))

    assert page.xpath("//h3//a | //img") == []
    assert [ARTICLE.title] == [text_of(heading) for heading in page.iter("h3")]


@settings(max_examples=25, deadline=None)
@given(title=st.text(st.characters(codec="utf-8"), min_size=1, max_size=250).filter(plain))
def test_any_title_is_found_in_the_page(title: str) -> None:
    """The reader sees the title the feed gave, cleaned and nothing else."""
    assert [plain(title)] == titles_in(digest(edition(title)))


def test_a_rule_for_phones_and_the_dark_stays_important() -> None:
    """Inlined rules are beaten where they must be."""
    html = digest(edition("a")).html

    assert "@media only screen and (max-width: 600px)" in html
    assert "display: block !important" in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "[data-ogsc]" in html


def test_nothing_is_loaded_but_pictures() -> None:
    """No tracking, no script, no style sheet or font from elsewhere."""
    page = parsed(digest(edition("a", "b", blog_posts=1)))

    assert page.xpath("//link | //script | //iframe | //form | //object") == []
    assert {ARTICLE.image_url} == set(page.xpath("//@src"))
    assert not any("url(" in style for style in page.xpath("//style/text() | //@style"))


@pytest.mark.parametrize("alphabet", ["word ", "«كلمة» ", "\"quoted\" '&' ", "漢字漢字漢字 "])
def test_ten_long_articles_fit_the_budget(alphabet: str) -> None:
    """The footer is never clipped: summaries give way first, headlines never."""
    endless = alphabet * 200
    link = "https://news.example/" + "a/" * 250
    article = replace(
        ARTICLE,
        title=endless,
        summary=endless,
        section=endless,
        author=endless,
        source=endless,
        why=endless,
        url=link,
        image_url=link,
        image_alt=endless,
        also_in=(AlsoIn(endless, link[:400], ""),) * 5,
    )
    content = digest(Selection((article,) * 6, (article,) * 4))

    assert len(content.html.encode()) <= HTML_BUDGET == 80_000
    assert len(titles_in(content)[9]) > 250
    assert max(len(line.encode()) for line in content.text.splitlines()) <= 998


def test_lines_of_text_are_short_unless_they_are_links() -> None:
    """The text part reads well in any terminal."""
    endless = Selection((replace(ARTICLE, title="W" * 10_000, summary="a b " * 300, why="x" * 300),), ())

    lines = digest(endless).text.splitlines()

    assert all(len(line) <= 72 for line in lines if "http" not in line)


def test_the_text_part_tells_everything() -> None:
    """A reader of plain text misses nothing but the picture."""
    content = digest(edition("a", "b", blog_posts=1))
    text = fill_text(content.text, content.marker, VALUES)

    for part in (
        "The Harbour Post\nNews from the bay\nSunday, 22 November 2026\n",
        "CITY\na\n   The council voted 11 to 4.\n   By Mara Lindqvist · Bay Courier · 07:40 · 132 votes\n",
        "   Most voted today\n   [1] https://news.example/1?a=1&b=2\n   Also in: Radio Nord\n",
        "   [2] https://nord.example/1\n",
        "FROM THE BLOGS\n",
        f"{ARCHIVE}\n",
        "12 Quay Street\n0150 Oslo\n",
    ):
        assert part in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("picture", "summary", "author", "section"),
    list(product(["", ARTICLE.image_url], ["", "s"], ["", "a"], ["", "c"])),
)
def test_what_is_missing_leaves_no_gap(picture: str, summary: str, author: str, section: str) -> None:
    """Empty fields leave no empty element, label or picture behind."""
    bare = replace(
        ARTICLE,
        image_url=picture,
        summary=summary,
        author=author,
        section=section,
        source="",
        published_at=None,
        votes=None,
        why="",
        also_in=(),
    )
    page = parsed(digest(Selection((bare,) * 4, ())))

    assert [
        element for element in page.xpath("//p | //h2 | //h3 | //a[not(img)]") if not text_of(element).strip()
    ] == []
    assert (4 if picture else 0) == len(page.xpath("//img"))
    assert page.xpath("//img[@src='']") == []


@pytest.mark.parametrize(("expected", "language"), [("ltr", "en"), ("rtl", "ar"), ("rtl", "he-IL"), ("rtl", "fa")])
def test_the_page_reads_in_the_newsletters_direction(expected: str, language: str) -> None:
    """Language and direction stand on the page, and the text aligns to its start."""
    page = parsed(digest(edition("a", "b"), replace(MASTHEAD, language=language)))

    assert (language, expected) == (page.get("lang"), page.get("dir"))
    assert f"direction:{expected}" in page.xpath("//h3/@style")[0]


def test_an_article_in_another_language_says_so() -> None:
    """A screen reader changes its voice for one article and not for the next."""
    page = parsed(digest(Selection((ARTICLE, replace(ARTICLE, language="ar", title="رسالة")), ())))

    assert [(found.get("lang"), found.get("dir")) for found in page.iter("h3")] == [(None, None), ("ar", "rtl")]


def test_pictures_have_width_and_alternative_text() -> None:
    """Classic Outlook sizes by attribute; a link without words is hidden from screen readers."""
    nameless = replace(ARTICLE, image_alt="")
    page = parsed(digest(Selection((ARTICLE, nameless), ())))

    assert page.xpath("//img/@alt") == ["The bay at first light", ""]
    assert all(width.isdigit() for width in page.xpath("//img/@width"))
    assert len(page.xpath("//img[contains(@style, 'display:block')]")) == 2
    assert page.xpath("//img/../@aria-hidden") == ["true"]
    assert page.xpath("//*[@aria-hidden]/img/@alt") == [""]


def test_layout_tables_are_presentation_only() -> None:
    """Screen readers read articles and not a table."""
    page = parsed(digest(edition("a", "b", "c", "d", blog_posts=1)))

    assert page.xpath("//table[not(@role='presentation')]") == []
    assert len(page.xpath("//h1")) == 1


def test_a_publishers_file_wins_over_ours(tmp_path: Path) -> None:
    """One file can be replaced, and the rest stays."""
    own = tmp_path / "email"
    (own / "digest").mkdir(parents=True)
    (own / "digest/subject.txt").write_text("Morning: {{ headline }}")
    (own / "digest.css").write_text(".name { color: #123456 }")
    (own / "_base").mkdir()
    (own / "_base/words.en.toml").write_text('from_the_blogs = "Notebook"')

    content = digest(edition("a", "b", blog_posts=1), MASTHEAD, tmp_path)

    assert content.subject == "Morning: a"
    assert "color:#123456" in content.html
    assert "NOTEBOOK" in content.text
    assert "View in browser" in content.html


@pytest.mark.parametrize(
    ("name", "template", "reason"),
    [
        ("digest/body.html", "{{ page.lead.title[:10] }} {{ unsubscribe_slot }}", "cut, changed"),
        ("digest/body.html", "<style>{{ page.lead.title }}</style>{{ unsubscribe_slot }}", "misplaced"),
        ("digest/body.html", "<p>{{ page.lead.title }}</p>", "way out"),
        ("digest/body.txt", "{{ page.lead.title }}", "way out"),
        ("digest/body.html", "{{ page.lead.headline }}", "no attribute"),
        ("digest/body.html", "{{ unknown }}", "undefined"),
        ("digest/body.html", "{% if %}", "body.html"),
        ("digest/body.html", "{% include 'email/none.html' %}", "none.html"),
        ("digest/body.html", "{{ stylesheet('none.css') }}", "none.css"),
        ("digest.css", "</style><script>", "digest.css"),
        ("digest.css", "@import 'x.css';", "elsewhere"),
    ],
)
def test_a_broken_template_is_explained(tmp_path: Path, name: str, template: str, reason: str) -> None:
    """A publisher's mistake is a ContentError before anything is sent."""
    file = tmp_path / "email" / name
    file.parent.mkdir(parents=True)
    file.write_text(template)

    with pytest.raises(ContentError, match=reason):
        digest(edition("a"), MASTHEAD, tmp_path)


def test_an_archive_address_nobody_can_open_is_refused() -> None:
    """A wrong setting is found when the edition is made."""
    with pytest.raises(ContentError, match="PUBLIC_URL"):
        Stationery([OURS]).digest(edition("a"), MASTHEAD, SUNDAY, "localhost/archive")


@pytest.mark.parametrize("language", ["en", "ar", "fi"])
def test_the_confirmation_has_one_link_to_follow(language: str) -> None:
    """The address to confirm is in both parts, and no personal place is left open."""
    link = "https://news.example/confirm/ab.c?x=1&y=2"

    content = Stationery([OURS]).confirm(replace(MASTHEAD, language=language), link)

    assert {link, MASTHEAD.site_url} == set(lxml_html.document_fromstring(content.html).xpath("//@href"))
    assert f"\n{link}\n" in content.text
    assert content.marker not in content.html + content.text
    assert MASTHEAD.name in content.subject
    assert not any(unicodedata.category(letter) == "Cc" for letter in content.subject)


TRACKING = replace(MASTHEAD, track_clicks=True)


def test_counted_links_survive_the_whole_way() -> None:
    """Through template and premailer, every link of an article is one slot and its number, in both parts."""
    untracked = digest(edition("a", "b", "c", blog_posts=1), MASTHEAD)
    content = digest(edition("a", "b", "c", blog_posts=1), TRACKING)
    assert () == untracked.links
    assert (ARTICLE.url, ARTICLE.also_in[0].url) * 3 == content.links
    for part, plain_part, direct in (
        (content.html, untracked.html, direct_html),
        (content.text, untracked.text, direct_text),
    ):
        assert "news.example/1?" not in part
        found = [int(number) for number in re.findall(f"{content.marker}sclickx/([0-9]+)", part)]
        assert set(range(1, 7)) == set(found)
        restored = direct(part, content.marker, content.links).replace(content.marker, untracked.marker)
        assert plain_part == restored


def test_only_articles_are_counted() -> None:
    """The way out, the archive and the paper's own site are everybody's business."""
    content = digest(edition("a"), TRACKING)
    hrefs = set(lxml_html.document_fromstring(content.html).xpath("//@href"))
    counted = {href for href in hrefs if "sclickx" in href}
    assert {f"{content.marker}sclickx/1", f"{content.marker}sclickx/2"} == counted
    assert {ARCHIVE, MASTHEAD.site_url, personal(content.marker, Slot.UNSUBSCRIBE)} == hrefs - counted


def test_an_article_without_a_link_has_no_number() -> None:
    """Numbers are those that the text prints, with no gap."""
    selection = edition("a", "b")
    lead, other = selection.top_stories
    content = digest(
        replace(selection, top_stories=(replace(lead, url="javascript:x", also_in=()), other)), TRACKING
    )
    assert (ARTICLE.url, ARTICLE.also_in[0].url) == content.links


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_a_template_that_adds_to_a_link_is_refused(tmp_path: Path, kind: str) -> None:
    """What is added behind the number would lead nowhere."""
    file = tmp_path / f"email/digest/body.{kind}"
    file.parent.mkdir(parents=True)
    file.write_text('<a href="{{ page.lead.link }}?utm=mail">x</a> {{ unsubscribe_slot }}')
    with pytest.raises(ContentError, match="changed an article's link"):
        digest(edition("a"), TRACKING, tmp_path)


def test_a_template_has_no_slot_for_clicks(tmp_path: Path) -> None:
    """A click without a number leads nowhere, so there is nothing to print it with."""
    file = tmp_path / "email/digest/body.txt"
    file.parent.mkdir(parents=True)
    file.write_text("{{ click_slot }} {{ unsubscribe_slot }}")
    with pytest.raises(ContentError, match="click_slot"):
        digest(edition("a"), TRACKING, tmp_path)


def test_an_update_is_labelled() -> None:
    """The word stands before the section, in both parts, and nowhere where there is no update."""
    update = replace(ARTICLE, is_update=True)
    content = digest(Selection((update, replace(ARTICLE, section="", is_update=True)), ()))
    assert "UPDATED · CITY" in content.text
    labels = [text_of(each) for each in parsed(content).find_class("label")]
    assert ["Updated · City", "Updated"] == labels
    assert "updated" not in digest(edition("A bridge opens")).text.lower()


def test_corrections_stand_after_the_articles() -> None:
    """Each names its article and what was wrong, with a link that nobody counts; none makes no such part."""
    wrong = Correction(9, "A bridge <opens>", "It opens in May.", "https://news.example/9")
    selection = replace(edition("A mill opens"), corrections=(wrong, replace(wrong, url="javascript:x")))
    for masthead in (MASTHEAD, replace(MASTHEAD, track_clicks=True)):
        content = digest(selection, masthead)
        html = fill_html(content.html, content.marker, {**VALUES, Slot.CLICK: "https://news.example/c/1"})
        page = lxml_html.document_fromstring(html)
        assert "A bridge <opens>: It opens in May." in content.text
        assert ["Corrections"] == [text_of(each) for each in page.find_class("part") if "Corr" in text_of(each)]
        assert 1 == content.html.count("https://news.example/9")
        assert "javascript" not in content.html + content.text
        assert "https://news.example/9" not in content.links
    assert "CORRECTIONS" not in digest(edition("A mill opens")).text
    assert "تصويبات" in digest(selection, replace(MASTHEAD, language="ar")).text


def test_a_quiet_edition() -> None:
    """On a sensitive day no headline shouts from the inbox, and nothing is counted."""
    content = digest(edition("A storm kills nine", "A mill opens"), replace(MASTHEAD, quiet=True))
    assert "The Harbour Post · Sunday, 22 November 2026" == content.subject
    assert "News from the bay" == content.preheader
    assert "132" not in content.text + content.html
    assert "Most voted" not in content.text + content.html
    assert "A storm kills nine" in content.text


def test_reasons_can_be_left_out() -> None:
    """Without show_why no article says why it is there; its votes stand among its facts."""
    assert "Most voted today" in digest(edition("A mill opens")).text
    text = digest(edition("A mill opens"), replace(MASTHEAD, show_why=False)).text
    assert "Most voted today" not in text
    assert "132 votes" in text
