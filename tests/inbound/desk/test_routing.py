"""What readers write, through the door and back: real LMTP, real rows, answers as they would go out."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from newsletter.inbound.tables import auto_reply, owed_reply
from newsletter.publication.newsletters import NewsletterSettings, add_newsletter, change_newsletter
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader
from newsletter.readers.suppressions import suppress
from newsletter.readers.tables import SubscriptionState, SuppressionReason, consent, subscription
from newsletter.tokens import Purpose
from tests.inbound.mailroom import ANN, DOMAIN, NOW, Mailroom

BOB = "bob@reader.example"
ACTIVE, UNSUBSCRIBED = SubscriptionState.ACTIVE, SubscriptionState.UNSUBSCRIBED


def reader(room: Mailroom, newsletter_id: int = 1, address: str = ANN) -> int:
    """Put a reader on a newsletter; return the subscription."""
    with room.database.transaction() as connection:
        return add_reader(connection, newsletter_id, address, Origin("test"), room.now)


def second(room: Mailroom) -> None:
    """Add another newsletter, of two languages."""
    with room.database.transaction() as connection:
        add_newsletter(
            connection,
            NewsletterSettings(
                slug="evening",
                name="The Evening",
                publisher="The Paper",
                sender_address="eve@paper.example",
                languages="en de",
            ),
        )


def change(room: Mailroom, **settings: str) -> None:
    with room.database.transaction() as connection:
        change_newsletter(connection, "daily", settings)


def states(room: Mailroom, address: str = ANN) -> list[SubscriptionState]:
    return [each.state for each in room.subscriptions(address)]


def column(room: Mailroom, name: str) -> object:
    with room.database.transaction() as connection:
        return connection.execute(sa.select(subscription.c[name]).order_by(subscription.c.id)).scalars().first()


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def test_subscribe_confirm_and_leave_by_mail(room: Mailroom) -> None:
    """The whole way by mail alone: a wish, a confirmation, an answer to it, a welcome, leaving, a goodbye."""
    assert "subscribe" == room.write("")
    assert [SubscriptionState.UNCONFIRMED] == states(room)
    (confirmation,) = room.sent
    assert ANN == confirmation["To"]
    reply_to = str(confirmation["Reply-To"])
    assert "confirm" == room.write("Yes, that was me.", reply_to, f"Re: {confirmation['Subject']}")
    assert [ACTIVE] == states(room)
    assert "stop" == room.write("", room.address(Purpose.UNSUBSCRIBE, 1), "unsubscribe")
    assert [UNSUBSCRIBED] == states(room)
    assert 3 == len(room.sent)


def test_the_consent_log_says_that_it_was_by_mail(room: Mailroom) -> None:
    """The door and the network that our MTA saw are kept, the network cut short."""
    path = "from mx.reader.example (mx.reader.example [198.51.100.77]) by mx.paper.example with ESMTP; x"
    room.write("", Received=path.replace("198.51.100.77", "93.184.216.34"))
    with room.database.transaction() as connection:
        (row,) = connection.execute(sa.select(consent)).mappings()
    assert ("requested", "mail", "93.184.216.0/24") == (row["event"], row["how"], row["network"])


def test_one_confirmation_however_often_it_is_asked_for(room: Mailroom) -> None:
    """Mail after mail for one address causes one confirmation: the same gate as the form's."""
    for number in range(5):
        room.write(f"number {number}")
    assert 1 == len(room.sent)


def test_a_network_that_asks_too_often(room: Mailroom) -> None:
    """The ration of a network holds for mail as for the form; which network it is, our own MTA says."""
    path = "from bot.example (bot.example [93.184.216.{}]) by mx.paper.example with ESMTP; x"
    for number in range(40):
        sender = f"victim{number}@reader.example"
        room.write("", envelope_from=sender, From=sender, Received=path.format(number))
    assert 0 < len(room.sent) <= 30


def test_with_several_newsletters_one_must_be_named(room: Mailroom) -> None:
    """Nobody is asked for what they did not name; the answer says what there is to name."""
    second(room)
    assert "subscribe, answered" == room.write("")
    assert [] == states(room)
    assert "one of these: daily and evening" in text_of(room.sent[0])
    assert "SUBSCRIBE daily: asks" in text_of(room.sent[0])
    assert f"help@{DOMAIN}" == room.sent[0]["Reply-To"]
    assert "subscribe" == room.write("SUBSCRIBE evening", "help")
    assert [2] == [each.newsletter_id for each in room.subscriptions()]


