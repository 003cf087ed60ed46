"""A newsletter's editing desk for tests: sources that list articles, editions that are made and sent of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.edition.assemble import Workshop, assemble
from newsletter.edition.choosing.choose import Choice
from newsletter.edition.choosing.desk import supposed_edition
from newsletter.edition.choosing.marks import MarkRequest
from newsletter.edition.choosing.memory import remember_articles
from newsletter.edition.choosing.outlook import choose_for
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_edition, list_edition_articles, move
from newsletter.gather.article import Article, Genre
from newsletter.gather.tables import article
from newsletter.publication.newsletters import Newsletter, change_newsletter
from tests.publication.newsroom import a_source, an_article, publish

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Editing:
    """One newsletter, one connection, and a clock that a test moves."""

    connection: sa.Connection
    newsletter: Newsletter
    workshop: Workshop
    now: datetime

    def set(self, **settings: object) -> None:
        told = {name: str(value) for name, value in settings.items()}
        self.newsletter = change_newsletter(self.connection, self.newsletter.slug, told)

    def lists(self, *numbers: int, source: str = "paper", genre: Genre = Genre.NEWS, **facts: Any) -> None:
        """Let a source list these articles, published about an hour ago, each at its own minute."""
        usual = {each: {"published_at": self.now - HOUR - each * MINUTE, **facts} for each in numbers}
        listed = [an_article(each, **told) for each, told in usual.items()]
        self.lists_of(listed, source, genre)

    def lists_of(self, articles: list[Article], source: str = "paper", genre: Genre = Genre.NEWS) -> None:
        origin = a_source(self.connection, self.newsletter.id, source, genre)
        publish(self.connection, origin, articles, self.now)

    def id_of(self, number: int) -> int:
        query = sa.select(article.c.id).where(article.c.url == f"https://paper.example/{number}")
        return int(self.connection.execute(query).scalar_one())

    def change(self, number: int, **facts: Any) -> None:
        """Change facts of an article's row."""
        self.connection.execute(sa.update(article).where(article.c.id == self.id_of(number)).values(facts))

    def mark(self, say: Callable[..., None], number: int, *more: Any) -> None:
        request = MarkRequest(self.newsletter.id, self.id_of(number), "ann@paper.example", self.now)
        say(self.connection, request, *more)

    def choose(self) -> Choice:
        supposed = supposed_edition(self.newsletter, self.now.date(), self.now)
        return choose_for(self.connection, supposed, self.now)

    def titles(self) -> list[str]:
        return [each.title for each in self.choose().selection.articles]

    def make(self, **wishes: Any) -> int:
        """Assemble the edition of today; return its id."""
        request = replace(EditionRequest(self.newsletter.id, self.now.date(), self.now, "test"), **wishes)
        edition_id, _ = plan_edition(self.connection, request)
        move(self.connection, edition_id, (EditionState.PLANNED, EditionState.GATHERING), gathering_at=self.now)
        assemble(self.connection, edition_id, self.workshop, self.now)
        return edition_id

    def send(self) -> int:
        """Assemble the edition of today, and let it have gone to all."""
        edition_id = self.make()
        assert remember_articles(self.connection, get_edition(self.connection, edition_id), self.now)
        move(self.connection, edition_id, (EditionState.READY, EditionState.SENDING), sending_at=self.now)
        return edition_id

    def articles(self, edition_id: int) -> list[sa.Row[Any]]:
        return list_edition_articles(self.connection, edition_id)

    def state(self, edition_id: int) -> EditionState:
        return get_edition(self.connection, edition_id).state

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)
