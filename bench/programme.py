"""The rows of each table: who submits how many messages to which relays."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from bench.contenders import CONNECTIONS, Absentee, Contender, Pipeline, Program
from bench.relays import FAR, FAST, ONE, SECURE, SMTP_SINK, TWO, Kind
from newsletter.config import Settings

OURS = "this pipeline, 2 × 8"
SOURCE_ONE, SOURCE_TWO = "smtp-source, 1 × 8", "smtp-source, 2 × 8"
SMTPLIB = "smtplib, connections reused, ready messages, 2 × 8"
COMPOSED = "`EmailMessage` for each reader, smtplib reused, 2 × 8"
NODEMAILER_RAW = "nodemailer, pooled, ready messages, 2 × 8"
NODEMAILER = "nodemailer, pooled, text and HTML for each reader, 2 × 8"
SERIAL, PIPELINED, BY_BDAT = "`pipelining=no`", "PIPELINING (the default)", "CHUNKING, `chunks=8`"
PLAIN, TLS, RSA = "no TLS, no DKIM", "STARTTLS", "DKIM, RSA of 2,048 bits"

_SMALL_BATCHES = MappingProxyType({"BATCH_SIZE": "250"})
"""Where a run is short, both workers must have work until its end."""

_SMALL = 200
"""Messages of the smallest run that says anything."""


def peers(readers: int, folder: Path) -> list[Contender]:
    """Return the pipeline and everybody it is compared with. Slow contenders send fewer messages."""
    rows: list[Contender] = []
    for kind in (FAST, ONE, TWO):
        for name, processes in ((SOURCE_ONE, 1), (SOURCE_TWO, 2)):
            if kind is not TWO or processes == kind.count:
                rows.append(_source(name, kind, readers, processes))
        rows.append(Pipeline(OURS, kind, readers))
    for kind in (FAST, ONE):
        rows.append(_python(SMTPLIB, kind, _part(readers, 4), "smtplib_reused"))
        rows += _nodemailer(kind, readers, folder)
    rows.append(_python(COMPOSED, FAST, _part(readers, 20), "composed"))
    return [_possible(row) for row in rows]


def sizes(counts: list[int]) -> list[Contender]:
    """Return the pipeline with editions of these sizes."""
    return [Pipeline(f"{count:,} readers", FAST, count) for count in counts]


def manners(readers: int, folder: Path) -> list[Contender]:
    """Return the pipeline with what a relay may ask for: protection, signatures, patience."""
    rows: list[Contender] = [
        Pipeline(PLAIN, FAST, readers),
        Pipeline(TLS, SECURE, readers, "verify=no"),
        Pipeline(SERIAL, FAR, _part(readers, 10), "pipelining=no", _SMALL_BATCHES),
        Pipeline(PIPELINED, FAR, _part(readers, 4), "", _SMALL_BATCHES),
        Pipeline(BY_BDAT, FAR, readers, "chunks=8", _SMALL_BATCHES),
    ]
    if "dkim_keys" not in Settings.model_fields:
        return [*rows, Absentee(RSA, FAST, "this version signs nothing")]
    key = folder / "dkim.pem"
    made = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key)]
    subprocess.run(made, check=True, capture_output=True)
    names_key = {"DKIM_KEYS": f"bench._domainkey.lantern.example={key}"}
    return [*rows, Pipeline(RSA, FAST, _part(readers, 2), environment=names_key)]


def _part(readers: int, divisor: int) -> int:
    return max(readers // divisor, min(readers, _SMALL))


def _source(name: str, kind: Kind, messages: int, processes: int) -> Program:
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/lib/postfix:/usr/local/sbin") or "smtp-source"
    words = (program, "-d", "-s", str(CONNECTIONS), "-l", "{size}", "-m", "{messages}", "127.0.0.1:{port}")
    return Program(name, kind, messages, words, processes)


def _python(name: str, kind: Kind, messages: int, module: str) -> Program:
    words = (sys.executable, "-m", f"bench.peers.{module}", "{port}", "{folder}", "{messages}", str(CONNECTIONS))
    return Program(name, kind, messages, words)


def _nodemailer(kind: Kind, readers: int, folder: Path) -> list[Contender]:
    raw = Program(NODEMAILER_RAW, kind, _part(readers, 5), ())
    composed = Program(NODEMAILER, kind, _part(readers, 20), ())
    reason = _install_nodemailer(folder / "node")
    if reason:
        return [Absentee(row.name, kind, reason) for row in (raw, composed)]
    script, module = str(Path(__file__).parent / "peers" / "nodemailer.mjs"), str(folder / "node")
    common = ("node", script, module, "{port}", "{folder}", "{messages}", str(CONNECTIONS))
    return [replace(raw, words=(*common, "raw")), replace(composed, words=(*common, "composed"))]


def _install_nodemailer(folder: Path) -> str:
    """Install nodemailer where it is gone after the run; return why that cannot be done, or nothing."""
    if (folder / "node_modules" / "nodemailer").exists():
        return ""
    if not (shutil.which("npm") and shutil.which("node")):
        return "node or npm is not installed"
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    words = ["npm", "install", "--no-audit", "--no-fund", "--silent", "nodemailer"]
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return "npm did not answer"
    return "" if done.returncode == 0 else "npm could not install it"


def _possible(row: Contender) -> Contender:
    if row.kind.postfix and not SMTP_SINK:
        return Absentee(row.name, row.kind, "smtp-sink is not installed (Debian: postfix)")
    return row
