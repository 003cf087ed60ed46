"""A real mail server for tests: Debian's postfix on loopback, with folders of its own and nothing of the system's.

It keeps a small world: ``reader.example`` has Maildirs for those who are named, and takes mail for anybody else
there only to find that nobody is, so that a report comes back; ``paper.example`` is ours and goes to our LMTP
door; the rest of the world swallows everything.
"""

import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from tests.e2e.installation import PATIENCE, free_port

POSTFIX = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
OURS = "paper.example"
READERS = "reader.example"
_OWNER = "nobody"

needs_postfix = pytest.mark.skipif(
    not POSTFIX or os.geteuid() != 0,
    reason="needs Debian's postfix, and root, who alone may hand its queue to the user postfix",
)

_MAIN = """
compatibility_level = 3.6
myhostname = mx.{readers}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = /dev/stdout
smtputf8_enable = yes
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_reject_unlisted_recipient = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = none
message_size_limit = 10240000
append_dot_mydomain = no
alias_maps =
alias_database =
notify_classes =
fast_flush_domains =
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
default_transport = discard
relay_domains = {ours}
relay_transport = lmtp:inet:[127.0.0.1]:{lmtp_port}
virtual_mailbox_domains = {readers}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/etc/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""

# service type private unpriv chroot wakeup maxproc command (master(5)); what a queue without submission needs.
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
relay unix - - n - - smtp
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A mail server that is up: the port that it relays on, and the mail that it delivered."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """The relay, as SMTP_URL names it."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What postfix says it did."""
        return (self.folder / "log").read_text("utf-8", errors="replace")

    def mail_to(self, name: str, *, subject: str = "") -> list[EmailMessage]:
        """Return what is in the Maildir of ``name@reader.example``, oldest first, about a subject."""
        # Names in a Maildir begin with the moment of delivery.
        files = sorted((self.folder / "mail" / name / "new").glob("*"))
        read = [message_from_bytes(each.read_bytes(), policy=default) for each in files]
        return [each for each in read if isinstance(each, EmailMessage) and subject in str(each["Subject"])]

    def submit(self, message: EmailMessage, sender: str, *recipients: str) -> None:
        """Hand a message over under an envelope, as any other mail program would."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE) as session:
            session.send_message(message, sender, recipients)

    def wait_for_mail(self, name: str, *, subject: str = "") -> EmailMessage:
        """Return the first such message once it is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := self.mail_to(name, subject=subject):
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail to {name} about {subject!r}:\n{self.log}")


@contextmanager
def serving(lmtp_port: int, names: Sequence[str]) -> Iterator[Postfix]:
    """Run postfix for the length of the block; each of ``names`` has a Maildir at ``reader.example``."""
    # Not below pytest's folders, which nobody else may enter: postfix's own users must.
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    server = Postfix(free_port(), folder)
    _lay_out(server, lmtp_port, names)
    with (folder / "log").open("wb") as log:
        assert POSTFIX
        command = [POSTFIX, "-c", str(folder / "etc")]
        process = subprocess.Popen([*command, "start-fg"], stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_up(server, process)
            yield server
        finally:
            # The master leads a process group of its own: postfix's own command ends it with all its children.
            subprocess.run([*command, "stop"], stdout=log, stderr=subprocess.STDOUT, check=False)
            process.wait()
    shutil.rmtree(folder)


def _lay_out(server: Postfix, lmtp_port: int, names: Sequence[str]) -> None:
    folder, owner, keeper = server.folder, pwd.getpwnam("postfix"), pwd.getpwnam(_OWNER)
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir()
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    os.chown(folder / "mail", keeper.pw_uid, keeper.pw_gid)
    main = _MAIN.format(
        folder=folder, ours=OURS, readers=READERS, lmtp_port=lmtp_port, uid=keeper.pw_uid, gid=keeper.pw_gid
    )
    (folder / "etc/main.cf").write_text(main)
    (folder / "etc/master.cf").write_text(_MASTER.format(port=server.port))
    (folder / "etc/mailboxes").write_text("".join(f"{name}@{READERS} {name}/\n" for name in names))


def _wait_until_up(server: Postfix, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5) as opened:
            if opened.recv(4) == b"220 ":
                return
        time.sleep(0.1)
    raise AssertionError(f"postfix did not start:\n{server.log}")
