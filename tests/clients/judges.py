"""Independent judges of our mail and pages: programs of others, each skipped by name where it is missing."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).parents[2] / ".ci" / "mail"
AXE = TOOLS / "node_modules/axe-core/axe.min.js"
NODE = shutil.which("node")
SPAMASSASSIN = shutil.which("spamassassin")

needs_node = pytest.mark.skipif(
    not (NODE and AXE.exists()), reason="needs Node, and `npm ci` in .ci/mail: see docs/preflight.md"
)
needs_spamassassin = pytest.mark.skipif(not SPAMASSASSIN, reason="needs Debian's spamassassin")


def judge(script: str, files: Mapping[str, bytes], folder: Path, *arguments: str) -> dict[str, Any]:
    """Return what a script of ``.ci/mail`` prints of files with these contents, by their names."""
    paths = {}
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content)
        paths[str(path)] = name
    assert NODE
    done = subprocess.run(
        [NODE, str(TOOLS / script), *arguments, *paths], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return {paths[path]: said for path, said in json.loads(done.stdout).items()}


def spam_scores(messages: Mapping[str, bytes], folder: Path) -> dict[str, tuple[float, str]]:
    """Return SpamAssassin's score of each message without a network, and the tests that led to it.

    It reads its rules once for all of them, and answers in their order.
    """
    assert SPAMASSASSIN
    paths = []
    for number, message in enumerate(messages.values()):
        paths.append(folder / f"{number:03}.eml")
        paths[-1].write_bytes(message)
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        [SPAMASSASSIN, "-L", "-t", *paths], capture_output=True, timeout=120, check=True, env=environment
    )
    folded = done.stdout.decode(errors="replace").replace("\n\t", " ")
    statuses = [line for line in folded.splitlines() if line.startswith("X-Spam-Status:")]
    return {name: (_score(status), status) for name, status in zip(messages, statuses, strict=True)}


def _score(status: str) -> float:
    found = re.search(r"score=(-?[0-9.]+)", status)
    assert found, status
    return float(found[1])


def faults_of(page: Any, axe: str) -> list[str]:
    """Return what axe-core calls serious or critical of an open page, as "rule: where"."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    answer = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return list(_grave(answer))


def _grave(violations: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for each in violations:
        if each["impact"] in {"serious", "critical"}:
            yield from (
                f"{each['id']}: {node['target']}: {node.get('failureSummary', '')}" for node in each["nodes"]
            )