def test_a_subject_that_says_half_of_it(room: Mailroom) -> None:
    """A subject without the name that the line below it has is not asked to name one."""
    second(room)
    assert "subscribe" == room.write("subscribe evening", "subscribe", "Subscribe")
    assert [2] == [each.newsletter_id for each in room.subscriptions()]
    assert 1 == len(room.sent)


def test_a_newsletter_named_in_the_address(room: Mailroom) -> None:
    """subscribe+evening@ asks for that newsletter, in the language that the command is in."""
    second(room)
    room.write("Abonnieren", "subscribe+evening")
    assert [(2, "de")] == [(each.newsletter_id, each.language) for each in room.subscriptions()]
    assert "de" == room.sent[0]["Content-Language"]


def test_who_is_there_already_is_told(room: Mailroom) -> None:
    """A reader who asks again has no second confirmation, but an answer with the way to what they chose."""
    reader(room)
    assert "subscribe, answered" == room.write("")
    assert "You are subscribed to The Daily." in text_of(room.sent[0])


def test_stop_needs_no_proof(room: Mailroom) -> None:
    """Whoever writes STOP from their address is out of everything at once, and told so by the goodbyes."""
    second(room)
    reader(room)
    reader(room, 2)
    assert "stop" == room.write("Stop!", "help")
    assert [UNSUBSCRIBED] * 2 == states(room)
    assert ["You have left The Daily", "You have left The Evening"] == [each["Subject"] for each in room.sent]


def test_stop_with_a_name_leaves_that_one(room: Mailroom) -> None:
    """A newsletter that is named, in the text or in the address, is the only one that is left."""
    second(room)
    reader(room)
    reader(room, 2)
    room.write("STOP evening", "help")
    assert [ACTIVE, UNSUBSCRIBED] == states(room)
    room.write("", "unsubscribe+daily")
    assert [UNSUBSCRIBED, UNSUBSCRIBED] == states(room)


def test_stop_stops_nobody_else(room: Mailroom) -> None:
    """A sender leaves for themselves alone; who is not subscribed is told so."""
    reader(room)
    assert "stop, answered" == room.write("STOP", "unsubscribe", envelope_from=BOB, From=ANN)
    assert [ACTIVE] == states(room)
    (answer,) = room.sent
    assert (BOB, True) == (answer["To"], "This address is not subscribed." in text_of(answer))


def test_where_goodbyes_are_off_the_desk_says_it(room: Mailroom) -> None:
    """A newsletter without goodbyes leaves nobody in doubt who wrote a mail."""
    change(room, goodbye="false")
    reader(room)
    assert "stop, answered" == room.write("STOP", "help")
    assert "You have left The Daily. Nothing more comes." in text_of(room.sent[0])


@pytest.mark.parametrize("command", ["PAUSE 14", "WEEKLY", "SECTIONS sport", "RESUME", "DAILY"])
def test_what_a_reader_chose_is_not_changed_on_a_claim(room: Mailroom, command: str) -> None:
    """An envelope sender can be forged: the reader is asked to answer, and nothing is changed."""
    reader(room)
    verb = command.split(maxsplit=1)[0].lower()
    assert f"{verb}, answered" == room.write(command, "help")
    assert (ACTIVE, "daily", []) == (column(room, "state"), column(room, "frequency"), column(room, "sections"))
    assert ANN == room.sent[0]["To"]
    assert "answer this mail with the same words" in text_of(room.sent[0])


def test_an_answer_to_our_answer_is_believed(room: Mailroom) -> None:
    """The address that our answer gives carries a token: from then on what is asked for is done."""
    reader(room)
    room.write("PAUSE 14", "help")
    address = str(room.sent[0]["Reply-To"])
    assert "pause, not answered again" == room.write("PAUSE 14\n\n> quoted", address, "Re: Your mail")
    assert SubscriptionState.PAUSED == column(room, "state")
    room.write("Resume", address)
    room.write("WEEKLY", address)
    assert (ACTIVE, "weekly") == (column(room, "state"), column(room, "frequency"))
    room.pass_time(timedelta(days=1))
    assert "daily, answered" == room.write("daily", address)
    assert "The Daily comes with each edition now." in text_of(room.sent[-1])
    assert ["pause", "resume", "weekly"] == [each.split(",")[0] for each in room.outcomes()[1:4]]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("PAUSE 14", "The Daily pauses. It comes again from Tuesday, March 17, 2026 on."),
        ("PAUSE", "The Daily pauses until you say otherwise."),
        ("PAUSE 4000", "A pause has 1 to 90 days. Nothing was changed."),
        ("RESUME", "The Daily comes again."),
        ("WEEKLY", "The Daily comes once a week now."),
        ("SECTIONS all", "The Daily brings you all its sections now."),
        ("SECTIONS Chess", "The Daily has no sections to choose from. Nothing was changed."),
        ("SUBSCRIBE", "You are subscribed to The Daily."),
        ("What is this?", "It found no command in your mail."),
    ],
)
def test_what_an_answer_says(room: Mailroom, command: str, said: str) -> None:
    """Each thing that was done, or could not be, has a sentence."""
    number = reader(room)
    room.write(command, room.address(Purpose.PREFERENCES, number))
    assert said in text_of(room.sent[0])


