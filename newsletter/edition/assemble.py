"""Assemble an edition: choose its articles, render it once, and freeze both in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from newsletter import log
from newsletter.edition import store
from newsletter.edition.addresses import edition_url
from newsletter.edition.choosing.outlook import choose_for, least_articles
from newsletter.edition.choosing.runs import Occasion, record_run
from newsletter.edition.freeze import end_unsent, freeze_articles, freeze_contents
from newsletter.edition.rendering.budget import Fitted, fit
from newsletter.edition.rendering.content import Content, Stationery
from newsletter.edition.rendering.illustrate import illustrate
from newsletter.edition.rendering.selection import Masthead, Selection
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, Wish
from newsletter.edition.variants import SectionWishes, number_alike, variants_of
from newsletter.errors import ContentError
from newsletter.gather.image.images import images_of
from newsletter.publication.newsletters import Newsletter, get_newsletter_by_id
from newsletter.tokens import Tokens

_log = log.get("edition")


def _nobody_chose(_: sa.Connection, __: Edition) -> SectionWishes:
    return ()


@dataclass(frozen=True, slots=True)
class Workshop:
    """What rendering needs from outside: the templates, where our pages are reached, and who seals addresses.

    Without ``tokens`` an edition for named readers has no address at which they could read it on the web.
    ``section_wishes`` tells which sections the readers of an edition chose, and how many of them.
    """

    stationery: Stationery
    public_url: str
    tokens: Tokens | None = None
    section_wishes: Callable[[sa.Connection, Edition], SectionWishes] = _nobody_chose


@dataclass(frozen=True, slots=True)
class Draft:
    """What an edition is to be made of, and what a person should know of how it came here."""

    selection: Selection
    notes: tuple[str, ...]
    now: datetime


def masthead(newsletter: Newsletter) -> Masthead:
    """Return what every mail of the newsletter carries."""
    return Masthead(**{name: getattr(newsletter, name) for name in Masthead.__dataclass_fields__})


def assemble(
    connection: sa.Connection, edition_id: int, workshop: Workshop, now: datetime, notes: Sequence[str] = ()
) -> EditionState:
    """Bring an edition from gathering to ready, skipped or failed; return which.

    ``notes`` are what a person should know of how it came here. Raises ConflictError when another task was first.
    """
    edition = store.get_edition(connection, edition_id)
    newsletter = get_newsletter_by_id(connection, edition.newsletter_id)
    choice = choose_for(connection, edition, now)
    least = least_articles(connection, newsletter, edition)
    if choice.unsent < least:
        reason = (
            f"{choice.unsent or 'No'} unsent stor{'y' if choice.unsent == 1 else 'ies'} to choose from; "
            f"an edition needs {least}."
        )
        state = end_unsent(connection, edition, EditionState.SKIPPED, reason, now)
        record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
        return state
    if not choice.selection.articles:
        reason = "Nothing of what there is may stand first: `newsletter candidates` says why."
        state = end_unsent(connection, edition, EditionState.SKIPPED, reason, now)
        record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
        return state
    if least < newsletter.min_articles:
        notes = [*notes, f"{newsletter.most_skips} days brought too little: this one goes with what there is."]
    draft = Draft(choice.selection, (*choice.notes, *notes), now)
    state = set_and_freeze(connection, edition, newsletter, workshop, draft)
    if state is EditionState.READY:
        record_run(connection, Occasion(newsletter, edition.edition_on, edition.id, now), choice)
    return state


def set_and_freeze(
    connection: sa.Connection, edition: Edition, newsletter: Newsletter, workshop: Workshop, draft: Draft
) -> EditionState:
    """Render an edition in each language, whole and for readers of chosen sections, and freeze it.

    Bring it so from gathering to ready, or to failed where it cannot be rendered; return which. Raises
    ConflictError when another task was first.
    """
    images = images_of(connection, [each.article_id for each in draft.selection.articles])
    wishes = workshop.section_wishes(connection, edition)
    try:
        selection = illustrate(draft.selection, images, workshop.public_url)
        fitted = _render(workshop, edition, newsletter, selection)
        variants, notes = _render_variants(workshop, edition, newsletter, fitted, wishes)
    except ContentError as error:
        return end_unsent(connection, edition, EditionState.FAILED, str(error), draft.now)
    whole = {Wish(language): content for language, content in fitted.contents.items()}
    told = [*draft.notes, *fitted.notes, *notes]
    freeze_contents(connection, edition, {**whole, **variants}, ready_at=draft.now, notes=told)
    freeze_articles(connection, edition, _as_chosen(draft.selection, fitted.selection))
    _log.info("edition_ready", edition_id=edition.id, articles=len(fitted.selection.articles))
    return EditionState.READY


def _render(workshop: Workshop, edition: Edition, newsletter: Newsletter, selection: Selection) -> Fitted:
    """Return as much of a selection as fits, in every language of the newsletter."""

    def digest(tried: Selection, language: str) -> Content:
        url = edition_url(workshop.public_url, edition, _other(language, newsletter), workshop.tokens)
        head = replace(masthead(newsletter), language=language)
        return workshop.stationery.digest(tried, head, edition.edition_on, url, edition.kind)

    full_stories = workshop.stationery.theme(newsletter.theme).full_stories
    return fit(selection, full_stories, newsletter.all_languages, digest, workshop.public_url)


def _render_variants(
    workshop: Workshop, edition: Edition, newsletter: Newsletter, whole: Fitted, wishes: SectionWishes
) -> tuple[Mapping[Wish, Content], list[str]]:
    """Return what readers of chosen sections get of an edition, and a note where some get all of it."""
    variants, others = variants_of(whole.selection, wishes)
    links = next(iter(whole.contents.values())).links
    places = {each.article_id: place for place, each in enumerate(whole.selection.articles, start=1)}
    contents: dict[Wish, Content] = {}
    for each in variants:
        fitted = _render(workshop, edition, newsletter, each.selection)
        stands = [places[article.article_id] for article in fitted.selection.articles]
        for language, content in number_alike(fitted.contents, links, stands).items():
            contents[Wish(language, each.sections)] = content
            links = content.links
    if not others:
        return contents, []
    who = "1 reader who chose sections gets" if others == 1 else f"{others} readers who chose sections get"
    return contents, [f"{who} the whole edition: {len(variants)} selections are made of it at most."]


def _as_chosen(chosen: Selection, fitted: Selection) -> Selection:
    """Return what of the chosen articles is in the mail, with all that is known of them."""
    kept = {each.article_id for each in fitted.articles}
    return replace(
        chosen,
        top_stories=tuple(each for each in chosen.top_stories if each.article_id in kept),
        blog_posts=tuple(each for each in chosen.blog_posts if each.article_id in kept),
    )


def _other(language: str, newsletter: Newsletter) -> str:
    """Return the language, or nothing where it is the newsletter's own."""
    return "" if language == newsletter.language else language
