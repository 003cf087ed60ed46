"""The files of other programs are known by their headings."""

import pytest

from newsletter.errors import SettingsError
from newsletter.readers.exchange.shapes import EXPORTED, normal, read_heading

LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,"
    "labels,tiers"
)
MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)


@pytest.mark.parametrize(
    ("heading", "shape", "fields"),
    [
        (LISTMONK, "listmonk", {"address", "state", "requested_at"}),
        (GHOST, "ghost", {"address", "subscribed", "requested_at", "deleted_at"}),
        (MAILCHIMP, "mailchimp", {"address", "requested_at", "confirmed_at", "zone"}),
        (f"{MAILCHIMP},UNSUB_TIME", "mailchimp", {"address", "requested_at", "confirmed_at", "zone", "ended_at"}),
        (
            f"{MAILCHIMP},CLEAN_TIME",
            "mailchimp",
            {"address", "requested_at", "confirmed_at", "zone", "bounced_at"},
        ),
        (",".join(EXPORTED), "csv", set(EXPORTED)),
        ("E-Mail", "csv", {"address"}),
        ("Name,E-Mail Address,Time Zone", "csv", {"address", "zone"}),
    ],
)
def test_a_heading_tells_its_program(heading: str, shape: str, fields: set[str]) -> None:
    """The program is found out, and with it what its columns mean."""
    reading = read_heading(heading.split(","), "auto", {})
    assert (shape, fields) == (reading.shape, set(reading.places))


def test_a_column_may_be_named() -> None:
    """What the operator says of a column counts more than its name."""
    reading = read_heading(["email", "Adresse", "status"], "auto", {"adresse": "address", "STATUS": ""})
    assert {"address": 1} == reading.places


@pytest.mark.parametrize(
    ("heading", "given", "told"),
    [
        (["name", "surname"], {}, "No column holds the address; the file has 'name', 'surname'"),
        (["email"], {"Adresse": "address"}, "no column 'Adresse'"),
        (["email"], {"email": "adress"}, "no field 'adress'"),
        (["ann@example.org"], {}, "No column holds the address"),
    ],
)
def test_what_cannot_be_read_as_asked(heading: list[str], given: dict[str, str], told: str) -> None:
    """It is told what the file has, and what there is to choose from."""
    with pytest.raises(SettingsError, match=told):
        read_heading(heading, "auto", given)


def test_a_shape_may_be_asked_for() -> None:
    """A file that does not look like it is read as asked all the same."""
    assert {"address": 0, "confirmed_at": 1} == read_heading(
        ["Email Address", "CONFIRM_TIME"], "mailchimp", {}
    ).places


@pytest.mark.parametrize("name", ["E-Mail Address", " e-mail  address ", "\ufeffE_MAIL_ADDRESS", "e.mail.address"])
def test_names_are_compared_by_their_letters(name: str) -> None:
    """Case, white space and punctuation make no other column."""
    assert "e_mail_address" == normal(name)
