"""A grid of the user carries a local system over: NTv2 with a projection, or a pipeline of PROJ."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import shapely
from cad_files import village
from case_builders import AT
from small_grids import LOCAL, ntv2, to_local
from small_sources import BG, codes, write

from regularize import intake
from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake.known import Known


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shape = shapely.transform(shapely.box(*AT, AT[0] + 10, AT[1] + 10), to_local)
    return write(tmp_path / "сграда.shp", [shape], crs=None, ref=["a"])


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    folder = tmp_path / "мрежи на общината"
    folder.mkdir()
    (folder / "местна мрежа.gsb").write_bytes(ntv2())
    return folder / "местна мрежа.gsb"


def read(path: Path, bg: Pack, grid: Path, **options: Any) -> intake.Delivery:
    known = Known(grid=grid, control_points=options.pop("control_points", None))
    given = {"origin": "survey", "kind": "buildings", "layer": None, "project_crs": BG, "extent": bg.extent}
    return intake.read(path, pack=bg, known=known, **{**given, **options})


def test_a_grid_with_the_projection_of_the_system(house: Path, grid: Path, bg: Pack) -> None:
    done = read(house, bg, grid, crs=LOCAL)
    wanted = [AT[0], AT[1], AT[0] + 10, AT[1] + 10]
    assert done.frame.total_bounds == pytest.approx(wanted, abs=0.01)
    assert "GRID_USED" in codes(done)
    digest = hashlib.sha256(grid.read_bytes()).hexdigest()
    assert any(f"местна мрежа.gsb sha256={digest}" in note for note in done.source.notes)
    assert done.source.source_crs == "local system, by местна мрежа.gsb"


def test_a_pipeline_with_its_grid_beside_it(house: Path, grid: Path, bg: Pack) -> None:
    way = grid.with_name("път на PROJ.txt")
    text = f'# ours\n+proj=pipeline +step +inv {LOCAL}\n+step +proj=hgridshift +grids="{grid.name}"\n+step '
    project = (
        "+proj=lcc +lat_0=42.6678756833333 +lon_0=25.5 +lat_1=42 +lat_2=43.3333333333333 "
        "+x_0=500000 +y_0=4725824.3591 +ellps=GRS80"
    )
    way.write_text(text + project, encoding="utf-8")
    done = read(house, bg, way)
    assert done.frame.total_bounds == pytest.approx([AT[0], AT[1], AT[0] + 10, AT[1] + 10], abs=0.01)
    before = done.source.notes
    grid.write_bytes(ntv2(east=27.5))  # the hash is of the way and of what it leads through
    assert read(house, bg, way).source.notes != before


def test_beyond_the_grid_nothing_is_stored(house: Path, grid: Path, bg: Pack) -> None:
    grid.write_bytes(ntv2(south=43.0))
    with pytest.raises(InputError, match="1 of 1 features lie outside"):
        read(house, bg, grid, crs=LOCAL)


def test_an_old_cad_file_is_read_by_a_grid(tmp_path: Path, grid: Path, bg: Pack) -> None:
    east, north = to_local([AT])[0].tolist()
    cad = village(coordtype="1970, Балтийска, K3", reference=(east, north))
    done = read(
        cad.write(tmp_path / "a.cad"), bg, grid, crs=LOCAL, origin="cadastre", kind="parcels", encoding="mik"
    )
    assert len(done.frame) == 6
    assert done.frame.total_bounds[:2] == pytest.approx([AT[0] + 100, AT[1] + 200], abs=1.0)


@pytest.mark.parametrize(
    ("content", "crs", "said"),
    [
        (b"", None, "does not begin with"),
        (b"\x00\x01", LOCAL, "neither a grid"),
        (b"+proj=lcc +lat_1=42", None, "does not begin with"),
        ("път".encode("cp1251"), None, "UTF-8"),
        (b"+proj=pipeline +step +proj=nothing", None, "cannot be used as a grid"),
        (b"+proj=pipeline +step +proj=hgridshift +grids=no.gsb", None, "does not lie beside it"),
        (b"+proj=pipeline +step +proj=hgridshift +grids=../up.gsb", None, "does not lie beside it"),
        (b"NUM_OREC" + bytes(200), LOCAL, "."),
    ],
)
def test_what_is_no_grid_is_refused(
    content: bytes, crs: str | None, said: str, house: Path, grid: Path, bg: Pack
) -> None:
    grid.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read(house, bg, grid, crs=crs)


def test_contradictions_are_refused(house: Path, grid: Path, bg: Pack) -> None:
    with pytest.raises(OptionError, match="projection of the local system"):
        read(house, bg, grid)
    with pytest.raises(OptionError, match="exclude each other"):
        read(house, bg, grid, crs=LOCAL, control_points=house)
    grid.write_text("+proj=pipeline +step +proj=noop", encoding="utf-8")
    with pytest.raises(OptionError, match="exclude each other"):
        read(house, bg, grid, crs=LOCAL)
    with pytest.raises(InputError):
        read(house, bg, grid.with_name("няма.gsb"), crs=LOCAL)
