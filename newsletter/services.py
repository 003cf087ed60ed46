"""What a process works with, made once from its settings: the database, the ringer, the templates, the relay."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property

from kombu.exceptions import OperationalError

from newsletter import log
from newsletter.bell import Bell
from newsletter.broker import create_broker
from newsletter.closing import Closing
from newsletter.config import Settings
from newsletter.db import Database
from newsletter.delivery.accounting.journal import Journals
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.delivery.accounting.journal_redis import RedisJournals
from newsletter.delivery.accounting.ledger import Ledger, LedgerRules
from newsletter.delivery.audience import section_wishes
from newsletter.delivery.drain import Way
from newsletter.delivery.messages.dkim_keys import read_keys
from newsletter.delivery.messages.encoding import Encoding
from newsletter.delivery.plan import Slicing
from newsletter.delivery.post import Post
from newsletter.delivery.smtp.client import SmtpTransport
from newsletter.delivery.smtp.relay import read_relays
from newsletter.delivery.throttling.operator import KnownOperators, Operators
from newsletter.delivery.throttling.operator_rules import read_limits
from newsletter.delivery.throttling.shared import SharedThrottle
from newsletter.delivery.throttling.throttle import Throttle
from newsletter.delivery.transport import NoRelay
from newsletter.edition.assemble import Workshop
from newsletter.edition.rendering.content import Stationery
from newsletter.gather.http.network import FetchPolicy
from newsletter.gather.http.robots import Robots
from newsletter.gather.polling.poll import PollManners
from newsletter.inbound.desk.visit import Desk
from newsletter.inbound.door.imap import Mailbox, read_mailbox
from newsletter.readers.gate import Gate
from newsletter.schedule.advance import Pace
from newsletter.schedule.watchdog import Patience
from newsletter.tokens import Tokens

_log = log.get("bell")

RECHECK_LIMIT = timedelta(seconds=60)
"""How long an edition waits for the last look at its articles' pages."""

PREFLIGHT_LIMIT = timedelta(minutes=3)
"""How long an edition that is ready and due waits for the check before its sending."""

_TICKS_TOLD = 10
"""Ticks without which an alarm is raised; after three a worker rings in beat's place."""


def now() -> datetime:
    """Return the present moment; only the doors call this, everything within is told."""
    return datetime.now(UTC)


class CeleryRinger:
    """Rings over the broker."""

    def __init__(self, redis_url: str) -> None:
        """Prepare to ring over the broker at ``redis_url``."""
        self._celery = create_broker(redis_url)
        # Whoever rings has a reader or an admin waiting; a broker that is away is the tick's business.
        self._celery.conf.broker_transport_options = {
            **self._celery.conf.broker_transport_options,
            "max_retries": 0,
            "socket_timeout": 1,
            "socket_connect_timeout": 1,
        }

    def ring(self, bells: Iterable[Bell]) -> None:
        """Ring each bell; at the first that a broker does not hear, the rest are left to the tick."""
        for bell in bells:
            try:
                self._celery.send_task(bell.task, args=[] if bell.id is None else [bell.id], retry=False)
            except (OperationalError, OSError) as error:
                _log.warning("bell_unheard", task=bell.task, id=bell.id, error=str(error))
                return


