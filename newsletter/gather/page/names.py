"""Names as pages print them: who wrote it, under which section, and what the site adds to its headlines."""

import re
from collections.abc import Sequence

from newsletter.gather.formats.draft import LONGEST_NAME
from newsletter.gather.page.tree import clean, letters

_BYLINE = re.compile(
    r"^(?:(?:written|posted|published|submitted|reported|story|article|words|text|geschrieben|verfasst|veröffentlicht"
    r"|eingestellt|submitted)\s+)?(?:by|von|vom|par|por|di|da|av|door|autor(?:in|en)?|author|autore|auteur|بقلم)"
    r"(?:\s*:\s*|\s+)",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"\s+(?:[|•·–—]|-{1,2})\s.*$"
    r"|,?\s*(?:\bon\b|\bam\b|\ble\b)\s+.*\d.*$"
    r"|\s*[(,;]?\s*(?:twitter|follow|@)\b.*$"
    r"|,?\s+\w+,?\s\d{1,2}.*\d{4}.*$|\s+\d{1,2}[./-].*$",
    re.IGNORECASE,
)
_TEXT_BYLINE = re.compile(
    r"^(?:(?:autor(?:in)?|text|author|words|autore|auteur|بقلم)\s*:\s*|(?:by|von|par|por|بقلم)\s+)"
    r"((?-i:[^\Wa-z\d_])[\w.'’-]*(?:\s(?:(?-i:[^\Wa-z\d_])[\w.'’-]*|and|et|und|y|de|van|von|al|bin)){0,5})(?=$|[,.|–—-])",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S+@\S+\.\S+")
_PICTURE = re.compile(r"^(?:image|photo|picture|foto|bild|source|quelle|credit|video)s?\s*:", re.IGNORECASE)
_LINK = re.compile(r"^(?:https?://|www\.|/|@)\S*$")
_NOBODY = {
    "admin",
    "administrator",
    "user",
    "guest",
    "anonymous",
    "none",
    "null",
    "unknown",
    "staff writer",
    "gast",
    "",
}
_MOST_AUTHORS = 12
_HOME = re.compile(
    r"^(?:home(?:page)?|start(?:seite)?|front ?page|accueil|inicio|portada|you are here:?|sie sind hier:?|main"
    r"|الرئيسية|الصفحة الرئيسية|»|›|/|>)$",
    re.IGNORECASE,
)
_SEPARATED = re.compile(r"\s+(?:[|·•»«›‹—–~]|::?|-{1,2})\s+|\s*[|»]\s*")
_LONGEST_SITE_NAME = 60
_CUT_CRUMB = 15
"""Letters: a step of a breadcrumb that begins like the title, and has more, is the title cut short."""
_GENERIC_FOLDERS = {
    *(
        "news",
        "article",
        "articles",
        "story",
        "stories",
        "content",
        "node",
        "blog",
        "blogs",
        "post",
        "posts",
        "amp",
    ),
    *(
        "archive",
        "archives",
        "index",
        "page",
        "pages",
        "web",
        "en",
        "de",
        "fr",
        "ar",
        "es",
        "it",
        "detail",
        "artikel",
    ),
    *(
        "category",
        "tag",
        "tags",
        "author",
        "autoren",
        "p",
        "a",
        "n",
        "view",
        "read",
        "site",
        "home",
        "beitrag",
        "articleshow",
    ),
}


def author_line(names: Sequence[str]) -> str:
    """Return the authors on one line, each once and in order; "" where nobody is named."""
    people: list[str] = []
    for name in names[:_MOST_AUTHORS]:
        plain = author_name(name)
        if plain and plain.casefold() not in {each.casefold() for each in people}:
            people.append(plain)
    line = ", ".join(people)
    return line if len(line) <= LONGEST_NAME * 3 else people[0]


def author_name(text: str) -> str:
    """Return a byline's name: without "By", address, date and whatever follows; "" for a link or nobody."""
    name = clean(text, LONGEST_NAME * 2)
    name = _ADDRESS.sub(" ", name).strip(" ,;:|-–—•·()\t")
    name = _BYLINE.sub("", name)
    name = _AFTER_NAME.sub("", name).strip(" ,;:|-–—•·()/")
    if _LINK.match(name) or _PICTURE.match(name) or name.casefold() in _NOBODY or len(name) > LONGEST_NAME:
        return ""
    return name if any(each.isalpha() for each in name) else ""


def byline_of(text: str) -> str:
    """Return the name in a text's own byline ("By AFP", "Autorin: …"): a line among its first or last."""
    lines = [line for line in text.split("\n") if line]
    for line in (*lines[:2], *lines[-5:]):
        found = _TEXT_BYLINE.match(line) if len(line) <= LONGEST_NAME else None
        if found and (name := author_name(found.group(1))):
            return name
    return ""


def section_of_path(steps: Sequence[str], title: str) -> str:
    """Return the deepest step of a breadcrumb that is neither the front page nor the article itself."""
    own = letters(title)
    names = [step.strip(" »›/>|·\u00a0") for step in steps]
    sections = [
        name
        for name in names
        if name and not _HOME.match(name) and len(name) <= LONGEST_NAME and not _is_same(letters(name), own)
    ]
    return sections[-1] if sections else ""


def section_of_address(path: str) -> str:
    """Return the section that an address names by its folder: "Region" of /news/region/…, else ""."""
    folders = [part for part in path.strip("/").split("/")[:-1] if part]
    for folder in reversed(folders[:4]):
        if re.fullmatch(r"[a-z]{3,20}(?:-[a-z]{2,15}){0,2}", folder) and folder not in _GENERIC_FOLDERS:
            return folder.replace("-", " ").capitalize()
    return ""


def without_site_name(title: str, site: str, heading: str = "") -> str:
    """Return a title without " | site name": by what the site calls itself, or its own heading."""
    if heading and title != heading and title.startswith(heading) and _SEPARATED.match(title[len(heading) :]):
        return heading
    if not site:
        return title
    own = letters(site)
    for found in _SEPARATED.finditer(title):
        before, after = title[: found.start()].strip(), title[found.end() :].strip()
        if before and letters(after) == own:
            return without_site_name(before, site)
        if after and letters(before) == own:
            return after
    return title


def last_part_dropped(title: str) -> str:
    """Return a <title> without its last separated part if that is short: what a site puts there is its name."""
    last = None
    for found in _SEPARATED.finditer(title):
        last = found
    if last is None:
        return title
    before, after = title[: last.start()].strip(), title[last.end() :].strip()
    return before if len(after) <= _LONGEST_SITE_NAME and len(before) > len(after) else title


def _is_same(name: str, title: str) -> bool:
    return bool(title) and (name == title or (len(name) > _CUT_CRUMB and title.startswith(name)))
