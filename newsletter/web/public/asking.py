"""What becomes of a sign-up form: taken, or shown again with what it lacks. The same for every address.

Nothing here looks an address up. A form that is taken is one row and one answer, whether its address is new, known
or never mailed; a task decides later. What a form may lack can be seen in the form itself.
"""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from fastapi import Request

from newsletter.edition.words.phrases import Phrases
from newsletter.errors import AddressError, DisposableError
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.address import read_address, typo_hint
from newsletter.readers.consent import text_version
from newsletter.readers.sign_ups import SignUp, put_sign_up
from newsletter.readers.store import Origin
from newsletter.web.doorway import Doorway, bucket_of, network_of
from newsletter.web.public.consent_words import consent_text
from newsletter.web.public.form_token import seconds_to_wait
from newsletter.web.public.sign_up_form import SignUpForm
from newsletter.web.public.work import is_worked


class Outcome(StrEnum):
    """What becomes of a form."""

    TAKEN = "taken"
    UNCHOSEN = "unchosen"
    """It names no newsletter of ours."""
    UNFIT = "unfit"
    """Its address cannot be mailed."""
    MISTYPED = "mistyped"
    """Its address looks like a slip; its reader is asked."""
    AGAIN = "again"
    """It was sent too soon, too late, or from a page that is not ours: one more press makes it good."""
    UNWORKED = "unworked"
    """It lacks the proof of work: its browser ran no script."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a form has and lacks. ``address`` is fit to be mailed where the outcome says that it is taken."""

    outcome: Outcome
    address: str = ""
    fault: str = ""
    suggestion: str = ""


def examine(door: Doorway, form: SignUpForm, newsletters: list[Newsletter], phrases: Phrases) -> Found:
    """Return what a form has and lacks, from itself and the clock. ``newsletters`` are those that it names."""
    if form.website:
        return Found(Outcome.TAKEN)
    if not newsletters:
        return Found(Outcome.UNCHOSEN, fault=phrases.gettext("Choose at least one newsletter."))
    try:
        address = read_address(form.typed, refuse_disposable=door.services.settings.refuse_disposable)
    except AddressError as error:
        return Found(Outcome.UNFIT, fault=_unfit(error, phrases))
    suggestion = "" if form.as_written else typo_hint(address)
    if suggestion:
        return Found(Outcome.MISTYPED, address, suggestion=suggestion)
    return _examine_showing(door, form, address, phrases)


def _examine_showing(door: Doorway, form: SignUpForm, address: str, phrases: Phrases) -> Found:
    """Return the same for a form whose fields are well: whether it was shown, and its browser did its work."""
    services = door.services
    if seconds_to_wait(services.tokens, form.token, door.now()) != 0:
        return Found(Outcome.AGAIN, address, phrases.gettext("Almost done: press the button once more."))
    if not is_worked(form.token, form.typed, form.nonce, services.settings.sign_up_work):
        return Found(Outcome.UNWORKED, address, phrases.gettext("This form needs a browser that runs scripts."))
    return Found(Outcome.TAKEN, address)


def _unfit(error: AddressError, phrases: Phrases) -> str:
    if isinstance(error, DisposableError):
        return phrases.gettext("We do not mail to addresses for throw-away mail. Use one that you will keep.")
    return phrases.told(str(error), phrases.gettext("That is not an address we can mail. Check it for a slip."))


@dataclass(frozen=True, slots=True)
class Asking:
    """A form that is taken, with what it says."""

    door: Doorway
    request: Request
    form: SignUpForm
    newsletters: tuple[Newsletter, ...]
    phrases: Phrases

    def store(self, connection: sa.Connection, address: str) -> int | None:
        """Write the wish down; return its number for the bell, or None where nothing is to follow.

        Nothing follows for a machine that filled in the hidden field, and for a network that asked too often.
        """
        now = self.door.now()
        bucket = bucket_of(self.door, self.request)
        if self.form.website or not self.door.services.gate.admits_network(connection, bucket, now):
            return None
        text = consent_text(self.newsletters, self.phrases)
        version = text_version(connection, self.phrases.language, text, now)
        origin = Origin("form", network_of(self.request), self.form.source, version)
        ids = tuple(each.id for each in self.newsletters)
        return put_sign_up(connection, SignUp(address, ids, origin, self.form.language), now)
