"""A selection becomes content."""

import re
import unicodedata
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.rendering import content as module
from newsletter.edition.rendering.content import Content, Stationery
from newsletter.edition.rendering.inline import inline
from newsletter.edition.rendering.selection import AlsoIn, Correction, Selection
from newsletter.edition.rendering.slots import Slot, direct_html, direct_text, fill_html, fill_text, personal
from newsletter.edition.rendering.templates import Templates
from newsletter.edition.words.wording import plain
from newsletter.errors import ContentError
from tests.edition.rendering.builders import (
    ARCHIVE,
    ARTICLE,
    MASTHEAD,
    OURS,
    SUNDAY,
    VALUES,
    VOTED,
    an_article,
    confirmation_of,
    digest,
    edition,
    parsed,
    text_of,
)


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

    feed = [ARTICLE.url, ARTICLE.summary, ARTICLE.source, ARTICLE.author, ARTICLE.image_url, "In 3 sources"]
    assert len(seen) == 1
    for text in ["Quiet title", "Other title", "Radio Nord", "nord.example", MASTHEAD.name, ARCHIVE, *feed]:
        assert text not in seen[0]
        assert text.replace("&", "&amp;") in content.html


def test_filling_renders_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One rendering serves every subscriber."""
    content = digest(edition("a"))
    monkeypatch.setattr(module, "inline", None)
    monkeypatch.setattr(Templates, "render", None)

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
        reasons=(Reason(ReasonKind.LIKED, name=title),),
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
    assert "max-width: 100% !important" in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "[data-ogsc]" in html


def test_nothing_is_loaded_but_pictures() -> None:
    """No tracking, no script, no style sheet or font from elsewhere."""
    page = parsed(digest(edition("a", "b", blog_posts=1)))

    assert page.xpath("//link | //script | //iframe | //form | //object") == []
    assert {ARTICLE.image_url} == set(page.xpath("//@src"))
    assert not any("url(" in style for style in page.xpath("//style/text() | //@style"))


def test_lines_of_text_are_short_unless_they_are_links() -> None:
    """The text part reads well in any terminal."""
    endless = Selection(
        (
            replace(
                ARTICLE,
                title="W" * 10_000,
                summary="a b " * 300,
                reasons=(Reason(ReasonKind.LIKED, name="x" * 300),),
            ),
        ),
        (),
    )

    lines = digest(endless).text.splitlines()

    assert all(len(line) <= 72 for line in lines if "http" not in line)


def test_the_text_part_tells_everything() -> None:
    """A reader of plain text misses nothing but the picture."""
    content = digest(edition("a", "b", blog_posts=1))
    text = fill_text(content.text, content.marker, VALUES)

    for part in (
        "The Harbour Post\nNews from the bay\nSunday, 22 November 2026\n",
        "CITY\na\n   The council voted 11 to 4.\n",
        "   By Mara Lindqvist\u00a0· Bay Courier\u00a0· 07:40\u00a0· 132 votes\n",
        "   In 3 sources\n   [1] https://news.example/1?a=1&b=2\n   Also in: Radio Nord\n",
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
        reasons=(),
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
    assert f"direction:{expected}" in page.xpath("//h3/ancestor::td/@style")[-1]


def test_an_article_in_another_language_says_so() -> None:
    """A screen reader changes its voice for one article and not for the next."""
    page = parsed(digest(Selection((ARTICLE, replace(ARTICLE, language="ar", title="رسالة", summary="")), ())))

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
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale/en.po").write_text('msgid "From the blogs"\nmsgstr "Notebook"\n')

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

    content = Stationery([OURS]).write("confirm", replace(MASTHEAD, language=language), confirmation_of(link))

    assert {link, MASTHEAD.site_url} == set(lxml_html.document_fromstring(content.html).xpath("//@href"))
    assert f"\n{link}\n" in content.text
    assert content.marker not in content.html + content.text
    assert MASTHEAD.name in content.subject
    assert not any(unicodedata.category(letter) == "Cc" for letter in content.subject)


@pytest.mark.parametrize("own", ["", "ink = 3", 'base = "broadsheet"\n[light]\nink = "#ffffff"'])
def test_a_broken_theme_stops_editions_alone(tmp_path: Path, own: str) -> None:
    """Who asks to subscribe is answered, and editors are told, in our own look."""
    if own:
        (tmp_path / "themes").mkdir()
        (tmp_path / "themes" / "broadsheet.toml").write_text(own)
    masthead = replace(MASTHEAD, theme="broadsheet" if own else "none")
    stationery, facts = Stationery([tmp_path, OURS]), confirmation_of("https://news.example/c")
    content, usual = (
        each.write("confirm", replace(masthead, theme=theme), facts)
        for each, theme in ((stationery, masthead.theme), (Stationery([OURS]), "broadsheet"))
    )
    assert (usual.text, usual.html) == (content.text, content.html)
    with pytest.raises(ContentError):
        stationery.digest(edition("a"), masthead, SUNDAY, ARCHIVE)


def test_a_name_does_not_turn_an_editor_s_subject() -> None:
    """Mail programs take a subject's direction from its first letter that is not isolated."""
    facts = {"reason": "r", "ended_at": "", "console_url": "https://news.example/console", "what": "لم يصدر العدد"}
    subject = Stationery([OURS]).write("alarm", replace(MASTHEAD, language="ar"), facts).subject
    assert subject.endswith(f"لم يصدر العدد (\u2068{MASTHEAD.name}\u2069)")


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
    preferences = personal(content.marker, Slot.PREFERENCES)
    own = {personal(content.marker, Slot.UNSUBSCRIBE), preferences, f"{preferences}#pause"}
    assert {ARCHIVE, MASTHEAD.site_url, *own} == hrefs - counted


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
    assert "UPDATED\u00a0· CITY" in content.text
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
    voted = replace(ARTICLE, title="A storm kills nine", reasons=(VOTED,))
    content = digest(Selection((voted, an_article(2)), ()), replace(MASTHEAD, quiet=True))
    assert "The Harbour Post · Sunday, 22 November 2026" == content.subject
    assert "News from the bay" == content.preheader
    assert "132" not in content.text + content.html
    assert "Most voted" not in content.text + content.html
    assert "A storm kills nine" in content.text


