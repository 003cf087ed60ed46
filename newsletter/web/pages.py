"""Server-rendered pages: Jinja with autoescape, the publisher's own templates laid over ours file by file."""

from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from newsletter.config import Settings
from newsletter.edition.rendering.wording import safe_link


class Pages:
    """The templates of ``web/``. A path in PUBLIC_URL stands before every link of ours."""

    def __init__(self, settings: Settings) -> None:
        self._base = urlsplit(settings.public_url).path.rstrip("/")
        self._templates = Environment(
            loader=FileSystemLoader([str(folder / "web") for folder in settings.template_folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(base=self._base, has_mailbox=settings.mailbox_dir is not None)
        self._templates.filters.update(moment=_moment, safe_link=safe_link)

    def show(self, name: str, status: int = 200, /, **values: object) -> HTMLResponse:
        """Return the page of a template."""
        return HTMLResponse(self._templates.get_template(name).render(values), status)

    def go(self, path: str) -> RedirectResponse:
        """Return the answer that sends a browser on with GET (303, RFC 9110 §15.4.4)."""
        return RedirectResponse(f"{self._base}{path}", 303)


def _moment(at: datetime, zone: str = "UTC") -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%a %-d %b %Y, %H:%M %Z")