def test_a_newsletter_without_a_weekly_edition(room: Mailroom) -> None:
    """What is not offered is refused in words, and nothing fails."""
    change(room, weekly_day="")
    number = reader(room)
    assert "weekly, answered" == room.write("WEEKLY", room.address(Purpose.PREFERENCES, number))
    assert "has no weekly edition" in text_of(room.sent[0])


def test_tokens_that_are_not_ours(room: Mailroom) -> None:
    """Forged, for another purpose, or too old: nothing is changed, and the sender is told so."""
    number = reader(room)
    good = room.address(Purpose.UNSUBSCRIBE, number)
    forged = good.replace(good[20], "a" if good[20] != "a" else "b", 1)
    other = room.address(Purpose.PREFERENCES, number).replace("preferences+", "unsubscribe+")
    for address in (forged, other):
        room.write("", address)
    room.write("", room.address(Purpose.CONFIRM, number, NOW - timedelta(days=3)))
    assert [ACTIVE] == states(room)
    assert {"token refused"} == {each.split(",")[0] for each in room.outcomes()}
    assert "is too old, or it was cut short" in text_of(room.sent[0])


def test_an_old_confirmation_brings_nobody_back(room: Mailroom) -> None:
    """Who left after the confirmation was mailed stays out, whoever answers it."""
    room.write("")
    room.pass_time(timedelta(minutes=5))
    room.write("STOP", "help")
    room.write("yes", str(room.sent[0]["Reply-To"]))
    assert [UNSUBSCRIBED] == states(room)


def test_no_to_a_confirmation(room: Mailroom) -> None:
    """Who answers the confirmation with STOP is not subscribed."""
    room.write("")
    assert "declined" == room.write("STOP", str(room.sent[0]["Reply-To"]))
    assert [UNSUBSCRIBED] == states(room)


@pytest.mark.parametrize(
    "text",
    [
        "No",
        "I did not ask for this!",
        "Wer sind Sie? Ich habe nichts bestellt.",
        "Ce n\u2019est pas moi.",
        "Thank you for your message. I am away until Monday, and somebody else will read it before I am back.",
    ],
)
def test_what_is_no_yes_does_not_confirm(room: Mailroom, text: str) -> None:
    """Who is surprised to be asked has not agreed, and neither has a machine that says nothing of itself."""
    room.write("")
    assert "not confirmed, answered" == room.write(text, str(room.sent[0]["Reply-To"]))
    assert [SubscriptionState.UNCONFIRMED] == states(room)


@pytest.mark.parametrize(
    "text", ["", "Yes, that was me.", "Sent from my iPhone", "OK\nAnn Example\n" + "word " * 30, "Danke!\n-- \nno"]
)
def test_any_short_answer_confirms(room: Mailroom, text: str) -> None:
    """With or without a word, as the confirmation says; with more around it, a plain yes does."""
    room.write("")
    assert "confirm" == room.write(text, str(room.sent[0]["Reply-To"]))
    assert [ACTIVE] == states(room)


def test_one_answer_brings_the_welcomes_of_all_that_was_asked_for(room: Mailroom) -> None:
    """At once, not with the next tick."""
    second(room)
    room.write("SUBSCRIBE daily evening", "help")
    room.write("", str(room.sent[0]["Reply-To"]))
    assert [ACTIVE, ACTIVE] == states(room)
    assert 3 == len(room.sent)


def test_asking_for_many_in_somebody_s_name_and_taking_it_back(room: Mailroom) -> None:
    """Two forged mails are one confirmation and one answer, however many newsletters they name."""
    second(room)
    for _ in range(3):
        room.write("SUBSCRIBE daily evening", "help")
        room.write("STOP", "help")
    assert 2 == len(room.sent)


def test_a_signed_address_lets_go_whoever_writes(room: Mailroom) -> None:
    """A mail program may leave for its reader from any address, from none, and say that it is a machine."""
    for index, sender in enumerate(("someone@else.example", "")):
        number = reader(room, address=f"reader{index}@reader.example")
        room.write(
            "", room.address(Purpose.UNSUBSCRIBE, number), envelope_from=sender, Auto_Submitted="auto-generated"
        )
        assert UNSUBSCRIBED == room.subscription(number).state


