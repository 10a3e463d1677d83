"""One warm parent for all tests of this folder that a worker runs."""

from collections.abc import Iterator

import pytest
from faults import Runner, running


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with running(tmp_path_factory.mktemp("faults")) as started:
        yield started
