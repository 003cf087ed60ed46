"""The rules that say what words mean."""

import pytest

from newsletter.inbound.report.phrases import Told, marks, phrase, reason_in, rules
from newsletter.inbound.report.reported import Reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("552 Mailbox\n   full", Reason.MAILBOX_FULL),
        ("The user's quota has been exceeded: quota exceeded", Reason.MAILBOX_FULL),
        ("Das Postfach ist voll", Reason.MAILBOX_FULL),
        ("メールボックスが 一杯のため", Reason.MAILBOX_FULL),
        ("mailbox 7 of the second floor is disabled", Reason.DISABLED),
        ("utilisateur inconnu", Reason.NO_SUCH_ADDRESS),
        ("用户\n不存在", Reason.NO_SUCH_ADDRESS),
        ("Пользователь не найден", Reason.NO_SUCH_ADDRESS),
        ("your host is listed in dnsbl.example", Reason.BLOCKED),
        ("DMARC policy of news.example", Reason.AUTHENTICATION),
        ("message too large", Reason.TOO_LARGE),
        ("Connection timed out", Reason.UNREACHABLE),
        ("too many hops", Reason.LOOP),
        ("a fine day", None),
        ("", None),
    ],
)
def test_what_words_mean(text: str, reason: Reason | None) -> None:
    """A text has the reason of the first phrase in it, in whatever language."""
    assert reason == reason_in(text)


def test_a_gap_is_short() -> None:
    """What "…" stands for is a few words, and not the rest of the text."""
    gap = (phrase("mailbox…is disabled"),)
    assert Told("mailbox of Ann is disabled").says_any(gap)
    assert not Told(f"mailbox {'x ' * 40} is disabled").says_any(gap)
    assert Told(f"mailbox {'x ' * 40} mailbox is disabled").says_any(gap)
    assert Told("ящик ... переполнен").says_any((phrase("ящик…переполнен"),))


def test_every_phrase_can_be_found() -> None:
    """Phrases are written as they are looked for, and each is listed once for a reason."""
    lists = [rule.phrases for rule in rules()] + [marks().failure, marks().delay, marks().answer]
    for phrases in lists:
        written = ["…".join((each.first, *each.others)) for each in phrases]
        assert [
            text for text, each in zip(written, phrases, strict=True) if not Told(text).says_any((each,))
        ] == []
        assert len(set(written)) == len(written)
    assert [each for each in marks().original if each != each.lower()] == []