def test_an_answer_is_one_and_says_so(room: Mailroom) -> None:
    """An answer comes from nobody, is marked as automatic, and belongs to the mail that it answers (RFC 3834)."""
    room.write("HELP", "help", Message_ID="<question@reader.example>")
    (answer,) = room.sent
    told = (answer["X-Envelope-From"], answer["Auto-Submitted"], answer["In-Reply-To"], answer["References"])
    assert ("", "auto-replied", "<question@reader.example>", "<question@reader.example>") == told
    assert "Your mail to The Daily" == answer["Subject"]


def test_nothing_that_a_stranger_wrote_is_mailed(room: Mailroom) -> None:
    """Nobody can have us carry their words to somebody else, not even in a header."""
    room.write(
        "Buy pills", "help", "Buy pills", Message_ID="<buy pills>", References="<buy@pills>", envelope_from=BOB
    )
    (answer,) = room.sent
    assert "pills" not in answer.as_string().lower()


def test_an_address_is_answered_once_a_day(room: Mailroom) -> None:
    """The second mail of a day is dealt with and not answered; the next day's is; who was answered is a hash."""
    outcomes = [room.write("HELP", "help", Message_ID=f"<{number}@x.example>") for number in range(3)]
    assert ["help, answered", "help, not answered again", "help, not answered again"] == outcomes
    room.pass_time(timedelta(days=1))
    assert "help, answered" == room.write("HELP", "help", Message_ID="<9@x.example>")
    with room.database.transaction() as connection:
        assert 0 == connection.execute(sa.select(sa.func.count()).select_from(owed_reply)).scalar_one()
        assert {16} == {len(row.address_hash) for row in connection.execute(sa.select(auto_reply))}


def test_who_is_never_mailed_is_not_answered(room: Mailroom) -> None:
    """A suppressed address has no answer either; leaving is done all the same."""
    reader(room)
    with room.database.transaction() as connection:
        suppress(connection, ANN, SuppressionReason.COMPLAINT, "", room.now)
    room.write("HELP", "help")
    room.write("STOP", "help")
    assert ([], [UNSUBSCRIBED]) == (room.sent, states(room))


def test_in_the_readers_language(room: Mailroom) -> None:
    """An answer speaks the language that the reader chose, and names the commands in it."""
    change(room, languages="en de")
    number = reader(room)
    with room.database.transaction() as connection:
        connection.execute(sa.update(subscription).values(language="de"))
    room.write("Pause 3", room.address(Purpose.PREFERENCES, number))
    assert "de" == room.sent[0]["Content-Language"]
    assert "FORTSETZEN" in text_of(room.sent[0])


REPORT = b"""\
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r
Subject: Undelivered mail\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.org\r
\r
Final-Recipient: rfc822; ann@reader.example\r
Action: failed\r
Status: 5.1.1\r
--b--\r
"""


def test_reports_go_where_reports_are_read(room: Mailroom) -> None:
    """A report at a signed address counts for its reader; at any other it changes nothing. None is answered."""
    number = reader(room)
    addresses = [
        room.address(Purpose.LETTER_BOUNCE, number),
        room.address(Purpose.LETTER_BOUNCE, number).replace("+", "+a"),
        f"help@{DOMAIN}",
    ]
    for address in addresses:
        room.hand_over(REPORT, address, envelope_from="")
    room.hand_over(b"Subject: Hello\r\n\r\nHello\r\n", addresses[1])
    room.handle()
    first, *others = room.outcomes()
    assert ("report: suppressed", ["report: not ours"] * 2 + ["no report"]) == (first, others)
    assert [] == room.sent


def test_without_any_newsletter_nobody_is_answered(room: Mailroom) -> None:
    """Before there is a newsletter there is nobody to answer for, and nothing fails."""
    with room.database.transaction() as connection:
        connection.execute(sa.text("DELETE FROM newsletter"))
    assert ["help", "subscribe", "stop"] == [room.write("", to) for to in ("help", "subscribe", "unsubscribe")]


def test_a_domain_that_is_ours_no_more(room: Mailroom) -> None:
    """What waits for a domain that the settings no longer name is put aside."""
    room.hand_over(b"Subject: x\r\n\r\nx\r\n", f"help@{DOMAIN}")
    room.domain = "other.example"
    room.handle()
    assert ["not for us"] == room.outcomes()