def test_reasons_can_be_left_out() -> None:
    """Without show_why no article says why it is there; its votes stand among its facts."""
    voted = Selection((replace(ARTICLE, reasons=(VOTED,)),), ())
    assert "Most voted today" in digest(voted).text
    text = digest(voted, replace(MASTHEAD, show_why=False)).text
    assert "Most voted today" not in text
    assert "132 votes" in text


def test_the_front_page_has_its_ranks() -> None:
    """The lead, stories with a thumbnail, briefs of one line, and the blogs, each under its heading."""
    page = parsed(digest(edition(*"abcdefgh", blog_posts=2)))
    parts = [text_of(each) for each in page.xpath("//h2")]
    assert ["More top stories", "In brief", "From the blogs"] == parts
    assert list("abcdefgh") == [text_of(each) for each in page.iter("h3")]
    assert 4 == len(page.xpath("//img"))
    briefs = page.find_class("column")[2:]
    assert ["e", "f"] == [text_of(each.xpath(".//h3")[0]) for each in briefs]
    assert all("Bay Courier" in text_of(each) and "Mara" not in text_of(each) for each in briefs)


def test_a_picture_has_the_height_of_its_shape() -> None:
    """Room is kept for it before it is there; without a known shape no height is made up."""
    shaped = replace(ARTICLE, image_width=1200, image_height=800)
    page = parsed(digest(Selection((shaped, ARTICLE, shaped), ())))
    assert [("592", "395"), ("284", None), ("284", "189")] == [
        (each.get("width"), each.get("height")) for each in page.iter("img")
    ]


def test_a_picture_s_credit_stands_under_it() -> None:
    """Whose it is stands beneath it, and not among the facts; nowhere where no picture is shown."""
    credited = replace(ARTICLE, image_credit="Ida Berg")
    content = digest(Selection((credited, replace(credited, image_url="")), ()))
    assert ["Photo: Ida Berg"] == [text_of(each) for each in parsed(content).find_class("credit")]
    assert "Ida Berg" not in content.text


def test_the_footer_has_every_way_out() -> None:
    """Preferences, pause and unsubscribe are plain links of the reader's own, in both parts."""
    content = digest(edition("a"))
    ways = {text_of(each): each.get("href") for each in parsed(content).find_class("way")}
    assert {
        "Preferences": VALUES[Slot.PREFERENCES],
        "Pause": f"{VALUES[Slot.PREFERENCES]}#pause",
        "Unsubscribe": VALUES[Slot.UNSUBSCRIBE],
        "View in browser": ARCHIVE,
    } == ways
    text = fill_text(content.text, content.marker, VALUES)
    assert all(f"\n{address}\n" in text for address in ways.values())


def test_mixed_directions_keep_to_themselves() -> None:
    """A Latin headline in an Arabic edition, and the reverse: each its own direction, on its own element."""
    latin = an_article(1, title="GPT 5 is here", summary="It reads.", language="en")
    arabic = an_article(2, title="رسالة من الخليج", summary="وصلت.", language="ar")
    for language, expected in (("ar", [("en", "ltr"), (None, None)]), ("en", [(None, None), ("ar", "rtl")])):
        content = digest(Selection((latin, arabic), ()), replace(MASTHEAD, language=language))
        page = parsed(content)
        assert expected == [(each.get("lang"), each.get("dir")) for each in page.iter("h3")]
        (turned,) = (each for each in page.iter("h3") if each.get("dir"))
        assert f"direction:{turned.get('dir')}" in turned.get("style", "")


def test_a_feed_that_is_wrong_about_its_language_turns_nothing_around() -> None:
    """English under a Persian tag is set from left to right, as what it is."""
    page = parsed(digest(Selection((an_article(1, language="fa"),), ())))
    assert [(None, None)] == [(each.get("lang"), each.get("dir")) for each in page.iter("h3")]
