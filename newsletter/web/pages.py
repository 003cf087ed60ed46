"""Server-rendered pages: Jinja with autoescape, the publisher's own templates laid over ours file by file."""

from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from newsletter.config import Settings
from newsletter.edition.words.languages import ENGLISH, Languages
from newsletter.edition.words.phrases import Phrases, direction, own_name
from newsletter.edition.words.wording import safe_link
from newsletter.edition.words.wrapping import wrap
from newsletter.web.tongue import Tongue


class Pages:
    """The templates of ``web/``. A path in PUBLIC_URL stands before every link of ours."""

    def __init__(self, settings: Settings) -> None:
        self.languages = Languages(settings.template_folders)
        self._base = urlsplit(settings.public_url).path.rstrip("/")
        self._templates = Environment(
            loader=FileSystemLoader([str(folder / "web") for folder in settings.template_folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(base=self._base, has_mailbox=settings.mailbox_dir is not None)
        self._templates.filters.update(
            moment=_moment, safe_link=safe_link, direction=direction, own_name=own_name, wrap=wrap
        )

    def show(
        self, name: str, status: int = 200, /, *, tongue: Tongue | None = None, **values: object
    ) -> HTMLResponse:
        """Return the page of a template, in a tongue; the console and the mailbox speak English."""
        tongue = tongue or Tongue(ENGLISH)
        headers = {"Content-Language": self.phrases(tongue).language}
        return HTMLResponse(self.write(name, tongue, **values), status, headers)

    def write(self, name: str, tongue: Tongue, /, **values: object) -> str:
        """Return what a template says in a tongue: a part of a page, or one that is no HTML."""
        phrases = self.phrases(tongue)
        words = {
            "phrases": phrases,
            "_": phrases.gettext,
            "ngettext": phrases.ngettext,
            "pgettext": phrases.pgettext,
            "tongue": tongue,
        }
        return self._templates.get_template(name).render({**words, **values})

    def phrases(self, tongue: Tongue) -> Phrases:
        """Return the words of a page: English where its language has none of its own."""
        return self.languages.phrases(tongue.language if self.languages.speaks(tongue.language) else ENGLISH)

    def go(self, path: str, tongue: Tongue | None = None) -> RedirectResponse:
        """Return the answer that sends a browser on with GET (303, RFC 9110 §15.4.4), to a page in a tongue."""
        return RedirectResponse(f"{self._base}{path}{tongue.query if tongue else ''}", 303)


def _moment(at: datetime, zone: str = "UTC") -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%a %-d %b %Y, %H:%M %Z")
