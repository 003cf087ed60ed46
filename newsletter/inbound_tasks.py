"""The tasks of what comes back; ``tasks`` gives them their names."""

from newsletter.inbound.door.handling import handle_mail
from newsletter.inbound.door.imap import poll_mailbox
from newsletter.services import Services, now


def handle_inbound(services: Services, mail_id: int) -> None:
    """Do what a message asks for that came back, or take in what it reports."""
    services.ringer.ring(handle_mail(services.database, services.desk, mail_id, now()))


def poll_inbox(services: Services) -> None:
    """Take in what lies for us in the mailbox of IMAP_URL."""
    if services.mailbox is not None:
        domain = services.settings.inbound_domain
        services.ringer.ring(poll_mailbox(services.database, services.mailbox, domain, now))
