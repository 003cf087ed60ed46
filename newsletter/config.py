"""Settings: the environment read once, checked, frozen and passed on.

Nothing else in the package looks at the environment. Every field here is a row of ``docs/settings.md``,
and a test compares the two.
"""

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from newsletter.errors import SettingsError

_CHECKOUT = Path(__file__).resolve().parent.parent
_PACKAGED_TEMPLATES = Path(__file__).resolve().parent / "templates"


_DATABASE = re.compile(r"(/\d*)?", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,20}}")
_ORIGIN = re.compile(
    r"(?!https:.*:443$)(?!http:.*:80$)https?://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[1-9]\d{0,4})?",
    re.ASCII,
)
"""A web origin as browsers write it in a header (RFC 6454 §6.2)."""


def _seconds(value: object) -> object:
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except OverflowError:
        raise ValueError("too many seconds") from None


def _folder(given: Path | None) -> Path | None:
    if given is None:
        return None
    try:
        folder = given.expanduser()
        is_there = folder.is_dir()
    except (OSError, RuntimeError):
        is_there = False
    if not is_there:
        raise ValueError(f"{given} is no folder; make it, or leave the variable empty for our own templates")
    return folder


def _redis_url(given: SecretStr) -> SecretStr:
    if given.get_secret_value() and not _is_redis_url(given.get_secret_value()):
        raise ValueError(
            "no server's address; write redis://:password@host:6379/0, rediss://… or unix:///path?db=0"
        )
    return given


def _site_origins(given: str) -> str:
    wrong = [each for each in given.split() if not _ORIGIN.fullmatch(each)]
    if wrong:
        raise ValueError(
            f"{wrong[0]!r} is no site's origin; write scheme and host in small letters, a port only where it is "
            "not the usual one, and nothing after it: https://www.example.org"
        )
    return given


def _networks(given: str) -> str:
    for each in given.split():
        try:
            ipaddress.ip_network(each, strict=False)
        except ValueError:
            raise ValueError(f"{each!r} is no network; write 10.0.0.0/8, 192.0.2.7 or ::1") from None
    return given


def _is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if not parse_qs(parts.query).get("db", ["0"])[0].isdecimal():
            return False
        if parts.scheme == "unix":
            return bool(parts.path)
        return parts.scheme in {"redis", "rediss"} and parts.port != 0 and bool(_DATABASE.fullmatch(parts.path))
    except ValueError:
        return False


def _domain(given: str) -> str:
    if given and not _DOMAIN.fullmatch(given):
        raise ValueError(f"{given!r} is no domain; write one in ASCII, such as back.example.org")
    return given


def _told(fault: str) -> str:
    return fault.removeprefix("Value error, ")


Seconds = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0))]
"""A duration that the environment gives as a number of seconds."""


