"""Undoing Content-Encoding piece by piece, so that a bomb of a few kilobytes stops at the cap.

httpx decodes whole chunks: 300 kB of gzip became 300 MB before anybody could count. Here no step makes
more bytes than are still allowed.
"""

import io
import zlib

from newsletter.errors import FetchError

_ANY_HEADER = zlib.MAX_WBITS | 32
"""zlib tells gzip (RFC 1952) and zlib (RFC 1950) apart by their first bytes."""
_NO_HEADER = -zlib.MAX_WBITS
"""Some servers answer "deflate" with bare RFC 1951 data."""


class TooLargeError(FetchError):
    """More bytes than the policy allows."""

    status = 413


class Decoder:
    """Collects an answer's decoded bytes, up to ``max_bytes``.

    ``encoding`` is the Content-Encoding: empty, identity, gzip or deflate; raises FetchError for another.
    """

    def __init__(self, host: str, encoding: str, max_bytes: int) -> None:
        self._host = host
        self._max_bytes = max_bytes
        self._content = io.BytesIO()  # gives its bytes away without a copy
        encoding = encoding.strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise FetchError(f"{host} answered in the encoding {encoding[:40]!r}, which we did not ask for.")
        self._inflater = None if encoding in {"", "identity"} else zlib.decompressobj(_ANY_HEADER)

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the answer; raises TooLargeError or FetchError (damaged data)."""
        if self._inflater is None:
            self._take(piece)
            return
        try:
            self._inflate(piece)
        except zlib.error:
            raise FetchError(f"{self._host} answered with damaged compressed data.") from None

    def finish(self) -> bytes:
        """Return the whole content; raises FetchError if compressed data was cut short."""
        if self._inflater is not None and self._content.tell() and not self._inflater.eof:
            raise FetchError(f"{self._host} answered with compressed data that is cut short.")
        return self._content.getvalue()

    def _take(self, piece: bytes) -> None:
        if self._content.tell() + len(piece) > self._max_bytes:
            raise TooLargeError(
                f"{self._host} answered with more than {readable_size(self._max_bytes)}.",
                "GATHER_MAX_BYTES sets the limit.",
            )
        self._content.write(piece)

    def _inflate(self, piece: bytes) -> None:
        assert self._inflater is not None
        while piece:
            if self._inflater.eof:  # a gzip file may have several members, one after the other
                self._inflater = zlib.decompressobj(_ANY_HEADER)
            room = self._max_bytes - self._content.tell() + 1
            try:
                made = self._inflater.decompress(piece, room)
            except zlib.error:
                if self._content.tell() or self._inflater.unused_data:
                    raise
                self._inflater = zlib.decompressobj(_NO_HEADER)
                made = self._inflater.decompress(piece, room)
            self._take(made)
            piece = self._inflater.unconsumed_tail or self._inflater.unused_data


def readable_size(count: int) -> str:
    """Write a number of bytes for a person: 10 MB, 500 kB, 12 bytes."""
    for unit, size in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
