"""``python -m newsletter`` is the command line."""

from newsletter.cli.main import main

main()
