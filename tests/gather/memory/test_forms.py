"""What an article is by the words it is filed under."""

import pytest

from newsletter.gather.article import Form
from newsletter.gather.memory.forms import form_of


@pytest.mark.parametrize(
    ("url", "title", "categories", "form"),
    [
        ("https://a.example/live/2026/08/12/eclipse-updates", "Solar eclipse", (), Form.LIVE),
        ("https://a.example/x", "Ferry sinks – live updates", (), Form.LIVE),
        ("https://a.example/x", "EN DIRECT - Naufrage", (), Form.LIVE),
        ("https://a.example/x", "Fähre sinkt", ("Liveticker",), Form.LIVE),
        ("https://a.example/x", "مباشر | غرق عبارة", (), Form.LIVE),
        ("https://a.example/sponsored/boats", "Boats", (), Form.SPONSORED),
        ("https://a.example/x", "Boats", ("Partner Content", "Quiz"), Form.SPONSORED),
        ("https://a.example/x", "(Sponsored) Boats", (), Form.SPONSORED),
        ("https://a.example/x", "Anzeige: Boote", (), Form.SPONSORED),
        ("https://a.example/x", "Bateaux", ("Contenu sponsorisé",), Form.SPONSORED),
        ("https://a.example/x", "قوارب", ("محتوى مدفوع",), Form.SPONSORED),
        ("https://a.example/obituaries/jo-dahl", "Jo Dahl", (), Form.NOTICE),
        ("https://a.example/x", "Quiz: how well do you know the ferry?", (), Form.NOTICE),
        ("https://a.example/x", "Mots croisés", ("Mots-croisés",), Form.NOTICE),
        ("https://a.example/x", "Horóscopo: hoy", (), Form.NOTICE),
        ("https://a.example/x", "Jo Dahl", ("وفيات",), Form.NOTICE),
        ("https://a.example/news/live-music-returns", "Live music returns", ("Music",), Form.PLAIN),
        ("https://a.example/x", "How bees live", ("Nature",), Form.PLAIN),
        ("https://a.example/x", "Corrections officer arrested", (), Form.PLAIN),
        ("http://[", "", (), Form.PLAIN),
    ],
)
def test_form(url: str, title: str, categories: tuple[str, ...], form: Form) -> None:
    """Address, label of the headline or category name it; a word within a sentence does not."""
    assert form_of(url, title, categories) is form