class Services:
    """Made lazily, so that a process which forks opens its own connections after the fork."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; nothing is opened yet."""
        self.settings = settings
        self.closing = Closing()

    @cached_property
    def database(self) -> Database:
        """The database of this installation."""
        return Database(self.settings.database_url.get_secret_value())

    @cached_property
    def ringer(self) -> CeleryRinger:
        """The way to tell workers that there is work."""
        return CeleryRinger(self.settings.redis_url.get_secret_value())

    @cached_property
    def tokens(self) -> Tokens:
        """The signer of links."""
        return Tokens(self.settings.secret_key.get_secret_value())

    @cached_property
    def workshop(self) -> Workshop:
        """What editions are rendered with."""
        public_url = self.settings.public_url
        stationery = Stationery(self.settings.template_folders, public_url=public_url)
        return Workshop(stationery, public_url, self.tokens, section_wishes)

    @cached_property
    def gate(self) -> Gate:
        """How much mail strangers may make us send."""
        settings = self.settings
        return Gate(
            self.tokens,
            settings.sign_ups_per_network,
            settings.confirmations_per_hour,
            refuse_disposable=settings.refuse_disposable,
        )

    @cached_property
    def post(self) -> Post:
        """What mail goes out with: the relays, and who signs."""
        return self._post_over(self.settings.smtp_url.get_secret_value())

    @property
    def letter_post(self) -> Post:
        """The same for mail to one reader, which anybody can cause: over a relay of its own where there is one."""
        return self._own_letter_post or self.post

    @cached_property
    def _own_letter_post(self) -> Post | None:
        url = self.settings.confirmation_smtp_url.get_secret_value()
        return self._post_over(url) if url.strip() else None

    def _post_over(self, url: str) -> Post:
        relays = read_relays(url, insist_on_starttls=self.settings.smtp_starttls) if url.strip() else ()
        transport = SmtpTransport(relays) if relays else NoRelay()
        keys = read_keys(self.settings.dkim_keys)
        encoding = Encoding(self.settings.content_encoding)
        return Post(
            *(self.database, self.tokens, self.settings.public_url, transport, keys, encoding),
            inbound_domain=self.settings.inbound_domain,
        )

    @cached_property
    def desk(self) -> Desk:
        """What comes back by mail is handled with."""
        return Desk(self.gate, self.settings.inbound_domain, self.settings.bounce_limit)

    @cached_property
    def mailbox(self) -> Mailbox | None:
        """Where mail is fetched that comes back, besides LMTP; None for nowhere."""
        url = self.settings.imap_url.get_secret_value()
        return read_mailbox(url) if url.strip() and self.settings.inbound_domain else None

    @cached_property
    def ledger(self) -> Ledger:
        """Who may be mailed, what came of it, and whose task died."""
        settings = self.settings
        rules = LedgerRules(settings.lease_seconds, settings.uncertain_policy)
        return Ledger(self.database, self.journals, rules)

    @cached_property
    def journals(self) -> Journals:
        """Where tasks write down what they began."""
        if self.settings.journal == "redis":
            return RedisJournals(self.settings.redis_url.get_secret_value())
        return FileJournals(self.settings.journal_folder)

    @cached_property
    def way(self) -> Way:
        """How fast whom may be mailed, over all tasks."""
        settings, relays = self.settings, self.post.transport.relays
        shared = SharedThrottle(settings.redis_url.get_secret_value())
        throttle = Throttle(relays, read_limits(settings.operator_limits), self.pace.submitters, shared)
        asks_dns = settings.operator_grouping == "mx" and not all(relay.is_on_loopback for relay in relays)
        operators = Operators(settings.operator_dns) if asks_dns else KnownOperators()
        return Way(self.ledger, throttle, operators, self.pace.submitters)

    def check(self) -> None:
        """Make what can be made without connecting. Raises SettingsError naming what is missing or wrong."""
        made = (self.database, self.tokens, self.ringer, self.post, self.letter_post, self.way)
        assert all(made)
        assert self.desk or self.mailbox

    def close(self) -> None:
        """Close what was opened."""
        for name in ("post", "_own_letter_post"):
            if post := self.__dict__.get(name):
                post.transport.close()
        if "database" in self.__dict__:
            self.database.close()

    @cached_property
    def manners(self) -> PollManners:
        """How sources are polled."""
        # Our own pages may be fetched only while we serve the sample publication.
        own = [self.settings.public_url.rstrip("/")] if self.settings.sample else []
        policy = FetchPolicy.from_settings(self.settings, own)
        return PollManners(policy, self.settings.gather_interval, Robots(policy, now))

    @property
    def patience(self) -> Patience:
        """How long the watchdog waits before it raises an alarm."""
        return Patience(_TICKS_TOLD * self.settings.tick_interval, self.settings.delivery_lifetime)

    @property
    def pace(self) -> Pace:
        """How long an edition's steps may take."""
        return Pace(
            gather_limit=3 * self.settings.gather_timeout,
            delivery_lifetime=self.settings.delivery_lifetime,
            slicing=Slicing(self.settings.batch_size, self.settings.canary_size),
            recheck_limit=RECHECK_LIMIT,
            preflight_limit=PREFLIGHT_LIMIT,
        )
