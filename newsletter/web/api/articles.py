"""The door for a site's own system: articles pushed the moment they change."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ValidationError

from newsletter.delivery.retract import heed_withdrawals
from newsletter.gather.polling.push import (
    Push,
    UnfitArticleError,
    check_signature,
    find_push_source,
    push_key,
    pushed_articles,
    store_push,
)
from newsletter.web.doorway import Door

router = APIRouter()

_MOST_FAULTS = 5
_CONTENT: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": Push.model_json_schema()}}}
}


class Stored(BaseModel):
    """How many articles came, and how many of them nobody had seen before."""

    listed: int
    new: int


async def _content(request: Request) -> bytes:
    return await request.body()


@router.post("/articles", openapi_extra=_CONTENT)
def push_articles(
    door: Door,
    content: Annotated[bytes, Depends(_content)],
    newsletter_source: Annotated[str, Header(max_length=100)] = "",
    newsletter_signature: Annotated[str, Header(max_length=200)] = "",
) -> Stored:
    """Store articles. All of a push is stored or nothing of it.

    ``Newsletter-Signature: t=SECONDS,v1=HEX`` is HMAC-SHA256 under the source's key over the seconds since 1970, a
    full stop, and the content's bytes.
    """
    now = door.now()
    with door.services.database.transaction() as connection:
        origin = find_push_source(connection, newsletter_source)
        # Nothing of the content is looked at before it is known whose it is.
        check_signature(push_key(door.services.tokens, origin.id), content, newsletter_signature, now)
        listed, new = store_push(connection, origin, pushed_articles(_read(content).articles), now)
        bells = heed_withdrawals(connection, now)
    door.services.ringer.ring(bells)
    return Stored(listed=listed, new=new)


def _read(content: bytes) -> Push:
    try:
        return Push.model_validate_json(content)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        told = "; ".join(f"{_where(fault['loc'])}: {fault['msg']}" for fault in faults[:_MOST_FAULTS])
        raise UnfitArticleError(f"{told}. Nothing was stored.", "docs/push.md lists every field.") from None


def _where(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".") or "content"
