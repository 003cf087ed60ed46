"""How alike two texts are: the angle between what they speak of, rare words counting most.

TF-IDF with sublinear term frequency (Manning, Raghavan, Schütze, Introduction to Information Retrieval, §6.4.1):
a stem that comes n times counts ``(1 + ln n) × ln((1 + N) / (1 + d))^1.5`` where d of N headlines have it. N and d
come from headlines of other days: one day's own would call the day's biggest event a common word.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log, sqrt

from newsletter.gather.story.stems import Stems, known_words

Vector = Mapping[str, float]
"""Weights by stem, of length 1; empty for a text without words."""

_SHARPNESS = 1.5
"""Power of a stem's rarity: at 1 two headlines of five words met in a minister and a police, at 2 names ruled."""

_ESTIMATED = 10_000
"""How many headlines the built-in estimate stands for."""

_SHARES = (1 / 50, 1 / 200, 1 / 800)
"""The share of headlines that have a word, by its class in words.toml."""

ENOUGH = 2_000
"""With so many headlines of its own, a service no longer needs the estimate."""


@dataclass(frozen=True, slots=True)
class Background:
    """In how many of ``texts`` headlines each stem is."""

    texts: int
    counts: Mapping[str, float]

    @staticmethod
    @lru_cache(maxsize=1)
    def built_in() -> "Background":
        """Return our own estimate for the news of any day, in the languages of words.toml."""
        stems, counts = Stems(), dict[str, float]()
        for language, known in known_words().items():
            for share, words in zip(_SHARES, known.classes, strict=True):
                for word in words:
                    stem = stems.stem(word, language)
                    counts[stem] = max(counts.get(stem, 0.0), share * _ESTIMATED)
        return Background(_ESTIMATED, counts)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Background":
        """Count the stems of the service's own headlines; with few of them the built-in estimate counts too."""
        stems = Stems()
        read = [stems.of(text) for text in texts]
        counted = cls(len(read), Counter(stem for each in read for stem in each))
        return counted if counted.texts >= ENOUGH else cls.built_in().joined(counted)

    def joined(self, other: "Background") -> "Background":
        """Return the two counted together."""
        few, many = sorted((self.counts, other.counts), key=len)
        counts = dict(many)
        for stem, count in few.items():
            counts[stem] = counts.get(stem, 0.0) + count
        return Background(self.texts + other.texts, counts)

    def vector(self, stems: Counter[str]) -> Vector:
        """Return the direction of a text's stems."""
        weights = {stem: (1 + log(count)) * self._rarity(stem) for stem, count in stems.items()}
        length = sqrt(sum(sorted(weight * weight for weight in weights.values())))
        return {stem: weight / length for stem, weight in weights.items()} if length else {}

    def vectors(self, texts: Mapping[int, str]) -> dict[int, Vector]:
        """Return the directions of texts by id; each depends on its own text and the background alone."""
        stems = Stems()
        return {number: self.vector(stems.of(text)) for number, text in texts.items()}

    def _rarity(self, stem: str) -> float:
        return float(max(0.0, log((1 + self.texts) / (1 + self.counts.get(stem, 0.0)))) ** _SHARPNESS)


def likeness(one: Vector, other: Vector) -> float:
    """Return the cosine of two directions, from 0 for nothing in common to 1 for the same words."""
    few, many = sorted((one, other), key=len)
    return min(1.0, sum(weight * many[stem] for stem, weight in few.items() if stem in many))
