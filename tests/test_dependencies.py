"""What we import is what we ask pip for."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions

from packaging.requirements import Requirement

SETTINGS = {
    "DATABASE_URL": "postgresql://127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "a-secret-only-for-tests-0123456789abcdef",
}

WITHOUT_EXTRAS = """
import json, sys
import kombu.transport.redis, psycopg, worker
from newsletter.cli.main import create_app
from newsletter.web.app import create_app as create_web
create_app()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def named(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(requirements: list[Requirement]) -> set[str]:
    """Return the distributions that pip installs for these, by name."""
    found: set[tuple[str, str]] = set()
    waiting = [(named(each.name), extra) for each in requirements for extra in ("", *each.extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for line in distribution(name).requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                waiting += [(named(needed.name), each) for each in ("", *needed.extras)]
    return {name for name, _ in found}


def test_every_import_is_a_dependency() -> None:
    """Installed without extras, the worker, the web and the command line find all that they import."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT_EXTRAS],
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        check=True,
    )
    owners = packages_distributions()
    imported = {named(owner) for module in json.loads(done.stdout) for owner in owners.get(module, [])[:1]}
    ours = [Requirement(line) for line in distribution("newsletter").requires or [] if "extra ==" not in line]
    # Ourselves, what is in every environment, and what SQLAlchemy and httpx only take where it is.
    assert imported - closure(ours) - {"newsletter", "pip", "setuptools", "greenlet", "brotli"} == set()
