"""The dossier's own Bulgarian catalogue, so that these tests need no merged one."""

from pathlib import Path

import pytest
from dossier_facts import speak_bulgarian

from regularize import i18n

CATALOGUE = i18n.LOCALE_DIR / "bg" / "LC_MESSAGES" / "dossier.po"


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speak_bulgarian(tmp_path_factory.mktemp("locale"), CATALOGUE)


@pytest.fixture
def bulgarian(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "LOCALE_DIR", catalogue)
