"""The sample publication as a web site, so that gathering from it is real gathering over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.sample import feeds, identity
from newsletter.sample.conditional import answer
from newsletter.sample.jsonld import facts_of
from newsletter.sample.paper import find, in_section, on_show
from newsletter.sample.pictures import draw, picture_named

_SECTIONS = ("Town", "Region", "World", "Business", "Culture", "Sport")
_PICTURES_NEVER_CHANGE = {"Cache-Control": "public, max-age=86400, immutable"}


def create_site(base_url: str, clock: Callable[[], datetime], template_folders: tuple[Path, ...]) -> Starlette:
    """Return the publication, to be mounted where ``base_url`` (without a final slash) points.

    ``clock`` gives the time (aware) that decides which articles are out.
    """
    site = _Site(base_url.rstrip("/"), clock, template_folders)
    return Starlette(
        routes=[
            Route("/", site.front),
            Route("/style.css", site.style),
            Route("/section/{name}", site.section),
            Route("/pictures/{name}.jpg", site.picture),
            Route("/{genre:str}/{year:int}/{month:int}/{number:int}/{slug:str}", site.page),
            *(Route(source.path, site.feed, name=source.title) for source in identity.SAMPLE_SOURCES),
        ]
    )


class _Site:
    def __init__(self, base_url: str, clock: Callable[[], datetime], template_folders: tuple[Path, ...]) -> None:
        self._base_url = base_url
        self._clock = clock
        self._templates = Environment(
            loader=FileSystemLoader(template_folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            base_url=base_url, publication=identity, sections=_SECTIONS, facts_of=facts_of
        )
        self._templates.filters.update(rfc822=feeds.rfc822, rfc3339=feeds.rfc3339)

    def front(self, _request: Request) -> Response:
        return self._html("front", articles=on_show(self._clock()), title="", today=self._clock().astimezone(UTC))

    def section(self, request: Request) -> Response:
        name = str(request.path_params["name"])
        title = next((one for one in _SECTIONS if one.lower() == name), None)
        if title is None:
            raise HTTPException(404)
        now = self._clock().astimezone(UTC)
        return self._html("front", articles=in_section(on_show(now), title), title=title, today=now)

    def page(self, request: Request) -> Response:
        parts = request.path_params
        path = f"/{parts['genre']}/{parts['year']:04}/{parts['month']:02}/{parts['number']:02}/{parts['slug']}"
        one = find(path, self._clock())
        if one is None:
            raise HTTPException(404)
        return self._html(one.article.layout or "article", one=one, article=one.article)

    def feed(self, request: Request) -> Response:
        path = next(known for known in feeds.MEDIA_TYPES if request.url.path.endswith(known))
        shown = on_show(self._clock())
        text = feeds.render(path, shown, self._templates)
        changed_at = feeds.newest(feeds.articles_in(path, shown))
        return answer(request, text.encode(), feeds.MEDIA_TYPES[path], changed_at)

    def picture(self, request: Request) -> Response:
        picture = picture_named(str(request.path_params["name"]))
        if picture is None:
            raise HTTPException(404)
        return Response(draw(picture), media_type="image/jpeg", headers=_PICTURES_NEVER_CHANGE)

    def style(self, _request: Request) -> Response:
        return Response(self._templates.get_template("sample/style.css").render(), media_type="text/css")

    def _html(self, name: str, **facts: object) -> Response:
        text = self._templates.get_template(f"sample/{name}.html").render(facts)
        return Response(text, media_type="text/html")
