"""Every error a person may see, in one tree.

NewsletterError
├── SettingsError        a setting is missing or cannot be used
├── EmbeddedError        a server of our own did not start
├── SourceError          a source could not be read
│   ├── FetchError       no usable answer came over HTTP
│   └── NotAFeedError    an answer came, and it is no feed
├── ContentError         an edition cannot be rendered
├── AddressError         a reader's address cannot be mailed
│   └── DisposableError  it is of a service for throw-away mail
├── TokenError           a link is forged, cut short or too old
├── NotFoundError        the thing named does not exist
├── ConflictError        the thing is no longer in the state the move starts from
├── BusyError            too many ask for the same costly thing at once
├── LeaseLostError       another task took over what this one held
└── RelayError           the relay itself refused us; no reader is to blame

Each carries what happened and how to mend it; the command line prints both and exits with 1 or 2,
the web answers with the status of ``status``.
"""


class NewsletterError(Exception):
    """What went wrong, and what to do about it.

    ``what`` names the thing and the place; ``mend`` is the next step for the person who reads it.
    """

    status = 500

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what} {self.mend}".rstrip()


class SettingsError(NewsletterError):
    """A setting is missing or cannot be used."""


class EmbeddedError(NewsletterError):
    """A server of our own did not start."""


class SourceError(NewsletterError):
    """A source could not be read."""

    status = 502


class FetchError(SourceError):
    """No usable answer came over HTTP."""


class NotAFeedError(SourceError):
    """An answer came, and it is no feed."""


class ContentError(NewsletterError):
    """An edition cannot be rendered."""


class AddressError(NewsletterError):
    """A reader's address cannot be mailed."""

    status = 422


class DisposableError(AddressError):
    """A reader's address is of a service for throw-away mail, and those are refused here."""


class TokenError(NewsletterError):
    """A link is forged, cut short or too old."""

    status = 403


class NotFoundError(NewsletterError):
    """The thing named does not exist."""

    status = 404


class ConflictError(NewsletterError):
    """The thing is no longer in the state that the move starts from."""

    status = 409


class BusyError(NewsletterError):
    """Too many ask for the same costly thing at once."""

    status = 503


class LeaseLostError(NewsletterError):
    """Another task took over what this one held, because it was stopped for longer than its lease."""

    status = 409


class RelayError(NewsletterError):
    """The relay itself refused us; no reader is to blame."""

    status = 502
