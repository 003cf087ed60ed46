"""Articles that a site's own system hands us the moment they change, instead of waiting to be polled.

A push says what a feed cannot: an embargo, a correction, that an article was taken back. It is signed with a key
that only the site and we have, over the very bytes and the time they were sent at, so nobody else can put a
headline into the mail, and a push cannot be played again after five minutes. Within those it changes nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from newsletter.errors import NewsletterError
from newsletter.gather.article import Article
from newsletter.gather.formats.draft import Draft, finished
from newsletter.gather.memory.store import store_articles
from newsletter.gather.polling.sources import Poll, Source, list_sources, record_poll
from newsletter.gather.tables import PollOutcome, SourceKind, SourceState, source
from newsletter.tokens import Tokens

SCHEME = "push:"
"""What the address of such a source begins with; the rest is its name."""

MOST_AT_ONCE = 100
CLOCKS_DIFFER = timedelta(minutes=5)

_SIGNATURE = re.compile(r"t=([0-9]{1,12}), ?v1=([0-9a-f]{64})")
_FAR = timedelta(days=3650)
"""Nobody polls a source that pushes."""


class PushRefusedError(NewsletterError):
    """A push that is not believed: who it is from or when it was signed cannot be told."""

    status = 401


class UnfitArticleError(NewsletterError):
    """A push that is understood, with an article that cannot be used. Nothing of it is stored."""

    status = 422


Line = Annotated[str, Field(max_length=300)]
Name = Annotated[str, Field(max_length=120)]
Address = Annotated[str, Field(max_length=2_048, pattern=r"^https?://[^\s/]+")]
Count = Annotated[int | None, Field(strict=True, ge=0, le=1_000_000_000)]


class PushedImage(BaseModel):
    """An article's image. ``caption`` describes it; ``credit`` is whose it is."""

    model_config = ConfigDict(extra="forbid")

    url: Address
    caption: Line = ""
    credit: Name = ""


class PushedArticle(BaseModel):
    """An article as it stands now; pushed again under the same ``id``, it replaces what was said before.

    Before ``embargo_ends_at`` it is shown to nobody. ``correction`` is a sentence for those who read it before.
    ``withdrawn`` takes it back: it is never chosen any more, and what is not yet mailed of it stops.
    """

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=2_048)]
    url: Address
    title: Annotated[str, Field(min_length=1, max_length=300)]
    summary: Annotated[str, Field(max_length=20_000)] = ""
    published_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    embargo_ends_at: AwareDatetime | None = None
    author: Name = ""
    categories: Annotated[list[Name], Field(max_length=20, description="The first is the section.")] = []
    language: Annotated[str, Field(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3})?$")] = ""
    image: PushedImage | None = None
    votes: Count = None
    comments: Count = None
    featured: bool = False
    correction: Annotated[str, Field(max_length=1_000)] = ""
    withdrawn: bool = False


class Push(BaseModel):
    """What is sent at once."""

    model_config = ConfigDict(extra="forbid")

    articles: Annotated[list[PushedArticle], Field(min_length=1, max_length=MOST_AT_ONCE)]


def push_key(tokens: Tokens, source_id: int) -> str:
    """Return the key that a source signs with: made of the installation's secret, so it is stored nowhere."""
    return tokens.digest("push", source_id).hex()


def sign(key: str, content: bytes, at: datetime) -> str:
    """Return the value of ``Newsletter-Signature`` for a push sent at that time."""
    seconds = int(at.timestamp())
    mac = hmac.new(key.encode(), f"{seconds}.".encode() + content, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


def check_signature(key: str, content: bytes, signature: str, now: datetime) -> None:
    """Raise PushRefusedError unless these bytes were signed with the key, and lately."""
    found = _SIGNATURE.fullmatch(signature)
    if not found:
        raise PushRefusedError(
            "Newsletter-Signature is missing or has another form.", "Send t=SECONDS,v1=HEX; see docs/push.md."
        )
    seconds = int(found[1])
    if abs(now.timestamp() - seconds) > CLOCKS_DIFFER.total_seconds():
        raise PushRefusedError(
            f"The push was signed at {seconds}; it is {int(now.timestamp())} here.",
            "Sign when sending, and set both clocks by NTP.",
        )
    mac = hmac.new(key.encode(), f"{seconds}.".encode() + content, hashlib.sha256)
    if not hmac.compare_digest(mac.hexdigest(), found[2]):
        raise PushRefusedError(
            "The signature does not fit these bytes.",
            "`newsletter sources key` prints the key; sign the seconds, a full stop and the bytes that are sent.",
        )


def find_push_source(connection: sa.Connection, name: str) -> Source:
    """Return the source that pushes under this name. Raises PushRefusedError."""
    query = sa.select(source.c.id).where(
        source.c.url == SCHEME + name, source.c.kind == SourceKind.PUSH, source.c.state == SourceState.ACTIVE
    )
    source_id = connection.execute(query).scalar_one_or_none()
    if source_id is None:
        # The same answer as to a wrong signature would give: names are not to be guessed.
        raise PushRefusedError(
            "Newsletter-Source names no source that may push.",
            f"`newsletter sources add NEWSLETTER {SCHEME}NAME`.",
        )
    return list_sources(connection, [source_id])[0]


def pushed_articles(articles: Sequence[PushedArticle]) -> tuple[Article, ...]:
    """Return articles as every source's are. Raises UnfitArticleError naming the first that cannot be used."""
    read: list[Article] = []
    for number, each in enumerate(articles):
        made = finished([_draft(each)])
        if not made:
            raise UnfitArticleError(
                f"articles[{number}] ({each.id!r}) has no title or no http address; nothing was stored.",
                "Give a title with words in it and an absolute url.",
            )
        read.extend(made)
    return tuple(read)


def store_push(
    connection: sa.Connection, origin: Source, articles: Sequence[Article], now: datetime
) -> tuple[int, int]:
    """Store what a source pushed; return how many articles that were and how many nobody had seen before."""
    listed, new = store_articles(connection, origin, articles, now)
    record_poll(connection, Poll(origin.id, now, now, PollOutcome.OK, listed, new), _FAR)
    return listed, new


def _draft(pushed: PushedArticle) -> Draft:
    image = pushed.image
    return Draft(
        base="",
        title=pushed.title,
        links=(pushed.url,),
        guid=pushed.id,
        description=pushed.summary,
        published_at=pushed.published_at,
        updated_at=pushed.updated_at,
        author=pushed.author,
        categories=tuple(pushed.categories),
        image=image.url if image else "",
        image_alt=image.caption if image else "",
        credit=image.credit if image else "",
        language=pushed.language,
        votes=pushed.votes,
        comments=pushed.comments,
        correction=pushed.correction,
        embargo=pushed.embargo_ends_at.isoformat() if pushed.embargo_ends_at else "",
        is_featured=pushed.featured,
        is_withdrawn=pushed.withdrawn,
    )
