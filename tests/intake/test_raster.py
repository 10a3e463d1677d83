"""Pictures under a map: judged by the header, cut to the window, in the right place, small and the same."""

import io
import time
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from regularize import gdal_guard  # noqa: F401  before the engine
from regularize.errors import InputError
from regularize.intake import raster
from regularize.intake.apart import run_apart
from regularize.intake.worker import Limits, OverBudgetError

with warnings.catch_warnings():
    import rasterio
    from rasterio.transform import Affine, from_origin

# The engine's own arithmetic of places is called outdated by the package that it comes from.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
CRS = "EPSG:7801"
WEST, NORTH = 500_000.0, 4_700_200.0
SIDE_PX, PIXEL_M = 400, 0.5
WINDOW = (500_040.0, 4_700_040.0, 500_160.0, 4_700_160.0)
SPOT = (500_090.0, 4_700_110.0)  # the middle of a red square of 8 m


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut in this process: starting another takes longer than the cut."""
    monkeypatch.setattr(raster, "run_apart", lambda job, *arguments, **_limits: job(*arguments))


def picture(path: Path, *, turn_deg: float = 0.0, bands: int = 3, **about: Any) -> Path:
    """A green picture with a red square at SPOT."""
    dice = np.random.default_rng(7801)
    place = from_origin(WEST, NORTH, PIXEL_M, PIXEL_M) * Affine.rotation(turn_deg)
    pixels = dice.integers(90, 110, (bands, SIDE_PX, SIDE_PX)).astype(np.uint8)
    if bands >= 3:
        pixels[1] += 60
    column, row = (round(n) for n in ~place * SPOT)
    pixels[:, row - 8 : row + 8, column - 8 : column + 8] = 0
    pixels[0, row - 8 : row + 8, column - 8 : column + 8] = 230
    known = {"driver": "GTiff", "dtype": "uint8", "crs": CRS, "transform": place, **about}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, "w", width=SIDE_PX, height=SIDE_PX, count=bands, **known) as target:
            target.write(pixels.astype(known["dtype"]))
            target.update_tags(TIFFTAG_DATETIME="2025:07:14 11:22:33")
    return path


def decoded(content: bytes) -> np.ndarray:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGBA"))


def spot_of(made: raster.Underlay) -> tuple[float, float]:
    """Where the red square lies, in metres of the project, by the corners that the picture states."""
    pixels = decoded(made.content)[..., :3].astype(int)
    rows, columns = np.nonzero((pixels[..., 0] > 180) & (pixels[..., 1] < 60))
    south, west, north, east = made.bounds
    to_frame = Transformer.from_crs(4326, raster.MAP_FRAME, always_xy=True)
    (x0, y0), (x1, y1) = to_frame.transform(west, south), to_frame.transform(east, north)
    x = x0 + (x1 - x0) * (columns.mean() + 0.5) / pixels.shape[1]
    y = y1 - (y1 - y0) * (rows.mean() + 0.5) / pixels.shape[0]
    return Transformer.from_crs(raster.MAP_FRAME, CRS, always_xy=True).transform(x, y)


@pytest.mark.parametrize("turn_deg", [0.0, 20.0])
def test_the_picture_lies_where_the_ground_is(tmp_path: Path, here: None, turn_deg: float) -> None:
    made = raster.cut(picture(tmp_path / "o.tif", turn_deg=turn_deg), WINDOW, CRS)
    assert spot_of(made) == pytest.approx(SPOT, abs=PIXEL_M)
    assert made.ground_m == pytest.approx(PIXEL_M, rel=0.05)
    assert made.taken_on == date(2025, 7, 14)
    south, west, north, _east = made.bounds
    box = Transformer.from_crs(CRS, 4326, always_xy=True).transform(WINDOW[0], WINDOW[1])
    assert (west, south) == pytest.approx(box, abs=2e-5), "nothing beyond the window goes into the page"
    assert (north - south) * 111_100 == pytest.approx(120, abs=3)


def test_what_the_raster_does_not_cover_is_transparent(tmp_path: Path, here: None) -> None:
    file = picture(tmp_path / "o.tif", turn_deg=20.0)
    made = raster.cut(file, (WEST, NORTH - 200, WEST + 200, NORTH), CRS)
    alpha = decoded(made.content)[..., 3]
    assert made.media == "image/webp"
    assert set(np.unique(alpha)) == {0, 255}
    assert (alpha == 255).mean() == pytest.approx(made.covered)
    assert 0.5 < made.covered < 0.95
    whole = raster.cut(picture(tmp_path / "w.tif"), WINDOW, CRS)
    assert whole.covered == 1.0
    assert (decoded(whole.content)[..., 3] == 255).all()


def test_two_cuts_are_the_same_bytes_within_the_budget(tmp_path: Path, here: None) -> None:
    file = picture(tmp_path / "o.tif", tiled=True, compress="DEFLATE")
    free = raster.cut(file, WINDOW, CRS)
    small = raster.Budget(image_bytes=1_000, side_px=500)
    first, second = raster.cut(file, WINDOW, CRS, budget=small), raster.cut(file, WINDOW, CRS, budget=small)
    assert first == second
    assert len(first.content) <= 1_000 < len(free.content)
    assert decoded(first.content).shape[:2] == (first.height_px, first.width_px)
    assert spot_of(first) == pytest.approx(SPOT, abs=3.0)
    assert raster.cut(file, WINDOW, CRS, budget=raster.Budget(side_px=60)).width_px == 60
    with pytest.raises(InputError, match="as small as 10 bytes"):
        raster.cut(file, WINDOW, CRS, budget=raster.Budget(image_bytes=10))


def test_without_webp_it_is_jpeg_on_paper() -> None:
    colours, mask = np.full((3, 80, 120), 40, np.uint8), np.full((80, 120), 255, np.uint8)
    mask[:, :60] = 0
    content, media, size = raster.encoded(colours, mask, raster.Budget(), webp=False)
    assert (media, size) == ("image/jpeg", (120, 80))
    pixels = decoded(content)
    assert pixels[40, 10, :3].tolist() == pytest.approx([247, 248, 249], abs=4)
    assert pixels[40, 110, :3].tolist() == pytest.approx([40, 40, 40], abs=4)


@pytest.mark.parametrize(
    ("bands", "about"),
    [(1, {}), (4, {"photometric": "RGB", "alpha": "unspecified"}), (3, {"dtype": "uint16"})],
    ids=["grey", "infrared", "sixteen"],
)
def test_other_pictures_are_read_too(tmp_path: Path, here: None, bands: int, about: dict[str, Any]) -> None:
    made = raster.cut(picture(tmp_path / "o.tif", bands=bands, **about), WINDOW, CRS)
    pixels = decoded(made.content)
    assert made.covered == 1.0
    assert pixels[..., 0].max() - int(pixels[..., 0].min()) > 60, "the square stands out"


def test_a_system_that_is_not_stated_must_be_given(tmp_path: Path, here: None) -> None:
    file = picture(tmp_path / "o.tif", crs=None)
    with pytest.raises(InputError, match="does not say where it lies") as refused:
        raster.cut(file, WINDOW, CRS)
    assert "--underlay-crs" in refused.value.hint
    assert spot_of(raster.cut(file, WINDOW, CRS, declared=CRS)) == pytest.approx(SPOT, abs=PIXEL_M)
    with pytest.raises(InputError, match="no coordinate system"):
        raster.cut(file, WINDOW, CRS, declared="EPSG:nowhere")
    unplaced = picture(tmp_path / "p.png", driver="PNG", crs=None, transform=Affine.identity())
    with pytest.raises(InputError, match="does not say where it lies"):
        raster.cut(unplaced, WINDOW, CRS, declared=CRS)


def test_a_picture_of_elsewhere_or_of_heights_is_refused(tmp_path: Path, here: None) -> None:
    file = picture(tmp_path / "o.tif")
    with pytest.raises(InputError, match="covers nothing"):
        raster.cut(file, (510_000.0, 4_710_000.0, 510_100.0, 4_710_100.0), CRS)
    with pytest.raises(InputError, match="float32 is no picture"):
        raster.cut(picture(tmp_path / "h.tif", bands=1, dtype="float32"), WINDOW, CRS)
    with pytest.raises(InputError, match="no such file"):
        raster.cut(tmp_path / "none.tif", WINDOW, CRS)


def bomb(path: Path, side: int, **about: Any) -> Path:
    """A file that declares a huge picture and holds none of it."""
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8", crs=CRS,
        transform=from_origin(WEST, NORTH, 0.001, 0.001), SPARSE_OK="TRUE", BIGTIFF="YES", **about,
    ):  # fmt: skip
        pass
    return path


def test_bombs_are_refused_by_their_header(tmp_path: Path, here: None, monkeypatch: Any) -> None:
    declared = bomb(tmp_path / "a.tif", 1_000_000, tiled=True, blockxsize=8192, blockysize=8192)
    assert declared.stat().st_size < 2_000_000
    block = bomb(tmp_path / "b.tif", 30_000, tiled=True, blockxsize=16_384, blockysize=16_384)
    slow = bomb(tmp_path / "c.tif", 40_000, tiled=True)
    monkeypatch.setattr(raster, "_read", lambda *_: pytest.fail("it was decoded"))
    started = time.process_time()
    with pytest.raises(InputError, match="declares 1000000 million pixels"):
        raster.cut(declared, WINDOW, CRS)
    with pytest.raises(InputError, match="must be tiled"):
        raster.cut(block, WINDOW, CRS)
    with pytest.raises(InputError, match="would have to be decoded"):
        raster.cut(slow, (WEST, NORTH - 40, WEST + 40, NORTH), CRS)
    assert time.process_time() - started < 5


def test_a_chain_of_directories_that_bites_its_tail_ends(tmp_path: Path, here: None) -> None:
    file = picture(tmp_path / "o.tif")
    whole = bytearray(file.read_bytes())
    first = int.from_bytes(whole[4:8], "little")
    n_tags = int.from_bytes(whole[first : first + 2], "little")
    whole[first + 2 + 12 * n_tags : first + 6 + 12 * n_tags] = whole[4:8]
    file.write_bytes(bytes(whole))
    assert spot_of(raster.cut(file, WINDOW, CRS)) == pytest.approx(SPOT, abs=PIXEL_M)


VIRTUAL = (
    '<VRTDataset rasterXSize="400" rasterYSize="400"><SRS>EPSG:7801</SRS>'
    "<GeoTransform>500000,0.5,0,4700200,0,-0.5</GeoTransform>"
    '<VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
    '<SourceFilename relativeToVRT="1">canary.tif</SourceFilename></SimpleSource></VRTRasterBand>'
    "</VRTDataset>"
)
SERVICE = (
    '<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:9/${z}/${x}/${y}.png</ServerUrl></Service>'
    "<Projection>EPSG:3857</Projection><BandsCount>3</BandsCount></GDAL_WMS>"
)


@pytest.mark.parametrize("text", [VIRTUAL, SERVICE, "", "II*\0 and no more", "\x89PNG nothing"])
@pytest.mark.parametrize("ending", ["tif", "vrt", "jp2"])
def test_disguises_and_rubble_are_refused(tmp_path: Path, here: None, text: str, ending: str) -> None:
    picture(tmp_path / "canary.tif")
    file = tmp_path / f"ortho.{ending}"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="cannot be read as a GeoTIFF") as refused:
        raster.cut(file, WINDOW, CRS)
    assert str(tmp_path) not in refused.value.message


def endless() -> None:
    while True:
        pass


def greedy() -> int:
    return len(bytearray(4 * 2**30))


def refusing() -> None:
    raise InputError("words", hint="and a hint")


def test_the_process_is_killed_when_its_budget_is_spent(tmp_path: Path) -> None:
    little = Limits(cpu_s=1, memory_bytes=2**28, wall_s=3.0)
    with pytest.raises(OverBudgetError):
        run_apart(endless, limits=little)
    with pytest.raises(OverBudgetError):
        run_apart(greedy, limits=little)
    with pytest.raises(InputError, match="words") as refused:
        run_apart(refusing, limits=little)
    assert refused.value.hint == "and a hint"
    made = raster.cut(picture(tmp_path / "o.tif"), WINDOW, CRS)
    assert spot_of(made) == pytest.approx(SPOT, abs=PIXEL_M)


@pytest.mark.parametrize(
    "numbers",
    [
        ("0", "0", "0", "0", "500000", "4700200"),
        ("0.5", "0", "0", "0", "500000", "4700200"),
        ("0.5", "0", "0", "-0.5", "nan", "4700200"),
        ("1e308", "0", "0", "-1e308", "500000", "4700200"),
        ("1e-320", "0", "0", "-1e-320", "500000", "4700200"),
        ("9" * 400, "x", "", "-0.5", "500000", "4700200"),
    ],
)
def test_world_files_of_odd_numbers_are_refused(tmp_path: Path, here: None, numbers: tuple[str, ...]) -> None:
    """They are typed by people: whatever stands there, the refusal names the picture."""
    file = picture(tmp_path / "a.png", driver="PNG", crs=None, transform=None)
    for beside in tmp_path.glob("a.*xml"):
        beside.unlink()
    (tmp_path / "a.pgw").write_text("\n".join(numbers), encoding="ascii")
    with pytest.raises(InputError, match=r"a\.png"):
        raster.cut(file, WINDOW, CRS, declared=CRS)
