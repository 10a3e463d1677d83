"""Several ``.cad`` files of one settlement in one store: parts join, newer states replace older ones."""

from pathlib import Path

import pytest
from cad_files import Cad, box

from regularize.workflow import ingest, projects
from regularize.workflow.projects import Opened, store_of


@pytest.fixture
def project(tmp_path: Path) -> Opened:
    folder = tmp_path / "project"
    projects.start(folder, municipality="Долно", settlements=["00990"], country="bg", crs=None, language="bg")
    return projects.opened(folder)


def part(numbers: range, *, begin: str = "05.04.2019", wide: float = 20) -> Cad:
    cad = Cad()
    for number in numbers:
        cad.contour(2, f"501.{number}", box(100 + 40 * number, 200, wide, 20), begin=begin)
        cad.parcels.append(f'"501.{number}",1,3,5,1000,,"","12",{begin},')
    return cad


def live(project: Opened) -> dict[str, float]:
    with store_of(project) as store:
        frame = store.layer("parcels")
    assert frame["identifier"].is_unique
    return dict(zip(frame["identifier"], frame.area.round(1), strict=True))


def test_parts_join_and_their_common_border_counts_once(project: Opened, tmp_path: Path) -> None:
    for name, numbers in (("west", range(1, 5)), ("east", range(4, 8))):  # 501.4 is in both
        done = ingest.ingest(
            project,
            part(numbers).write(tmp_path / f"{name}.cad"),
            origin="cadastre",
            kind="parcels",
            dry_run=False,
        )
        assert (done.n_read, done.n_stored) == (4, 4)
    assert set(live(project)) == {f"00990.501.{n}" for n in range(1, 8)}


@pytest.mark.parametrize("newer_first", [False, True])
def test_the_later_state_holds_whichever_file_came_first(
    newer_first: bool, project: Opened, tmp_path: Path
) -> None:
    older = part(range(1, 4)).write(tmp_path / "older.cad")
    newer = part(range(3, 6), begin="06.05.2022", wide=25).write(tmp_path / "newer.cad")
    for path in (newer, older) if newer_first else (older, newer):
        ingest.ingest(project, path, origin="cadastre", kind="parcels", dry_run=False)
    areas = live(project)
    assert len(areas) == 5
    assert areas["00990.501.3"] == 500  # the state of 2022, not that of the file that was last
    assert areas["00990.501.1"] == 400
