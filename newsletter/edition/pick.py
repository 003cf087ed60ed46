"""Which ranked articles get a place: one a story, few a source, the two parts each with their own size."""

from collections import Counter
from collections.abc import Iterable, Sequence

from newsletter.edition.ranking import Ranked


def pick(ranked: Sequence[Ranked], size: int, max_per_source: int) -> list[Ranked]:
    """Take the best ``size``, one for each story and at most ``max_per_source`` from one source.

    A source that stands alone may fill them all: the rule keeps one source from crowding out others.
    """
    is_alone = len({each.candidate.source for each in ranked}) == 1
    most = size if is_alone else max_per_source
    taken: list[Ranked] = []
    stories: set[int] = set()
    given: Counter[str] = Counter()
    for each in ranked:
        if len(taken) == size:
            break
        if each.candidate.story in stories or given[each.candidate.source] >= most:
            continue
        taken.append(each)
        stories.add(each.candidate.story)
        given[each.candidate.source] += 1
    return taken


def also_in(chosen: Ranked, ranked: Iterable[Ranked], most: int = 3) -> list[Ranked]:
    """Return the other sources' articles on the same story, best first, one for each source."""
    seen = {chosen.candidate.source}
    others = []
    for each in ranked:
        if each.candidate.story == chosen.candidate.story and each.candidate.source not in seen:
            seen.add(each.candidate.source)
            others.append(each)
    return others[:most]
