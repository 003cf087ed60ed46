"""What is a command and what is not, in six languages."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.desk.commands import (
    MOST_COMMANDS,
    Command,
    Verb,
    folded,
    read_command,
    read_commands,
    sections_named,
    word_for,
)
from newsletter.inbound.mail.lines import MOST_LINES, opening_lines

LANGUAGES = ("en", "fr", "de", "es", "tr", "ar")


def said(line: str) -> tuple[Verb, tuple[str, ...], int | None] | None:
    found = read_command(line, {"daily", "evening-news"})
    return None if found is None else (found.verb, found.names, found.days)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("STOP", (Verb.STOP, (), None)),
        ("  Stop! ", (Verb.STOP, (), None)),
        ("Please unsubscribe me from this list.", (Verb.STOP, (), None)),
        ("unsubscribe daily", (Verb.STOP, ("daily",), None)),
        ("I would like to unsubscribe", (Verb.STOP, (), None)),
        ("subscribe evening-news", (Verb.SUBSCRIBE, ("evening-news",), None)),
        ("PAUSE 14", (Verb.PAUSE, (), 14)),
        ("Pause for 14 days, please", (Verb.PAUSE, (), 14)),
        ("pause", (Verb.PAUSE, (), None)),
        ("SECTIONS sport politics", (Verb.SECTIONS, ("sport politics",), None)),
        ("Sections: World News, Sport and Arts", (Verb.SECTIONS, ("World News", "Sport and Arts"), None)),
        ("sections all", (Verb.SECTIONS, (), None)),
        ("once a week", (Verb.WEEKLY, (), None)),
        ("Yes!", (Verb.CONFIRM, (), None)),
        # French, German, Spanish, Turkish, Arabic.
        ("Je voudrais me désabonner", (Verb.STOP, (), None)),
        ("ME DESABONNER", (Verb.STOP, (), None)),
        ("Pause 7 jours", (Verb.PAUSE, (), 7)),
        ("Bitte abbestellen", (Verb.STOP, (), None)),
        ("Nur Sport und Kultur", (Verb.SECTIONS, ("Sport und Kultur",), None)),
        ("Darme de baja, por favor", (Verb.STOP, (), None)),
        ("SECCIONES deporte, cultura", (Verb.SECTIONS, ("deporte", "cultura"), None)),
        ("ABONELİK İPTAL", (Verb.STOP, (), None)),
        ("Abonelikten çık", (Verb.STOP, (), None)),
        ("14 gün", None),
        ("إلغاء الاشتراك", (Verb.STOP, (), None)),
        ("\u200fإلغاء الإشتراك من فضلك\u200f", (Verb.STOP, (), None)),
        ("إيقاف مؤقت ١٤ يوما", (Verb.PAUSE, (), 14)),
    ],
)
def test_commands(line: str, expected: object) -> None:
    """A whole line that is a command is read, however it is dressed."""
    assert expected == said(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Stop the war, says the minister!",
        "Please do not stop",
        "Help wanted: a new editor",
        "Yes but no",
        "I subscribe to the view that it rains",
        "pause soon, maybe?",
        "sections",
        "daily bread & wine",
        "x" * 5000,
        "stop " * 40,
    ],
)
def test_sentences_are_no_commands(line: str) -> None:
    """A word of ours within a sentence commands nothing."""
    assert None is said(line)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", [each for each in Verb if each is not Verb.SECTIONS])
def test_the_word_that_we_name_is_understood(verb: Verb, language: str) -> None:
    """Each command can be given by the word that our answers name, in capitals too, and its language is known."""
    word = word_for(verb, language)
    for written in (word, word.upper(), f"  {word}. "):
        found = read_command(written)
        assert found is not None
        assert (verb, True) == (found.verb, language in found.languages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_in_each_language(language: str) -> None:
    """Sections are named after the command, as they are written."""
    assert (Verb.SECTIONS, ("Sport", "Kültür"), None) == said(f"{word_for(Verb.SECTIONS, language)} Sport, Kültür")


def test_the_subject_and_the_first_lines() -> None:
    """Several commands are read in order, each once, from the subject and from what was written first."""
    text = "Hello,\n\nPAUSE 3\nweekly\n\nThanks\n-- \nSTOP\n"
    assert [Verb.DAILY, Verb.PAUSE, Verb.WEEKLY] == [each.verb for each in read_commands("Daily", text)]
    assert 1 == len(read_commands("STOP", "stop\nStop!\n"))


@pytest.mark.parametrize(
    "text",
    [
        "> STOP",
        "-- \nSTOP",
        "On Monday, The Daily wrote:\nSTOP",
        "-----Original Message-----\nSTOP",
        "Am 2. März schrieb The Daily:\n\nSTOP",
        "From: The Daily <news@paper.example>\nSTOP",
        "a\nb\nc\nd\ne\nSTOP",
    ],
)
def test_what_somebody_else_wrote_commands_nothing(text: str) -> None:
    """Quotations, signatures and what stands far below are not looked at."""
    assert [] == read_commands("", text)


@pytest.mark.parametrize("subject", ["Re: Stop", "AW: Abbestellen", "Fwd: unsubscribe", "YNT: dur", "RE[2]: stop"])
def test_the_subject_of_an_answer_is_not_the_readers(subject: str) -> None:
    """An answer's subject is a headline of ours, and says nothing."""
    assert [] == read_commands(subject, "")


WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=12)


@given(st.text(max_size=400), st.text(max_size=2000))
def test_any_text_is_read(subject: str, text: str) -> None:
    """Whatever is written, commands are few, and what they carry is fit to be used."""
    found = read_commands(subject, text, {"daily"})
    assert len(found) == len(set(found)) <= MOST_COMMANDS
    for each in found:
        assert each.languages
        assert each.days is None or 0 <= each.days <= 9999
        assert all(name.strip() == name != "" for name in each.names)


@given(st.sampled_from(list(Verb)), st.sampled_from(LANGUAGES), st.data())
def test_case_and_marks_do_not_count(verb: Verb, language: str, data: st.DataObject) -> None:
    """A command is the same in any case, with white space, full stops or marks of direction around it."""
    argument = " sport" if verb is Verb.SECTIONS else ""
    line = word_for(verb, language) + argument
    around = st.text(" \t.!\u200e\u200f*", max_size=4)
    cased = data.draw(st.sampled_from([line, line.upper(), line.capitalize()]))
    dressed = data.draw(around) + cased + data.draw(around)
    plain, found = read_command(line), read_command(dressed)
    assert plain is not None
    assert found is not None
    assert (plain.verb, [folded(each) for each in plain.names]) == (
        found.verb,
        [folded(each) for each in found.names],
    )


@given(st.integers(0, 9999), st.sampled_from(LANGUAGES))
def test_days_are_read_in_any_digits(days: int, language: str) -> None:
    """The number of a pause is read as it was written, in Arabic digits too."""
    arabic = str(days).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    word = word_for(Verb.PAUSE, language)
    assert [(Verb.PAUSE, (), days)] * 2 == [said(f"{word} {number}") for number in (days, arabic)]


@given(st.lists(WORDS, min_size=2, max_size=4, unique=True))
def test_names_are_kept_as_written(names: list[str]) -> None:
    """With commas between them, names of sections are the same afterwards."""
    line = "SECTIONS " + ", ".join(f"{name} {name}" for name in names)
    assert Command(Verb.SECTIONS, tuple(f"{name} {name}" for name in names)) == read_command(line)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["sport politics"], ["Sport", "Politics"]),
        (["world news and ARTS AND CULTURE", "sport"], ["World News", "Arts and Culture", "Sport"]),
        (["Sport, sport"], ["Sport"]),
        (["chess"], ["chess"]),
        ([], []),
    ],
)
def test_sections_are_found_among_those_there_are(names: list[str], expected: list[str]) -> None:
    """Sections are known by their own spelling, several words long or not; what is unknown stays as it was."""
    known = ["Sport", "Politics", "World News", "Arts and Culture"]
    assert expected == sections_named(names, known)


@given(st.text(max_size=5000))
def test_opening_lines_are_few(text: str) -> None:
    """Few lines of any text are looked at, none of them quoted or empty."""
    found = opening_lines(text)
    assert len(found) <= MOST_LINES
    assert all(line.strip() and not line.startswith(">") for line in found)


@given(st.text())
def test_folding_is_stable(text: str) -> None:
    """What is folded once is folded for good."""
    assert folded(text) == folded(folded(text))
