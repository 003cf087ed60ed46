"""A real IMAP server: Debian's Dovecot on loopback, with a configuration and one mailbox of its own."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
USER, PASSWORD = "paper", "a/pass@word:home"
_PATIENCE = 20
_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = {owner}
default_internal_group = {group}
default_login_user = {owner}
first_valid_uid = 1
mail_location = maildir:{folder}/Maildir
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{more}
"""


@dataclass(frozen=True)
class Mailbox:
    """A running server with one user."""

    port: int
    folder: Path

    def client(self) -> imaplib.IMAP4:
        """Return a connection that is logged in."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            client.login(USER, PASSWORD)
        except imaplib.IMAP4.error:
            client.shutdown()
            raise
        return client

    def put(self, octets: bytes) -> None:
        """Put a message into the inbox, unseen."""
        with self.client() as client:
            assert "OK" == client.append("INBOX", "", "", octets)[0]

    def subjects(self, folder: str = "INBOX", criterion: str = "ALL") -> list[str]:
        """Return the subjects of a folder's messages."""
        with self.client() as client:
            if client.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            numbers = client.search(None, criterion)[1][0].split()
            found = [client.fetch(each.decode(), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0] for each in numbers]
            return [each[1].decode().partition(":")[2].strip() for each in found if isinstance(each, tuple)]


@contextmanager
def open_dovecot(folder: Path, more: str = "") -> Iterator[Mailbox]:
    """Start a server, wait until it lets its user in, and end it. ``more`` are further settings."""
    assert PROGRAM is not None
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    (folder / "Maildir").mkdir(parents=True)
    for each in (folder, folder / "Maildir"):
        os.chown(each, owner.pw_uid, owner.pw_gid)
    for each in folder.parents:
        # The mailbox is read under another name than the tests', which must get there.
        mode = each.stat().st_mode
        if os.geteuid() == 0 and not mode & 0o001:
            each.chmod(mode | 0o001)
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder,
            port=port,
            password=PASSWORD,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            more=more,
            owner=owner.pw_name,
            group=grp.getgrgid(owner.pw_gid).gr_name,
        )
    )
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(configuration)])
    try:
        mailbox = Mailbox(port, folder)
        _wait(mailbox, process)
        yield mailbox
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _wait(mailbox: Mailbox, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            mailbox.client().logout()
        except (OSError, imaplib.IMAP4.error):
            log = mailbox.folder / "log"
            said = log.read_text() if log.exists() else ""
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
        else:
            return
