"""Settings: the environment read once, checked, frozen and passed on.

Nothing else in the package looks at the environment. Every field here is a row of ``docs/settings.md``,
and a test compares the two.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter.errors import SettingsError

_CHECKOUT = Path(__file__).resolve().parent.parent
_PACKAGED_TEMPLATES = Path(__file__).resolve().parent / "templates"


def _seconds(value: object) -> object:
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except OverflowError:
        raise ValueError("too many seconds") from None


Seconds = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0))]
"""A duration that the environment gives as a number of seconds."""


class Settings(BaseSettings):
    """What the operator chose. Field names are the environment's variables in lower case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr = Field(SecretStr(""), description="PostgreSQL; empty = the embedded server.")
    redis_url: SecretStr = Field(SecretStr(""), description="Redis or Valkey; empty = the embedded server.")
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="The relay: smtp://user:password@host:port (STARTTLS) or smtps://host:port (TLS from the "
        "start); empty = the local mailbox of `newsletter up`.",
    )
    smtp_starttls: bool = Field(True, description="Insist on STARTTLS at a relay that is not on loopback.")
    secret_key: SecretStr = Field(SecretStr(""), description="At least 32 characters; signs every link.")
    web_host: str = Field("127.0.0.1", description="Address that the web server of `newsletter up` listens on.")
    web_port: int = Field(
        8000, ge=1, le=65_535, description="Port that the web server of `newsletter up` listens on."
    )
    public_url: str = Field(
        default_factory=lambda settings: f"http://localhost:{settings['web_port']}",
        pattern=r"^https?://[^/\s]+",
        description="Where readers reach the web pages; empty = this machine.",
    )
    mailbox_port: int = Field(8025, ge=1, le=65_535, description="Port of the local mailbox of `newsletter up`.")
    mailbox_dir: Path | None = Field(None, description="Where the local mailbox keeps its mail; set by `up`.")
    sample: bool = Field(False, description="Serve the sample publication under /sample; set by `up`.")
    data_dir: Path = Field(Path("newsletter-data"), description="Where `newsletter up` keeps its servers' data.")
    templates_dir: Path | None = Field(None, description="Your own templates, laid over ours file by file.")
    allow_private_sources: bool = Field(False, description="Let sources live on private addresses.")
    contact_url: str = Field("", description="Shown in our User-Agent to the sites we gather from.")
    gather_interval: Seconds = Field(timedelta(minutes=20), description="Seconds between polls of a source.")
    gather_timeout: Seconds = Field(timedelta(seconds=20), description="Seconds one source may take in all.")
    gather_max_bytes: int = Field(10_000_000, ge=1, description="Largest answer of a source, decoded.")
    tick_interval: Seconds = Field(timedelta(seconds=30), description="Seconds between two rings of the tick.")
    batch_size: int = Field(200, ge=1, le=10_000, description="Deliveries one task takes at a time.")
    delivery_lifetime: Seconds = Field(timedelta(hours=24), description="Seconds until a delivery expires.")
    uncertain_policy: str = Field("resend", pattern="^(resend|hold)$", description="`resend` or `hold`.")
    log_level: str = Field(
        "INFO", pattern="(?i)^(debug|info|warning|error)$", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_json: bool = Field(False, description="One JSON object a line instead of text.")

    @classmethod
    def from_environment(cls, **given: object) -> Self:
        """Read and check the environment once; ``given`` wins over it.

        Raises SettingsError naming each variable that cannot be used.
        """
        try:
            return cls(**given)  # type: ignore[arg-type]  # pydantic checks what the environment cannot type
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
                for fault in error.errors()
                # A default that waits for another setting says nothing new.
                if fault["type"] != "default_factory_not_called"
            )
            raise SettingsError(
                f"The settings cannot be used: {faults}.", "docs/settings.md describes each."
            ) from None

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """Folders to look a template up in, the publisher's own first."""
        ours = _PACKAGED_TEMPLATES if _PACKAGED_TEMPLATES.is_dir() else _CHECKOUT / "templates"
        return (self.templates_dir, ours) if self.templates_dir else (ours,)
