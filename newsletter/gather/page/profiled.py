"""What a page says by its site's profile: each fact from the first element whose words hold it."""

import re

from lxml.html import HtmlElement

from newsletter.gather.formats.draft import LONGEST_NAME, LONGEST_TITLE, whole_number
from newsletter.gather.memory.canonical import absolute_url
from newsletter.gather.page.dates import read_date
from newsletter.gather.page.facts import Claims, Dated, Origin
from newsletter.gather.page.names import author_line, section_of_path
from newsletter.gather.page.picture import is_picture, link_of
from newsletter.gather.page.places import is_home
from newsletter.gather.page.profile import Profile
from newsletter.gather.page.tree import text_of

_MOST_AUTHORS = 8
_COMMENT = re.compile(r"(?:^|[\s_-])comments?(?:$|[\s_-])", re.IGNORECASE)


def read_profile(root: HtmlElement, profile: Profile, url: str, language: str) -> Claims:
    """Return what the profile finds. Its own language, where it names one, reads the months."""
    title = _first(root, profile, "title")[:LONGEST_TITLE]
    spoken = profile.language or language
    image = _image(root, profile, url)
    return Claims(
        f"{Origin.PROFILE} {profile.name}",
        title=title,
        published=_date(root, profile, "published", spoken),
        updated=_date(root, profile, "updated", spoken),
        author=author_line([name for name in _same_place(root, profile, "author") if name]),
        section=section_of_path(_same_place(root, profile, "section"), title)[:LONGEST_NAME],
        image_url=image,
        caption=_first(root, profile, "caption"),
        credit=_first(root, profile, "credit")[:LONGEST_NAME],
        dateline=_first(root, profile, "dateline")[:LONGEST_NAME],
        votes=_votes(root, profile),
        summary=_first(root, profile, "summary"),
    )


def profile_text_root(root: HtmlElement, profile: Profile | None) -> HtmlElement | None:
    """Return the element that holds the article's text by the profile: of those that match, the longest."""
    rule = profile.rules.get("text") if profile else None
    if rule is None:
        return None
    found = [element for element, _ in rule.elements(root)]
    return max(found, key=lambda element: len(text_of(element, 100_000)), default=None)


def _texts(root: HtmlElement, profile: Profile, fact: str) -> list[tuple[HtmlElement, str]]:
    rule = profile.rules.get(fact)
    if rule is None:
        return []
    return [
        (element, text)
        for element, attribute in rule.elements(root)
        if not (_is_comment(element) or (fact == "author" and is_home(element)))
        and (
            text := rule.apply(
                " ".join((element.get(attribute) or "").split()) if attribute else text_of(element)
            ).strip()
        )
    ]


def _is_comment(element: HtmlElement) -> bool:
    """Tell whether an element is a reader's: comments have dates, names and votes of their own."""
    return any(
        _COMMENT.search(f"{each.get('class') or ''} {each.get('id') or ''}")
        for each in element.iterancestors()
        if each.tag not in {"body", "html"}
    )


def _first(root: HtmlElement, profile: Profile, fact: str) -> str:
    return next((text for _, text in _texts(root, profile, fact)), "")


def _same_place(root: HtmlElement, profile: Profile, fact: str) -> list[str]:
    """Return the texts of the first match and its neighbours: the authors of one line, the steps of one path."""
    found = _texts(root, profile, fact)
    if not found:
        return []
    place = _line_of(found[0][0])
    return [text for element, text in found if _line_of(element) is place][:_MOST_AUTHORS]


def _line_of(element: HtmlElement) -> HtmlElement | None:
    """Return the line that an element stands in: its parent, or the list's if it is a link of its own there."""
    parent = element.getparent()
    if parent is not None and parent.tag in {"li", "span"} and parent.getparent() is not None:
        return parent.getparent()
    return parent


def _date(root: HtmlElement, profile: Profile, fact: str, language: str) -> Dated | None:
    dates = (read_date(text, profile.zone, language) for _, text in _texts(root, profile, fact))
    return next((date for date in dates if date is not None), None)


def _votes(root: HtmlElement, profile: Profile) -> int | None:
    counts = (
        whole_number("".join(char for char in text if char.isdigit()))
        for _, text in _texts(root, profile, "votes")
    )
    return next((count for count in counts if count is not None), None)


def _image(root: HtmlElement, profile: Profile, url: str) -> str:
    rule = profile.rules.get("image")
    if rule is None:
        return ""
    for element, attribute in rule.elements(root):
        link = absolute_url(element.get(attribute) or "" if attribute else link_of(element), url)
        if link and (attribute or is_picture(element, link)):
            return link
    return ""
