"""What stands around a text: datelines, credits, bylines and buttons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.text.credits import drop_furniture, strip_credit, strip_dateline


@pytest.mark.parametrize(
    ("text", "dateline", "rest"),
    [
        ("SARAQEB, Syria — Fresh fighting broke out.", "SARAQEB, Syria", "Fresh fighting broke out."),
        ("AMMAN — Jordan on Friday said", "AMMAN", "Jordan on Friday said"),
        ("WASHINGTON (AP) — The Senate", "WASHINGTON (AP)", "The Senate"),
        ("NEW YORK, Aug 12 (Reuters) - Oil rose", "NEW YORK, Aug 12 (Reuters)", "Oil rose"),
        ("RIO DE JANEIRO, Brazil, Feb. 3 (AFP) – “No one", "RIO DE JANEIRO, Brazil, Feb. 3 (AFP)", "“No one"),
        ("ST. PETERSBURG, Russia -- 14 ships", "ST. PETERSBURG, Russia", "14 ships"),
        ("LONDON/PARIS — Banks", "LONDON/PARIS", "Banks"),
        ("Amman, March 3 (Petra) -- The King", "Amman, March 3 (Petra)", "The King"),
        ("PARIS, 3 mars (Reuters) - Le gouvernement", "PARIS, 3 mars (Reuters)", "Le gouvernement"),
        ("Paris (AFP) – Émeutes", "Paris (AFP)", "Émeutes"),
        ("AIX-EN-PROVENCE — « Non »", "AIX-EN-PROVENCE", "« Non »"),
        ("ÉVRY, France — L'usine", "ÉVRY, France", "L'usine"),
        ("عمّان (بترا) - أعلن الوزير", "عمّان (بترا)", "أعلن الوزير"),
        ("القدس المحتلة - وفا - قال ناطق", "القدس المحتلة - وفا", "قال ناطق"),
        ("عمان – أعلنت الحكومة", "عمان", "أعلنت الحكومة"),
        ("دمشق (أ ف ب) — قتل شخصان", "دمشق (أ ف ب)", "قتل شخصان"),
    ],
)
def test_a_dateline_goes(text: str, dateline: str, rest: str) -> None:
    """City, country, date and agency leave the text and are told apart."""
    assert (dateline, rest) == strip_dateline(text)


@pytest.mark.parametrize(
    "text",
    [
        "NATO — the alliance — met",
        "NATO — Thirty-two members met",
        "BREAKING — Two ships collide",
        "EXCLUSIF - Le ministre part",
        "VIDEO - The flood in pictures",
        "Ferry — The return",
        "Jo Dahl, the mayor — Who else — voted",
        "COVID-19 — 5 questions",
        "AMMAN-based firms grew",
        "A — B",
        "قال الملك الراحل - رحمه الله - إن",
        "الملك عبدالله - رعاه الله - وصل",
        "أعلن الوزير - أمس",
        "Le président — élu en mai — part",
        "",
    ],
)
def test_what_only_looks_like_a_dateline_stays(text: str) -> None:
    """A dash after an organisation, a label, a name or an aside is the author's own."""
    assert ("", text) == strip_dateline(text)


PIECES = st.lists(
    st.sampled_from(
        [
            "PARIS",
            "Syria",
            "AMMAN",
            ",",
            " ",
            " — ",
            " - ",
            "(AFP)",
            "Feb 3",
            "The",
            "a",
            "عمان",
            "وفا",
            "قال",
            "9",
        ]
    ),
    max_size=14,
).map("".join)


@given(st.one_of(PIECES, st.text(max_size=40)))
def test_the_rest_is_the_end_of_the_text(text: str) -> None:
    """Nothing is reworded, and a rest has no dateline of its own."""
    dateline, rest = strip_dateline(text)
    assert text.endswith(rest)
    assert dateline in text
    assert ("", rest) == strip_dateline(rest)


