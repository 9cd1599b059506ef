"""`python -m examiner` is `examiner`."""

from examiner.cli import main

main()
