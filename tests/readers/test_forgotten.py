"""A forgotten address is found by its hash, under one secret and in any spelling."""

import pytest

from newsletter.readers.forgotten import address_hash
from newsletter.tokens import Tokens

ANN = "Ann@reader.example"


def test_two_spellings_have_one_hash(tokens: Tokens) -> None:
    """An address is found again however its letters are cased."""
    assert address_hash(tokens, ANN) == address_hash(tokens, ANN.upper())


@pytest.mark.parametrize("other", ["bob@reader.example", "ann@reader.example.org", "ann@reader.exampl"])
def test_another_address_has_another_hash(tokens: Tokens, other: str) -> None:
    """Nobody is taken for somebody else."""
    assert address_hash(tokens, ANN) != address_hash(tokens, other)


def test_another_secret_finds_nothing(tokens: Tokens) -> None:
    """Without the secret a guess cannot be checked."""
    assert address_hash(tokens, ANN) != address_hash(Tokens("another-secret-0123456789abcdefghij"), ANN)
