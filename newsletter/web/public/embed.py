"""The box on other people's pages: in a frame, by a script, or built by themselves from JSON.

All three send what the hosted form sends, to the same door. Only the sites of FORM_ORIGINS may frame it or read
its answers by script; a plain form can stand anywhere, and its reader presses once more on our own page.
"""

import gzip
import json
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from newsletter.edition.words.phrases import Phrases
from newsletter.publication.newsletters import Newsletter, get_newsletter
from newsletter.web.cors import shared
from newsletter.web.doorway import Door, Doorway
from newsletter.web.policy import framed_on
from newsletter.web.public.box_page import Box
from newsletter.web.public.consent_words import question, terms
from newsletter.web.public.form_token import SOONEST, make_form_token
from newsletter.web.public.sign_up_form import SignUpForm, clean_source
from newsletter.web.tongue import CHOSEN, Tongue, tongue_of

router = APIRouter()

_KEPT = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}


@router.get("/embed/{slug}.html")
def show_frame(door: Door, request: Request, slug: str, source: str = "", scheme: str = "") -> Response:
    """Show the form by itself, to stand in a frame on a site of FORM_ORIGINS.

    ``scheme`` is ``light`` on a site that has no dark look. Without ``source`` the site's origin is noted.
    """
    newsletter, tongue = _open(door, request, slug)
    origin = _origin(request.headers.get("referer", ""))
    form = SignUpForm(slugs=(slug,), framed=slug, source=clean_source(source or origin), scheme=scheme)
    return show_in_frame(Box(door, tongue, (newsletter,), form), "public/embed.html")


@router.get("/embed/{slug}/subscribed")
def show_taken(door: Door, request: Request, slug: str, scheme: str = "") -> Response:
    """Say in the frame that a mail may follow."""
    newsletter, tongue = _open(door, request, slug)
    return show_in_frame(Box(door, tongue, (newsletter,), SignUpForm(scheme=scheme)), "public/embedded.html")


def go_to_taken(box: Box) -> Response:
    """Return the answer that shows this in the frame of a form."""
    query = urlencode({CHOSEN: box.tongue.language, "scheme": box.form.scheme})
    return box.door.pages.go(f"/embed/{box.newsletters[0].slug}/subscribed?{query}")


@router.get("/embed/{slug}.js")
def show_script(door: Door, request: Request, slug: str) -> Response:
    """Return the script that puts the form where it is included; the same for everybody, so it may be kept."""
    newsletter, tongue = _open(door, request, slug)
    phrases = door.pages.phrases(tongue)
    words = {
        **_texts(newsletter, phrases),
        "lang": phrases.language,
        "dir": phrases.dir,
        "slug": slug,
        "accent": newsletter.accent,
        "root": door.public_url,
    }
    written = door.pages.write("public/embed.js", tongue, has_work=bool(door.services.settings.sign_up_work))
    program = "\n".join(line for each in written.splitlines() if (line := each.strip()))
    script = f"{program}({json.dumps(words, ensure_ascii=False, separators=(',', ':'))}, document.currentScript);"
    return _packed(request, script)


@router.get("/embed/{slug}.json")
def show_facts(door: Door, request: Request, slug: str) -> Response:
    """Return what a form needs to be built and sent by a script, with a token that is good for one showing."""
    newsletter, tongue = _open(door, request, slug)
    phrases = door.pages.phrases(tongue)
    facts = {
        "newsletter": slug,
        "name": newsletter.name,
        "publisher": newsletter.publisher,
        "lang": phrases.language,
        "dir": phrases.dir,
        "token": make_form_token(door.services.tokens, door.now()),
        "wait": int(SOONEST.total_seconds()),
        "work": door.services.settings.sign_up_work,
        "texts": _texts(newsletter, phrases),
    }
    return shared(JSONResponse(facts), request, door.services.settings.sites)


def show_in_frame(box: Box, template: str) -> Response:
    """Return a page that the sites of FORM_ORIGINS may show in a frame."""
    return box.show(template, {"Content-Security-Policy": framed_on(box.door.services.settings.sites)})


def _packed(request: Request, script: str) -> Response:
    """Return a script, compressed for a browser that takes gzip (RFC 9110 §8.4.1.3), as all do."""
    content, headers = script.encode(), {**_KEPT, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = gzip.compress(content, mtime=0), "gzip"
    return Response(content, media_type="text/javascript", headers=headers)


def _open(door: Doorway, request: Request, slug: str) -> tuple[Newsletter, Tongue]:
    with door.services.database.transaction() as connection:
        newsletter = get_newsletter(connection, slug)
    return newsletter, tongue_of(request, newsletter)


def _origin(referrer: str) -> str:
    """Return the origin of what a browser says it came from; empty where that is no address."""
    try:
        parts = urlsplit(referrer)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _texts(newsletter: Newsletter, phrases: Phrases) -> dict[str, str]:
    return {
        "question": question(phrases),
        "example": phrases.gettext("you@example.com"),
        "button": phrases.gettext("Subscribe"),
        "terms": terms((newsletter,), phrases),
        "moment": phrases.gettext("One moment…"),
    }