class Settings(BaseSettings):
    """What the operator chose. Field names are the environment's variables in lower case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr = Field(SecretStr(""), description="PostgreSQL; empty = the embedded server.")
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] = Field(
        SecretStr(""), description="Redis or Valkey; empty = the embedded server."
    )
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="One relay or several, with white space between: smtp://user:password@host:port (STARTTLS) "
        "or smtps://host:port (TLS from the start); "
        "empty = the local mailbox of `newsletter up`.",
    )
    smtp_starttls: bool = Field(
        True,
        description="Insist on STARTTLS at a relay that is not on loopback; where it is false, TLS that is "
        "offered is still used and its certificate verified.",
    )
    secret_key: SecretStr = Field(SecretStr(""), description="At least 32 characters; signs every link.")
    web_host: str = Field("127.0.0.1", description="Address that the web server of `newsletter up` listens on.")
    web_port: int = Field(
        8000, ge=1, le=65_535, description="Port that the web server of `newsletter up` listens on."
    )
    public_url: str = Field(
        default_factory=lambda settings: f"http://localhost:{settings['web_port']}",
        pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+(/[!-~]*)?$",
        description="Where readers reach the web pages, in ASCII (xn--… for other names); empty = this machine.",
    )
    mailbox_port: int = Field(8025, ge=1, le=65_535, description="Port of the local mailbox of `newsletter up`.")
    mailbox_dir: Path | None = Field(None, description="Where the local mailbox keeps its mail; set by `up`.")
    sample: bool = Field(False, description="Serve the sample publication under /sample; set by `up`.")
    data_dir: Path = Field(Path("newsletter-data"), description="Where `newsletter up` keeps its servers' data.")
    templates_dir: Annotated[Path | None, AfterValidator(_folder)] = Field(
        None, description="Your own templates, laid over ours file by file."
    )
    allow_private_sources: bool = Field(False, description="Let sources live on private addresses.")
    contact_url: str = Field("", description="Shown in our User-Agent to the sites we gather from.")
    gather_interval: Seconds = Field(
        timedelta(minutes=20),
        description="Seconds between polls of a source whose dates do not tell its own pace.",
    )
    gather_timeout: Seconds = Field(timedelta(seconds=15), description="Seconds one source may take in all.")
    gather_max_bytes: int = Field(5_000_000, ge=1, description="Largest answer of a source, decoded.")
    tick_interval: Seconds = Field(timedelta(seconds=30), description="Seconds between two rings of the tick.")
    batch_size: int = Field(2000, ge=1, le=10_000, description="Deliveries one task takes at a time.")
    canary_size: int = Field(
        0, ge=0, description="Deliveries that go ahead of all others; the rest waits for what becomes of them."
    )
    lease_seconds: Seconds = Field(
        timedelta(seconds=120), description="Seconds a batch stays with a task that gives no sign of life."
    )
    journal: str = Field(
        "",
        description="Where tasks write down what they began: a folder on a disk that lasts, or `redis`; "
        "empty = `journals` in DATA_DIR.",
    )
    delivery_lifetime: Seconds = Field(timedelta(hours=24), description="Seconds until a delivery expires.")
    operator_limits: str = Field(
        "",
        description="Most messages in flight, and a second, to a receiving operator: `google=20/5 "
        "firm.example=2`; empty = what operators publish and what their refusals teach.",
    )
    operator_grouping: str = Field(
        "mx",
        pattern="^(mx|domain)$",
        description="How readers are grouped by operator: `mx`, by who receives their mail (asks the DNS, unless "
        "every relay is on loopback), or `domain`.",
    )
    operator_dns: str = Field("", description="Name server to ask for MX records; empty = the system's.")
    dkim_keys: str = Field(
        "",
        description="Keys to sign messages with, parted by white space: "
        "`selector._domainkey.domain=/path/to/private.pem`, RSA or Ed25519; empty = the relay signs.",
    )
    content_encoding: str = Field(
        "quoted-printable",
        pattern="^(quoted-printable|8bit)$",
        description="How editions are encoded: `quoted-printable`, or base64 for a part that is smaller so; or "
        "`8bit` for relays that announce 8BITMIME.",
    )
    uncertain_policy: str = Field("resend", pattern="^(resend|hold)$", description="`resend` or `hold`.")
    confirmation_smtp_url: SecretStr = Field(
        SecretStr(""),
        description="Relay for confirmations and what else is mailed to one reader, written like SMTP_URL: "
        "a flood of sign-ups then cannot hurt the name of the relay that editions leave by; "
        "empty = SMTP_URL.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "",
        description="Networks of the proxies before the web server, with white space between: `10.0.0.0/8 "
        "::1`; whom their X-Forwarded-For names is believed. Empty = nobody is.",
    )
    form_origins: Annotated[str, AfterValidator(_site_origins)] = Field(
        "",
        description="Sites that may show our sign-up form in a frame or send it by script: "
        "`https://www.example.org https://example.org`.",
    )
    sign_ups_per_network: int = Field(
        30, ge=1, description="Sign-ups an hour from one network (/24 or /56) that are answered by mail."
    )
    confirmations_per_hour: int = Field(
        1000, ge=1, description="Confirmations an hour to everybody together; more wait, and raise an alarm."
    )
    sign_up_work: int = Field(
        0,
        ge=0,
        le=24,
        description="Bits of a proof of work that the sign-up form asks of a browser, 0 to 24; 0 = none. 16"
        " costs a phone about a second.",
    )
    refuse_disposable: bool = Field(False, description="Refuse addresses of services for throw-away mail.")
    inbound_domain: Annotated[str, AfterValidator(_domain)] = Field(
        "",
        description="Domain whose mail comes back to us, by LMTP or IMAP: subscribe@, unsubscribe@ and "
        "bounces; empty = none does.",
    )
    lmtp_host: str = Field("127.0.0.1", description="Address that `newsletter up` listens on for LMTP.")
    lmtp_port: int = Field(
        8024,
        ge=1,
        le=65_535,
        description="Port that `newsletter up` listens on for LMTP, where INBOUND_DOMAIN is set.",
    )
    imap_url: SecretStr = Field(
        SecretStr(""),
        description="Mailbox to read what comes back from, besides LMTP: "
        "imaps://user:password@host:993/folder; empty = none.",
    )
    bounce_limit: float = Field(
        5.0,
        gt=0,
        description="Points for transient bounces, at most one a day, with which an address is suppressed.",
    )
    ses_topic: str = Field(
        "", description="ARN of the SNS topic that brings Amazon SES's notifications; empty = none is taken."
    )
    mailgun_signing_key: SecretStr = Field(
        SecretStr(""), description="Key that Mailgun signs its webhooks with; empty = none is taken."
    )
    postmark_login: SecretStr = Field(
        SecretStr(""),
        description="`user:password` that Postmark is told to send with its webhooks; empty = none is taken.",
    )
    sendgrid_public_key: str = Field(
        "", description="Public key of SendGrid's signed event webhook, base64; empty = none is taken."
    )
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
                f"{'.'.join(str(part) for part in fault['loc']).upper()}: {_told(fault['msg'])}"
                for fault in error.errors()
                # A default that waits for another setting says nothing new.
                if fault["type"] != "default_factory_not_called"
            )
            raise SettingsError(
                f"The settings cannot be used: {faults}.", "docs/settings.md describes each."
            ) from None

    @property
    def journal_folder(self) -> Path:
        """The folder of this host's journals, where they are files."""
        return Path(self.journal) if self.journal else self.data_dir / "journals"

    @property
    def sites(self) -> tuple[str, ...]:
        """The origins of FORM_ORIGINS, each once."""
        return tuple(dict.fromkeys(self.form_origins.split()))

    @property
    def proxies(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks of TRUSTED_PROXIES."""
        return tuple(ipaddress.ip_network(each, strict=False) for each in self.trusted_proxies.split())

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """Folders to look a template up in, the publisher's own first."""
        ours = _PACKAGED_TEMPLATES if _PACKAGED_TEMPLATES.is_dir() else _CHECKOUT / "templates"
        return (self.templates_dir, ours) if self.templates_dir else (ours,)
