"""What the interviewer's tests ask about."""

import pytest

from examiner.vault.render import render


@pytest.fixture(scope="session")
def instance(vault):
    """A question with facts, numbers and mistakes."""
    return render(vault.family("kv-concurrency"), vault.tables, 1)
