"""One word per concept: the glossary's last column must not appear."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
JUDGED_BY_READERS = "†"

ALLOWED = {
    # Names that other programs give to parameters of links, and HTTP's own word.
    ("campaign", "newsletter/gather/memory/canonical.py"),
    ("chunk", "newsletter/gather/http/decoding.py"),
    # The name of a header that some software puts on what it sends.
    ("mailing list", "newsletter/inbound/desk/loops.py"),
    # The word of RFC 3030, and of the relay's option that speaks of it.
    ("chunk", "newsletter/delivery/smtp/relay.py"),
    ("chunk", "newsletter/delivery/smtp/session.py"),
    ("chunk", "docs/deliverability.md"),
    ("chunk", "docs/performance.md"),
    # The name that a library gives to what it holds.
    ("blocklist", "newsletter/readers/address.py"),
}


def banned() -> list[str]:
    rows = [
        line.split("|") for line in (ROOT / "docs/glossary.md").read_text().splitlines() if line.startswith("|")
    ]
    words = [word.strip() for row in rows[2:] for word in row[3].split(",")]
    return [word for word in words if word and not word.endswith(JUDGED_BY_READERS)]


def texts() -> list[Path]:
    found = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", ROOT / "worker.py"]
    for folder, pattern in (("newsletter", "*.py"), ("templates", "*.*"), ("docs", "*.md")):
        found += (ROOT / folder).rglob(pattern)
    # The sample newspaper speaks like a newspaper.
    return [path for path in found if path.name != "glossary.md" and path.suffix not in {".jpg", ".png"}]


def test_the_glossary_has_words_to_look_for() -> None:
    """The table is read as meant."""
    assert {"campaign", "opt-in", "blocklist"} <= set(banned())


@pytest.mark.parametrize("word", banned())
def test_a_word_we_do_not_say_is_not_said(word: str) -> None:
    """A word that the glossary replaces appears nowhere in code, templates or docs."""
    spelled = re.escape(word).replace(r"\-", "[-_ ]").replace(r"\ ", "[-_ ]")
    pattern = re.compile(rf"(?<![a-z]){spelled}s?(?![a-z])", re.IGNORECASE)
    said = {
        str(path.relative_to(ROOT))
        for path in texts()
        if pattern.search(path.read_text()) and (word, str(path.relative_to(ROOT))) not in ALLOWED
    }
    assert said == set()