@pytest.mark.parametrize(
    ("caption", "plain", "credit"),
    [
        ("Smoke rises over Saraqeb (AFP photo)", "Smoke rises over Saraqeb", "AFP"),
        ("Smoke rises over Saraqeb (Reuters).", "Smoke rises over Saraqeb", "Reuters"),
        ("A boat (AFP photo by Omar Haj)", "A boat", "Omar Haj/AFP"),
        ("A boat (Omar Haj/AFP)", "A boat", "Omar Haj/AFP"),
        ("A boat (AFP via Getty Images)", "A boat", "AFP via Getty Images"),
        ("A boat (Photo courtesy of Royal Court)", "A boat", "Royal Court"),
        ("A boat (File photo: Petra)", "A boat", "Petra"),
        ("A boat (JT file photo)", "A boat", "JT"),
        ("A boat. Photo: Jo Dahl", "A boat.", "Jo Dahl"),
        ("A boat. Photo by Jo Dahl.", "A boat.", "Jo Dahl"),
        ("Un bateau © Jo Dahl / AFP", "Un bateau", "Jo Dahl / AFP"),
        ("Un bateau. Crédit photo : Jo Dahl", "Un bateau.", "Jo Dahl"),
        ("A boat — Reuters", "A boat", "Reuters"),
        ("A boat. AFP/Getty Images", "A boat.", "AFP/Getty Images"),
        ("قارب في العقبة (أ ف ب)", "قارب في العقبة", "أ ف ب"),
        ("قارب. تصوير: جو دال", "قارب.", "جو دال"),
        ("AFP", "", "AFP"),
        ("© Reuters", "", "Reuters"),
        ("The mayor (left) and the captain (right)", "The mayor (left) and the captain (right)", ""),
        ("The council in session (2019)", "The council in session (2019)", ""),
        ("The head of AP", "The head of AP", ""),
        ("A photo of the boat", "A photo of the boat", ""),
        ("", "", ""),
    ],
)
def test_a_credit_leaves_its_caption(caption: str, plain: str, credit: str) -> None:
    """Only what names an agency or a photographer is a credit."""
    assert (plain, credit) == strip_credit(caption)


CAPTIONS = st.lists(
    st.sampled_from(
        ["A boat", "(AFP photo)", "(left)", "Photo: Jo", "© Jo", " ", ". ", " — Reuters", "[AP]", "("]
    ),
    max_size=8,
).map("".join)


@given(st.one_of(CAPTIONS, st.text(max_size=40)))
def test_a_caption_is_the_beginning(caption: str) -> None:
    """The caption left is a beginning of what was given, and has no credit of its own."""
    plain, _ = strip_credit(caption)
    assert caption.startswith(plain)
    assert (plain, "") == strip_credit(plain)


def test_furniture_goes_line_by_line() -> None:
    """Bylines, dates of update, buttons and votes go; sentences about them stay."""
    kept = [
        "The council voted on Tuesday to reopen the ferry.",
        "By Friday, 3,000 people had signed, and more than that wrote.",
        "Updated plans will follow, the mayor said in a long letter.",
        "أعلنت المدينة افتتاح الخط",
        "Par ailleurs, le maire a démissionné.",
        "Share prices fell again in the afternoon.",
    ]
    furniture = [
        *("By Jo Dahl", "By AFP - Feb 28,2020", "Feb 28,2020 - Last updated at Feb 28,2020", "Par Jo Dahl"),
        *(
            "Last updated at Feb 28,2020",
            "7 users have voted.",
            "1 user has voted.",
            "Share this on Facebook",
            "Print",
        ),
        *("Publié le 3 mars 2026 à 12 h", "آخر تحديث: 3 آذار 2026", "مشاركة", "3 min read", "12 comments"),
    ]
    text = "\n".join(line for pair in zip(kept + kept + kept, furniture, strict=False) for line in pair)
    assert (kept + kept + kept)[: len(furniture)] == drop_furniture(text).split("\n")


@given(st.text(alphabet="By Jo\n3 votes,.", max_size=60))
def test_dropping_furniture_twice_is_once(text: str) -> None:
    """What remains has no more furniture."""
    once = drop_furniture(text)
    assert once == drop_furniture(once)
