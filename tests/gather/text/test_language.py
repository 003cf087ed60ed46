"""The language of an article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.text.language import language_of


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        ("fr-CA", "أعلنت المدينة", "fr-CA"),
        ("", "أعلنت المدينة افتتاح خط العبّارة مع شركة Dahl & Co", "ar"),
        ("", "شورای شهر پنجشنبه خط کشتی را گشود", "fa"),
        ("", "شہر نے فیری لائن دوبارہ کھول دی ہے", "ur"),
        ("", "מועצת העיר פתחה את קו המעבורת", "he"),
        ("", "Городской совет снова открыл паромную линию", "ru"),
        ("", "Міська рада знову відкрила поромну лінію, її чекали", "uk"),
        ("", "Градският съвет откри линията", ""),
        ("", "Το δημοτικό συμβούλιο άνοιξε", "el"),
        ("", "市議会は渡し船を再開した", "ja"),
        ("", "市议会重新开通渡轮", "zh"),
        ("", "시의회가 연락선을 재개했다", "ko"),
        ("", "The council reopened the ferry, said قارب", ""),
        ("", "3.5 – 12", ""),
        ("", "", ""),
    ],
)
def test_language(declared: str, text: str, language: str) -> None:
    """What is declared wins; then the script, where it belongs to one language."""
    assert language_of(declared, text) == language


@given(st.text(max_size=100))
def test_any_text_has_a_language_or_none(text: str) -> None:
    """Two letters or nothing."""
    assert len(language_of("", text)) in {0, 2}
