"""What the tests of outputs share."""

from collections.abc import Iterator

import pytest

from regularize import i18n


@pytest.fixture
def bulgarian() -> Iterator[None]:
    """Speak Bulgarian, from the compiled catalogue that is committed."""
    before = i18n.language()
    i18n.use("bg")
    yield
    i18n.use(before)
