"""Undoing Content-Encoding under a cap."""

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import FetchError
from newsletter.gather.http.decoding import Decoder, TooLargeError, readable_size


def decoded(content: bytes, encoding: str, step: int, max_bytes: int = 1_000) -> bytes:
    """Decode in pieces of ``step`` bytes."""
    decoder = Decoder("a.org", encoding, max_bytes)
    for start in range(0, len(content), step):
        decoder.feed(content[start : start + step])
    return decoder.finish()


def bare(content: bytes) -> bytes:
    """Compress without any header, as some servers mean "deflate"."""
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(content) + squeezer.flush()


@given(st.binary(min_size=1, max_size=1_000), st.integers(1, 50))
def test_what_was_compressed_comes_back(content: bytes, step: int) -> None:
    """Every kind of compression, in pieces of every size, gives the content again."""
    assert decoded(content, "", step) == content
    assert decoded(gzip.compress(content), "gzip", step) == content
    assert decoded(zlib.compress(content), "deflate", step) == content
    half = len(content) // 2
    two_members = gzip.compress(content[:half]) + gzip.compress(content[half:])
    assert decoded(two_members, "x-gzip", step) == content


def test_deflate_without_a_header_is_understood() -> None:
    """RFC 1951 data under the name "deflate" decodes when its start arrives in one piece."""
    assert decoded(bare(b"hello " * 50), "Deflate", 4_096) == b"hello " * 50


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_damage_is_one_error(content: bytes, encoding: str) -> None:
    """Arbitrary bytes decode or end in a FetchError, never in another."""
    with suppress(FetchError):
        assert len(decoded(content, encoding, 7)) <= 1_000


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_the_cap_is_exact(encoding: str) -> None:
    """A thousand bytes pass a cap of a thousand, one more does not."""
    pack = gzip.compress if encoding else bytes
    assert decoded(pack(bytes(1_000)), encoding, 4_096) == bytes(1_000)
    with pytest.raises(TooLargeError):
        decoded(pack(bytes(1_001)), encoding, 4_096)


def test_sizes_read_well() -> None:
    """Errors speak of megabytes where they can."""
    assert [readable_size(size) for size in (10_000_000, 1_500, 12)] == ["10 MB", "1.5 kB", "12 bytes"]
