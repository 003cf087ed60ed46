"""Facts and decisions as plain JSON values, and back: what a stored run is made of. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from newsletter.edition.choosing.candidate import Candidate, Ranked
from newsletter.edition.choosing.decide import Decision, Fact, Update
from newsletter.gather.article import Form, Genre
from newsletter.publication.newsletters import NewsletterSettings

_CANDIDATE = {each.name: each for each in fields(Candidate)}
_SETTINGS = {each.name: each for each in fields(NewsletterSettings)}
_MOMENTS = frozenset({"published_at", "first_seen_at"})


def settings_to_plain(settings: NewsletterSettings) -> dict[str, Any]:
    """Return a newsletter's settings as JSON has them."""
    return {name: _plain(getattr(settings, name)) for name in _SETTINGS}


def settings_from_plain(told: Mapping[str, Any]) -> NewsletterSettings:
    """Return settings as they were; one that did not exist then has its default.

    Raises SettingsError where the rules have changed so much that a value is none any more.
    """
    known = {name: value for name, value in told.items() if name in _SETTINGS}
    return NewsletterSettings(**{**known, "send_time": time.fromisoformat(known["send_time"])})


def fact_to_plain(fact: Fact) -> dict[str, Any]:
    """Return a fact as JSON has it, without what is as it usually is."""
    usual = Candidate(id=0, title="")
    told = {
        name: _plain(value)
        for name in _CANDIDATE
        if (value := getattr(fact.candidate, name)) != getattr(usual, name) or name in {"id", "title"}
    }
    told["genre"] = fact.genre.value
    return told | {name: str(value) for name in ("update", "barred") if (value := getattr(fact, name))}


def fact_from_plain(told: Mapping[str, Any]) -> Fact:
    """Return a fact as it was."""
    known = {name: value for name, value in told.items() if name in _CANDIDATE}
    known |= {name: datetime.fromisoformat(known[name]) for name in _MOMENTS if known.get(name)}
    if "form" in known:
        known["form"] = Form(known["form"])
    return Fact(
        Candidate(**known), Genre(told["genre"]), Update(told.get("update", "")), str(told.get("barred", ""))
    )


def decision_to_plain(decision: Decision) -> dict[str, Any]:
    """Return a decision as JSON has it: the places, all that was ranked, and why the rest is out."""
    return {
        "top_stories": [each.candidate.id for each in decision.top_stories],
        "blog_posts": [each.candidate.id for each in decision.blog_posts],
        "ranked": [_ranked(each) for each in decision.ranked],
        "left_out": {str(article_id): why for article_id, why in sorted(decision.left_out.items())},
        "notes": list(decision.notes),
    }


def facts_to_plain(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """Return facts as JSON has them, by article."""
    return [fact_to_plain(each) for each in sorted(facts, key=lambda each: each.candidate.id)]


def _ranked(ranked: Ranked) -> dict[str, Any]:
    told = asdict(ranked)
    return {"id": ranked.candidate.id, **{name: told[name] for name in ("points", "parts", "why")}}


def _plain(value: Any) -> Any:
    match value:
        case StrEnum():
            return value.value
        case _ if hasattr(value, "isoformat"):
            return value.isoformat()
        case tuple():
            return list(value)
        case _:
            return value
