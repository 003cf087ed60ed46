"""Every edition under the clip: mail programs cut off what is too long, and what they cut is the way out.

Feed text shrinks first (``slots.Held.put_in``). Where that is not enough, the selection gives way from its end, a
little at a time, until the finished HTML fits in every language: summaries go first, then pictures and reasons,
then whole articles. The lead is never dropped. Pure but for the rendering that it is given.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from newsletter.edition.rendering.content import HTML_BUDGET, Content
from newsletter.edition.rendering.selection import ChosenArticle, Selection
from newsletter.edition.rendering.slots import weigh
from newsletter.edition.words.wording import line
from newsletter.errors import ContentError

_NAMED = 80
"""Characters of a headline in a note: enough to find the article by."""

_Trim = Callable[[Selection], Selection]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A selection that fits, what it looks like in each language, and what a person should know of it."""

    selection: Selection
    contents: Mapping[str, Content]
    notes: tuple[str, ...] = ()


def fit(
    selection: Selection,
    full_stories: int,
    languages: Sequence[str],
    render: Callable[[Selection, str], Content],
    public_url: str = "",
) -> Fitted:
    """Return as much of the selection as fits into ``HTML_BUDGET`` bytes in every one of the languages.

    ``full_stories`` is how many top stories stand before the briefs; ``public_url`` is where personal links begin.
    Raises what ``render`` raises, and
    ContentError where not even the lead alone fits, which takes a template that is too large itself.
    """

    def rendered(tried: Selection) -> Mapping[str, Content] | None:
        contents = {}
        for language in languages:
            contents[language] = content = render(tried, language)
            if weigh(content.html, content.marker, public_url) > HTML_BUDGET:
                return None
        return contents

    contents = rendered(selection)
    if contents is not None:
        return Fitted(selection, contents)
    trimmed = list(accumulate(_trims(selection, full_stories), lambda kept, trim: trim(kept), initial=selection))
    low, high, best = 0, len(trimmed), None
    while high - low > 1:
        middle = (low + high) // 2
        tried = rendered(trimmed[middle])
        if tried is None:
            low = middle
        else:
            high, best = middle, Fitted(trimmed[middle], tried)
    if best is None:
        raise ContentError(
            f"The lead alone makes more than {HTML_BUDGET:,} bytes of HTML.",
            "Make the template or its CSS smaller.",
        )
    return replace(best, notes=tuple(_notes(selection, best.selection)))


def _trims(selection: Selection, full_stories: int) -> Iterator[_Trim]:
    """Yield what gives way, the least important first; each is done after those before it."""
    after_the_lead = [each.article_id for each in selection.articles[1:]]
    for article_id in reversed(after_the_lead):
        yield _changing(article_id, _without_summary)
    for article_id in reversed(after_the_lead):
        yield _changing(article_id, _without_picture)
    stories = [each.article_id for each in selection.top_stories]
    posts = [each.article_id for each in selection.blog_posts]
    for article_id in (*reversed(stories[full_stories:]), *reversed(posts), *reversed(stories[:full_stories])):
        if article_id in after_the_lead:
            yield _leaving_out(article_id)
    for _ in selection.corrections:
        yield _with_one_correction_less


def _changing(article_id: int, change: Callable[[ChosenArticle], ChosenArticle]) -> _Trim:
    def changed(articles: tuple[ChosenArticle, ...]) -> tuple[ChosenArticle, ...]:
        return tuple(change(each) if each.article_id == article_id else each for each in articles)

    return lambda kept: replace(kept, top_stories=changed(kept.top_stories), blog_posts=changed(kept.blog_posts))


def _leaving_out(article_id: int) -> _Trim:
    def left(articles: tuple[ChosenArticle, ...]) -> tuple[ChosenArticle, ...]:
        return tuple(each for each in articles if each.article_id != article_id)

    return lambda kept: replace(kept, top_stories=left(kept.top_stories), blog_posts=left(kept.blog_posts))


def _without_summary(article: ChosenArticle) -> ChosenArticle:
    return replace(article, summary="")


def _without_picture(article: ChosenArticle) -> ChosenArticle:
    bare = replace(article, image_url="", image_alt="", image_credit="", image_width=0, image_height=0)
    return replace(bare, reasons=(), also_in=())


def _with_one_correction_less(kept: Selection) -> Selection:
    return replace(kept, corrections=kept.corrections[:-1])


def _notes(whole: Selection, kept: Selection) -> Iterator[str]:
    size = f"the {HTML_BUDGET:,} bytes that mail programs show"
    remaining = {each.article_id: each for each in kept.articles}
    dropped = [each for each in whole.articles if each.article_id not in remaining]
    if dropped:
        titles = ", ".join(f"“{line(each.title, _NAMED)}”" for each in dropped)
        yield f"Left out to keep within {size}: {titles}."
    bare = [each for each in whole.articles if each.summary and each.article_id in remaining]
    bare = [each for each in bare if not remaining[each.article_id].summary]
    if bare:
        yield f"Without a summary to keep within {size}: {len(bare)} article{'' if len(bare) == 1 else 's'}."
    if len(kept.corrections) < len(whole.corrections):
        yield f"Corrections left out to keep within {size}: {len(whole.corrections) - len(kept.corrections)}."
