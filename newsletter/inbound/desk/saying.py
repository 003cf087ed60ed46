"""What an answer says, in the reader's language: a sentence for each thing told, and the commands there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.edition.rendering.facts import Fact
from newsletter.edition.words.phrases import Phrases
from newsletter.inbound.desk.commands import Verb, word_for
from newsletter.inbound.desk.wishes import Told
from newsletter.readers.pauses import LONGEST_PAUSE

_EXAMPLE_DAYS = 14


@dataclass(frozen=True, slots=True)
class _Values:
    """What goes into a sentence: the newsletter's name, and a day, or names of sections or newsletters."""

    name: str
    day: str = ""
    names: str = ""


_Sentence = Callable[[Phrases, _Values], str]

_SENTENCES: Mapping[str, _Sentence] = {
    "paused": lambda phrases, of: phrases.gettext(
        "{name} pauses. It comes again from {day} on.", name=of.name, day=of.day
    ),
    "paused for good": lambda phrases, of: phrases.gettext("{name} pauses until you say otherwise.", name=of.name),
    "resumed": lambda phrases, of: phrases.gettext("{name} comes again.", name=of.name),
    "weekly": lambda phrases, of: phrases.gettext("{name} comes once a week now.", name=of.name),
    "daily": lambda phrases, of: phrases.gettext("{name} comes with each edition now.", name=of.name),
    "sections": lambda phrases, of: phrases.gettext(
        "{name} brings you only these sections now: {names}.", name=of.name, names=of.names
    ),
    "all sections": lambda phrases, of: phrases.gettext("{name} brings you all its sections now.", name=of.name),
    "left": lambda phrases, of: phrases.gettext("You have left {name}. Nothing more comes.", name=of.name),
    "there": lambda phrases, of: phrases.gettext("You are subscribed to {name}.", name=of.name),
    "choose": lambda phrases, of: phrases.gettext(
        "Name the newsletter that you want, one of these: {names}.", names=of.names
    ),
    "prove": lambda phrases, _: phrases.gettext(
        "To be sure that it was you, answer this mail with the same words. Then it is done."
    ),
    "stranger": lambda phrases, _: phrases.gettext("This address is not subscribed."),
    "old": lambda phrases, _: phrases.gettext(
        "The address that you wrote to is too old, or it was cut short. Nothing was changed."
    ),
    "no pause": lambda phrases, _: phrases.gettext(
        "A pause has 1 to {most} days. Nothing was changed.", most=LONGEST_PAUSE
    ),
    "no weekly": lambda phrases, of: phrases.gettext(
        "{name} has no weekly edition. Nothing was changed.", name=of.name
    ),
    "no sections": lambda phrases, of: phrases.gettext(
        "{name} has these sections: {names}. Nothing was changed.", name=of.name, names=of.names
    ),
    "sections without any": lambda phrases, of: phrases.gettext(
        "{name} has no sections to choose from. Nothing was changed.", name=of.name
    ),
    "no command": lambda phrases, _: phrases.gettext(
        "A machine reads what is sent to this address. It found no command in your mail."
    ),
}


def sentence(told: Told, phrases: Phrases) -> str:
    """Return what is told as a sentence."""
    until, names = str(told.get("until", "")), told.get("names", [])
    day = phrases.day(date.fromisoformat(until)) if until else ""
    of = _Values(str(told.get("name", "")), day, phrases.listed(names))
    return _SENTENCES[str(told["what"])](phrases, of)


def help_rows(phrases: Phrases, told: Sequence[Told], *, is_known: bool) -> tuple[Fact, ...]:
    """Return the commands that somebody can write, each with what it does; those of readers only to a reader.

    Who was told to name a newsletter sees the command with the first of the names.
    """
    example = next((f" {names[0]}" for each in told if each["what"] == "choose" and (names := each["names"])), "")
    rows: list[tuple[Verb, str, str]] = []
    if example or not is_known:
        means = phrases.gettext("asks for the newsletter; a mail asks you to confirm")
        rows.append((Verb.SUBSCRIBE, example, means))
    if is_known:
        rows += [
            (Verb.PAUSE, f" {_EXAMPLE_DAYS}", phrases.gettext("nothing comes for so many days")),
            (Verb.RESUME, "", phrases.gettext("ends a pause")),
            (Verb.WEEKLY, "", phrases.gettext("one edition a week")),
            (Verb.DAILY, "", phrases.gettext("each edition")),
            (Verb.SECTIONS, " …", phrases.gettext("only the sections that you name")),
            (Verb.STOP, "", phrases.gettext("ends your subscription at once")),
        ]
    return tuple(
        {"word": phrases.upper(word_for(verb, phrases.language)) + after, "means": means}
        for verb, after, means in rows
    )
