"""Blurbs: whole sentences of the best text there is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.text.blurb import LONGEST, TARGET, blurb, summarise
from newsletter.gather.text.cutting import is_sign_end, is_word_end, open_quotes, sentence_ends
from newsletter.gather.text.plaintext import plain_text

FIRST = "The council of the harbour town voted on Tuesday to reopen the old ferry line."
SECOND = "Ticket sales begin in May, Mr. Dahl of the U.S. operator said, and two boats have been ordered for it."
THIRD = "It is the first line across the bay since the bridge was built thirty years ago."


@pytest.mark.parametrize(
    ("markup", "summary"),
    [
        (f"<p>{FIRST}</p>", FIRST),
        (f"{FIRST} {SECOND} {THIRD}", f"{FIRST} {SECOND}"),
        (f"{FIRST} The boats are […]", FIRST),
        (f"{FIRST} The boats are...", FIRST),
        (f"{FIRST} Read more »", FIRST),
        (f'{FIRST}</p><p>The post <a href="x">Ferry</a> appeared first on <a href="y">The Gazette</a>.', FIRST),
        ("Boats that are still being […]", "Boats that are still being…"),
        ("No full stop at all", "No full stop at all"),
        ("Ferry line  reopens!", ""),
        ("أعلنت المدينة افتتاح الخط؟ ثم بدأت الرحلات", "أعلنت المدينة افتتاح الخط؟ ثم بدأت الرحلات"),
        ("", ""),
    ],
)
def test_a_summary_is_whole_sentences(markup: str, summary: str) -> None:
    """Marks of cutting go, half sentences go with them, and the title is not said twice."""
    assert summarise(markup, "Ferry line reopens") == summary


LONG = (
    "The council of the harbour town, which has met every Tuesday since the bridge was built thirty years ago,"
    " voted after nine hours of speeches and one walk-out to reopen the ferry line that the older people of both"
    " shores remember, although nobody has yet said who will pay for the two boats, the crews and the piers"
)
DESCRIPTION = "The ferry will run again from May, the council of the harbour town has decided."


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (f"{LONG}.", "the ferry line that the older people of both…"),
        (
            f"{LONG.replace('reopen the', 'reopen, the')}.",
            "after nine hours of speeches and one walk-out to reopen…",
        ),
        (f"{'Halvorsen' * 40} sank.", ""),
    ],
)
def test_a_long_sentence_ends_at_a_clause_or_a_word(text: str, end: str) -> None:
    """Beyond the longest it ends at the last comma, else the last word; one endless word is no blurb."""
    short = blurb([text], "")
    assert short.endswith(end)
    assert len(short) <= (TARGET if end else 0)


@pytest.mark.parametrize(
    ("texts", "best"),
    [
        (["Written by the editor, who knows what it is about.", DESCRIPTION], 0),
        (["Too short.", DESCRIPTION], 1),
        (["", DESCRIPTION], 1),
        (["Ferry line reopens", DESCRIPTION], 1),
        (["The council voted. The boats of the harbour town are […]", DESCRIPTION], 1),
        ([f"{DESCRIPTION} {LONG}. {LONG}.", f"{DESCRIPTION} It is late."], 1),
        (["Too short.", f"{DESCRIPTION} {LONG}. {LONG}."], 1),
    ],
)
def test_the_first_whole_description_wins(texts: list[str], best: int) -> None:
    """Editor, description, page, article: the first of 40 to 400 characters that is neither cut nor the title."""
    assert blurb(texts, "Ferry line reopens") == blurb([texts[best]], "")


def test_what_is_left_is_better_than_nothing() -> None:
    """Where no text is as it should be, a whole sentence of a cut one stands, else a short one."""
    assert blurb(["Too short.", f"{DESCRIPTION} The boats are…"], "") == DESCRIPTION
    assert blurb(["Too short."], "") == "Too short."
    assert blurb([], "") == ""


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (f"SARAQEB, Syria — {FIRST}", FIRST),
        (f"AMMAN (AFP) – {FIRST}", FIRST),
        (f"عمان (بترا) - {SECOND}", SECOND),
        (f"By Jo Dahl\nLast updated at Feb 28,2020\n{FIRST}", FIRST),
        (f"{FIRST} (Reuters)", FIRST),
        (f"Ferry line reopens. {FIRST}", FIRST),
        (f"{FIRST} اقرأ المزيد", FIRST),
        (f"{SECOND} It is the first line across the ba", SECOND),
        ("NATO — the alliance — met on Tuesday in the harbour town to talk about ferries.",) * 2,
    ],
)
def test_what_is_not_the_text_goes(text: str, short: str) -> None:
    """Datelines, agencies, bylines, credits and the title said again are no part of a blurb."""
    assert blurb([text], "Ferry line reopens") == short


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Mr. Dahl of the U.S. firm said No. 5 costs $3.50. It does.", 2),
        ("He met Gen. A. B. Smith at 5 p.m. on Tuesday. They talked.", 2),
        ("“It is over. We won,” he said. She left.", 2),
        ('"It is over." She left.', 2),
        ("Quoi ! dit-il. « C’est fini. » Elle part.", 3),
        ("M. Dupont est arrivé à 3 h 30. Mme Dahl, av. Foch, aussi.", 2),
        ("أعلنت المدينة الخط. هل يعود؟ نعم، يعود.", 3),
        ("議会は投票した。船は来る。", 2),
        ("Wait... what? Yes!", 2),
    ],
)
def test_sentences_end_where_a_reader_says_so(text: str, sentences: int) -> None:
    """Abbreviations, initials, figures and stops within a quotation end no sentence."""
    assert len(sentence_ends(text)) == sentences


@pytest.mark.parametrize("opener", ["“", "« ", "„"])
def test_a_quotation_is_closed_or_left_out(opener: str) -> None:
    """A cut within a quotation goes back before it, or closes it."""
    for before in (0, 150):
        short = blurb([f"{LONG[:before]} {opener}{LONG}"], "")
        assert open_quotes(short) == ""
        assert short.endswith("…" if before else ("…”", "…»", "…“"))


WORDS = st.sampled_from(
    [
        *(
            "The",
            "council",
            "voted",
            "U.S.",
            "Mr.",
            "—",
            "“No",
            "way.”",
            "«",
            "»",
            "3.5",
            "end.",
            "end.",
            "so?",
            "a,",
        ),
        *(
            "👨‍👩‍👧",
            "🇯🇴🇫🇷",
            "e\u0301te\u0301.",
            "أعلنت",
            "المدينة.",
            "هل؟",
            "議会は。",
            "क्षेत्र",
            "…",
            '"Yes"',
            "PARIS",
            "(AFP)",
            "[…]",
        ),
        "extraordinarily-long-compound",
    ]
)
TEXTS = st.lists(WORDS, max_size=90).map(" ".join)


@given(st.one_of(TEXTS, st.text(max_size=900)), st.sampled_from(["", "The council", "end."]))
def test_a_blurb_is_short_and_stable(text: str, title: str) -> None:
    """Whatever the text: within the longest, quotations closed, and the blurb of a blurb is itself."""
    short = blurb([text], title)
    assert len(short) <= LONGEST
    assert blurb([short], title) == short


@given(TEXTS)
def test_a_blurb_ends_with_a_whole_word(text: str) -> None:
    """It stands in its text word for word, and ends neither within a word nor within a sign."""
    short = blurb([text], "")
    kept = short.rstrip("”»“…")
    at = text.find(kept)
    assert at >= 0
    end = at + len(kept)
    assert is_sign_end(text, end)
    assert is_word_end(text, end) or not text[end].isalnum()


@given(
    st.lists(
        st.sampled_from(["<b>", "</b>", "&amp;", "&lt;p&gt;", "word", " ", "One two. ", "<a href='x'>"]),
        max_size=150,
    )
)
def test_a_blurb_ends_outside_markup(pieces: list[str]) -> None:
    """No tag and no entity is cut in two."""
    short = summarise("".join(pieces), "")
    assert "<" not in short
    assert short.rstrip("…") in plain_text("".join(pieces))


@given(st.text(alphabet="a\u0301👩\u200d🇯🇴क्ष\U0001f3fd각", max_size=30), st.integers(0, 30))
def test_marks_are_never_torn_off(text: str, at: int) -> None:
    """No sign begins with a mark that belongs to the one before."""
    if 0 < at < len(text) and is_sign_end(text, at):
        assert unicodedata.category(text[at]) not in {"Mn", "Me", "Mc"}
        assert "\u200d" not in text[at - 1 : at + 1]
