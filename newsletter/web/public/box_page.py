"""The sign-up form as it stands on a page, on ours or in a frame: empty, or filled in with what it lacks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from newsletter.edition.words.phrases import Phrases
from newsletter.publication.newsletters import Newsletter
from newsletter.web.doorway import Doorway
from newsletter.web.public.asking import Found, Outcome
from newsletter.web.public.consent_words import question, terms
from newsletter.web.public.form_token import make_form_token, renew_form_token
from newsletter.web.public.sign_up_form import SignUpForm
from newsletter.web.tongue import Tongue

_REFUSED = frozenset({Outcome.UNFIT, Outcome.UNCHOSEN})


@dataclass(frozen=True, slots=True)
class Box:
    """One form. ``found`` is what came of it when it was sent; None for one that is shown for the first time."""

    door: Doorway
    tongue: Tongue
    newsletters: tuple[Newsletter, ...]
    form: SignUpForm = field(default_factory=SignUpForm)
    found: Found | None = None

    @property
    def phrases(self) -> Phrases:
        """The words of the page."""
        return self.door.pages.phrases(self.tongue)

    @property
    def question(self) -> str:
        """What the form asks."""
        return question(self.phrases)

    @property
    def terms(self) -> str:
        """What pressing the button means."""
        return terms(self.newsletters, self.phrases)

    @property
    def token(self) -> str:
        """The token that the form carries when it is sent next."""
        tokens, now = self.door.services.tokens, self.door.now()
        return renew_form_token(tokens, self.form.token, now) if self.found else make_form_token(tokens, now)

    @property
    def work(self) -> int:
        """Bits of the proof of work that is asked for; 0 is none."""
        return self.door.services.settings.sign_up_work

    @property
    def is_light(self) -> bool:
        """Whether its page is light also where its reader prefers the dark: the site around it is."""
        return self.form.scheme == "light"

    @property
    def address(self) -> str:
        """What stands in the field."""
        return self.suggestion or self.form.typed

    @property
    def is_wrong(self) -> bool:
        """Whether it is the address that has to be changed."""
        return self.found is not None and self.found.outcome is Outcome.UNFIT

    @property
    def needs_press(self) -> bool:
        """Whether the form lacks nothing but another press."""
        return self.found is not None and self.found.outcome is Outcome.AGAIN

    @property
    def is_unchosen(self) -> bool:
        """Whether no newsletter was chosen."""
        return self.found is not None and self.found.outcome is Outcome.UNCHOSEN

    @property
    def fault(self) -> str:
        """What the form lacks, in words; empty for nothing, and for a slip that is only supposed."""
        return self.found.fault if self.found else ""

    @property
    def suggestion(self) -> str:
        """The address that was more likely meant; empty where none is."""
        return self.found.suggestion if self.found else ""

    @property
    def mail_address(self) -> str:
        """Where to write instead, empty where no mail comes back to us."""
        domain = self.door.services.settings.inbound_domain
        slug = f"+{self.newsletters[0].slug}" if len(self.newsletters) == 1 else ""
        return f"subscribe{slug}@{domain}" if domain else ""

    def show(self, template: str, headers: Mapping[str, str] | None = None) -> Response:
        """Return the page of a template with this form."""
        status = 422 if self.found and self.found.outcome in _REFUSED else 200
        response = self.door.pages.show(
            template, status, tongue=self.tongue, box=self, newsletters=self.newsletters
        )
        response.headers.update(headers or {})
        return response
