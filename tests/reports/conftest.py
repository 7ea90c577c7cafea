"""An org that a whole class shares: its tests only read what the class's `records` fixture put there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crmlib.model.org import Org


@pytest.fixture(scope="class", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Iterator[Org]:
    """A fresh org without records, on each kind of database in turn."""
    new_database = request.getfixturevalue({"sqlite": "new_sqlite", "postgresql": "new_postgres"}[request.param])
    org = Org.open(new_database())
    yield org
    org.engine.dispose()
