"""A picture of the ground to lie under a map: judged by its header, cut to the area, in the map's frame.

An orthophoto is the largest file of a project, and a file of one kilobyte can declare a million
million pixels. So the header alone decides whether anything is decoded, only pictures of four plain
formats are opened, and the decoding is done in a process that can be killed.
"""

import math
import warnings
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regularize import gdal_guard  # noqa: F401  closes doors before an engine is loaded
from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.apart import run_apart
from regularize.intake.worker import Limits, OverBudgetError

# How files begin that hold their pixels themselves; a virtual raster only points elsewhere.
SIGNATURES = {
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "GTiff"),
    **dict.fromkeys((b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"), "JP2OpenJPEG"),
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
}
MAP_FRAME = "EPSG:3857"  # in which pages and Leaflet lay a picture between two corners
# An image of a whole oblast at 10 cm has fewer pixels than this.
MOST_PIXELS = 200_000_000_000
MOST_DECODED = 600_000_000
MOST_BLOCK_BYTES = 256 * 2**20
LIMITS = Limits(cpu_s=120, memory_bytes=3 * 2**30, wall_s=240.0)
QUALITIES = (80, 68, 56)
_SMALLER, _SMALLEST_PX = 0.8, 64
_SPREAD = (1.0, 99.0)  # of a picture with more than 8 bits, in per cent
_EIGHT_BIT = 255
_PAPER = (247, 248, 249)  # where a format knows no transparency
_TAG_DATE = "TIFFTAG_DATETIME"
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Budget:
    """What a picture under a map may cost.

    Parameters
    ----------
    image_bytes : int
        Of the picture as it stands in the page.
    side_px : int
        Its longer side.
    """

    image_bytes: int = 2_000_000
    side_px: int = 3_000


@dataclass(frozen=True)
class Underlay:
    """A picture in the frame of the map.

    Parameters
    ----------
    content : bytes
    media : str
        ``image/webp``, or ``image/jpeg`` where the engine writes no WebP.
    bounds : tuple of float
        South, west, north, east in degrees; between them the picture lies straight in Web Mercator.
    ground_m : float
        Size of a pixel on the ground.
    covered : float
        Share of the window that the raster covers.
    taken_on : date, optional
        As the header states it.
    """

    content: bytes
    media: str
    bounds: tuple[float, float, float, float]
    width_px: int
    height_px: int
    ground_m: float
    covered: float
    taken_on: date | None = None


def cut(
    path: Path,
    window: tuple[float, float, float, float],
    crs: str,
    *,
    declared: str | None = None,
    budget: Budget = Budget(),
) -> Underlay:
    """The part of a raster within a window, as a picture of bounded size.

    Parameters
    ----------
    path : Path
        GeoTIFF, JPEG 2000, PNG or JPEG; the latter two with a world file beside them.
    window : tuple of float
        West, south, east, north in `crs`.
    crs : str
        The project's.
    declared : str, optional
        CRS of the raster, where its header states none.
    budget : Budget

    Raises
    ------
    InputError
        If it is no such raster, does not say where it lies, lies elsewhere, or is too large to decode.
    """
    if not path.is_file():
        raise InputError(
            _("{file}: no such file").format(file=path),
            hint=_("give a local GeoTIFF: regularize map build --underlay FILE.tif"),
        )
    file = str(path.resolve())
    try:
        made: Underlay = run_apart(_cut, file, path.name, window, crs, declared, budget, limits=LIMITS)
    except OverBudgetError as error:
        raise InputError(
            _("{file}: the raster could not be decoded within {seconds} s and {size} GB").format(
                file=path.name, seconds=LIMITS.cpu_s, size=LIMITS.memory_bytes // 2**30
            ),
            hint=_("cut it to the area in QGIS, and give the cut file"),
        ) from error
    return made


def _cut(file: str, name: str, window: Box, crs: str, declared: str | None, budget: Budget) -> Underlay:
    import rasterio
    from rasterio._err import CPLE_BaseError

    # What numbers raise that contradict each other, and what the engine lets through as its own.
    broken = (OSError, ValueError, ArithmeticError, rasterio.errors.RasterioError, CPLE_BaseError)
    with rasterio.Env(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what an engine has to say of a file is told in our words
        try:
            with Path(file).open("rb") as stream:
                start = stream.read(12)
            driver = next((name for mark, name in SIGNATURES.items() if start.startswith(mark)), "none")
            with rasterio.open(file, driver=driver) as source:
                return _picture(source, name, window, crs, declared, budget)
        except broken as error:
            # The engine's own words name folders, so they stay behind.
            raise InputError(
                _("{file}: it cannot be read as a GeoTIFF, JPEG 2000, PNG or JPEG").format(file=name),
                hint=_("save it as GeoTIFF in QGIS: Raster, Conversion, Translate"),
            ) from error


def _picture(
    source: Any,
    name: str,
    window: tuple[float, float, float, float],
    crs: str,
    declared: str | None,
    budget: Budget,
) -> Underlay:
    from rasterio.transform import from_bounds
    from rasterio.warp import Resampling, reproject, transform_bounds

    frame = _judged(source, name, declared)
    box = transform_bounds(crs, MAP_FRAME, *window, densify_pts=21)
    part = _source_window(source, frame, name, window, crs)
    native = _native(source, frame, part)
    pixel = max(native, (box[2] - box[0]) / budget.side_px, (box[3] - box[1]) / budget.side_px)
    width = max(1, math.ceil((box[2] - box[0]) / pixel))
    height = max(1, math.ceil((box[3] - box[1]) / pixel))
    factor = max(1.0, pixel / native)
    _affordable(source, name, part, factor)
    colours, mask, placed = _read(source, part, factor)
    target = from_bounds(*box, width, height)
    made = np.zeros((3, height, width), dtype=np.uint8)
    seen = np.zeros((height, width), dtype=np.uint8)
    about = {"src_transform": placed, "src_crs": frame, "dst_transform": target, "dst_crs": MAP_FRAME}
    for band in range(3):
        reproject(colours[band], made[band], resampling=Resampling.bilinear, num_threads=1, **about)
    reproject(mask, seen, resampling=Resampling.nearest, num_threads=1, **about)
    seen[seen > 0] = _EIGHT_BIT
    made[:, seen == 0] = 0
    if not seen.any():
        raise _elsewhere(name)
    west, south, east, north = transform_bounds(MAP_FRAME, "EPSG:4326", *box)
    content, media, (width, height) = encoded(made, seen, budget)
    latitude = math.radians((south + north) / 2)
    return Underlay(
        content,
        media,
        (south, west, north, east),
        width,
        height,
        ground_m=(box[2] - box[0]) / width * math.cos(latitude),
        covered=float((seen > 0).mean()),
        taken_on=_stated_date(source),
    )


def _judged(source: Any, name: str, declared: str | None) -> Any:
    """The CRS of a raster whose header holds nothing against decoding it.

    Raises InputError.
    """
    from rasterio.crs import CRS

    if source.width * source.height > MOST_PIXELS:
        raise InputError(
            _("{file}: the header declares {n} million pixels; at most {most} million are opened").format(
                file=name, n=source.width * source.height // 10**6, most=MOST_PIXELS // 10**6
            ),
            hint=_("cut it to the area in QGIS, and give the cut file"),
        )
    whole = source.driver in {"PNG", "JPEG"}  # they are decoded from the first row on
    for rows, columns in [(source.height, source.width)] if whole else source.block_shapes:
        size = rows * columns * source.count * np.dtype(source.dtypes[0]).itemsize
        # JPEG 2000 decodes parts of its tiles, so their size says little there.
        if source.driver != "JP2OpenJPEG" and size > MOST_BLOCK_BYTES * (4 if whole else 1):
            raise InputError(
                _("{file}: a block of the raster holds {size} MB; it must be tiled").format(
                    file=name, size=size // 2**20
                ),
                hint=_("save it as a tiled GeoTIFF: QGIS, Translate, TILED=YES"),
            )
    if any(kind not in {"uint8", "uint16"} for kind in source.dtypes):
        raise InputError(
            _("{file}: {kind} is no picture: 8 or 16 bits a band are needed").format(
                file=name, kind=source.dtypes[0]
            ),
            hint=_("give the orthophoto, not an elevation model"),
        )
    frame = source.crs
    if frame is None and declared:
        try:
            frame = CRS.from_user_input(declared)
        except ValueError as error:
            raise InputError(
                _("{crs} is no coordinate system").format(crs=declared), hint="--underlay-crs EPSG:7801"
            ) from error
    place = source.transform
    if frame is None or place.is_identity or not np.isfinite(place[:6]).all() or place.is_degenerate:
        raise InputError(
            _("{file}: the raster does not say where it lies").format(file=name),
            hint=_("state its system: --underlay-crs EPSG:7801; a PNG or JPEG needs its world file too"),
        )
    return frame


def _source_window(source: Any, frame: Any, name: str, window: Box, crs: str) -> Any:
    """The pixels of the raster that the window needs, some more around them for the resampling."""
    from rasterio.warp import transform_bounds
    from rasterio.windows import Window

    box = transform_bounds(crs, frame, *window, densify_pts=21)
    corners = [~source.transform * (x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    columns, rows = [c for c, _r in corners], [r for _c, r in corners]
    if not np.isfinite([*columns, *rows]).all():
        raise _elsewhere(name)
    left, right = max(0, math.floor(min(columns)) - 4), min(source.width, math.ceil(max(columns)) + 4)
    top, bottom = max(0, math.floor(min(rows)) - 4), min(source.height, math.ceil(max(rows)) + 4)
    if left >= right or top >= bottom:
        raise _elsewhere(name)
    return Window(left, top, right - left, bottom - top)


def _elsewhere(name: str) -> InputError:
    return InputError(
        _("{file}: the raster covers nothing of the area").format(file=name),
        hint=_("look at both in QGIS; if its system is stated wrongly, save it anew with the right one"),
    )


def _native(source: Any, frame: Any, part: Any) -> float:
    """Size of a pixel of the raster in the frame of the map."""
    from rasterio.warp import transform

    column, row = part.col_off + part.width / 2, part.row_off + part.height / 2
    places = [source.transform * (column + dx, row + dy) for dx, dy in ((0, 0), (1, 0), (0, 1))]
    xs, ys = transform(frame, MAP_FRAME, [x for x, _y in places], [y for _x, y in places])
    return min(math.hypot(xs[i] - xs[0], ys[i] - ys[0]) for i in (1, 2))


def _affordable(source: Any, name: str, part: Any, factor: float) -> None:
    """Refuse a window whose decoding would take too long: no overview is near the wanted size."""
    level = max((n for n in source.overviews(1) if n <= factor), default=1)
    pixels = int(part.width * part.height / level**2)
    if pixels > MOST_DECODED:
        raise InputError(
            _("{file}: {n} million pixels would have to be decoded; at most {most} million are").format(
                file=name, n=pixels // 10**6, most=MOST_DECODED // 10**6
            ),
            hint=_("draw a part of the place (--area NAME), or give the file overviews: QGIS, Pyramids"),
        )


def _read(source: Any, part: Any, factor: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Any]:
    """Red, green and blue of the window at about the wanted size, the mask, and where they lie."""
    from rasterio.enums import ColorInterp, Resampling

    shape = (max(1, round(part.height / factor)), max(1, round(part.width / factor)))
    kinds = list(source.colorinterp)
    inks = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    about = {"window": part, "out_shape": shape}
    if kinds[0] == ColorInterp.palette:
        # Numbers of colours have no mean: the nearest one stands.
        index = source.read(1, resampling=Resampling.nearest, **about)
        table = np.zeros((_EIGHT_BIT + 1, 4), dtype=np.uint8)
        for number, colour in source.colormap(1).items():
            if number <= _EIGHT_BIT:
                table[number] = colour
        colours = np.moveaxis(table[np.minimum(index, _EIGHT_BIT)][..., :3], 2, 0)
    else:
        bands = [kinds.index(ink) + 1 for ink in inks] if set(inks) <= set(kinds) else [1, 2, 3]
        if source.count < len(bands):
            bands = [1, 1, 1]
        colours = source.read(bands, resampling=Resampling.average, **about)
    mask = source.dataset_mask(window=part, out_shape=shape, resampling=Resampling.nearest)
    placed = source.window_transform(part) * source.transform.scale(
        part.width / shape[1], part.height / shape[0]
    )
    return np.ascontiguousarray(_eight_bits(colours, mask)), np.ascontiguousarray(mask, np.uint8), placed


def _eight_bits(colours: NDArray[Any], mask: NDArray[Any]) -> NDArray[np.uint8]:
    if colours.dtype == np.uint8:
        return colours
    known = colours[:, mask > 0]
    low, high = np.percentile(known, _SPREAD) if known.size else (0.0, 1.0)
    spread = (colours.astype(np.float64) - low) / max(high - low, 1.0)
    return np.rint(np.clip(spread, 0.0, 1.0) * _EIGHT_BIT).astype(np.uint8)


def encoded(
    colours: NDArray[np.uint8], mask: NDArray[np.uint8], budget: Budget, *, webp: bool | None = None
) -> tuple[bytes, str, tuple[int, int]]:
    """A picture of at most the budgeted bytes, its media type, its width and height.

    Parameters
    ----------
    colours, mask : array (3, height, width) and (height, width)
        The mask is 0 where nothing is known: transparent, or the paper's colour in JPEG.
    webp : bool, optional
        Whether the engine writes WebP; it is asked by default.
    """
    import rasterio

    if webp is None:
        with rasterio.Env() as engine:
            webp = "WEBP" in engine.drivers()
    while True:
        for quality in QUALITIES:
            content = _written(colours, mask, quality, webp=webp)
            if len(content) <= budget.image_bytes:
                size = (colours.shape[2], colours.shape[1])
                return content, "image/webp" if webp else "image/jpeg", size
        if max(colours.shape[1:]) <= _SMALLEST_PX:
            raise InputError(_("no picture is as small as {n} bytes").format(n=budget.image_bytes))
        colours, mask = _shrunk(colours, _SMALLER), _shrunk(mask[None], _SMALLER)[0]


def _written(colours: NDArray[np.uint8], mask: NDArray[np.uint8], quality: int, *, webp: bool) -> bytes:
    from rasterio.io import MemoryFile

    bands = np.concatenate([colours, mask[None]])
    if not webp:
        paper = np.array(_PAPER, dtype=np.uint8)[:, None, None]
        bands = np.where(mask == 0, paper, colours)
    elif mask.all():
        bands = colours
    about = {"width": bands.shape[2], "height": bands.shape[1], "count": len(bands), "dtype": "uint8"}
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore")  # that a bare picture has no place on the earth is as wanted
        with memory.open(driver="WEBP" if webp else "JPEG", QUALITY=str(quality), **about) as target:
            target.write(bands)
        return bytes(memory.read())


def _shrunk(bands: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """The picture with fewer pixels, each the mean of what it stands for (the mask: the nearest)."""
    height, width = (max(1, round(n * factor)) for n in bands.shape[1:])
    rows = np.minimum((np.arange(height) + 0.5) / factor, bands.shape[1] - 1).astype(np.int64)
    columns = np.minimum((np.arange(width) + 0.5) / factor, bands.shape[2] - 1).astype(np.int64)
    return np.ascontiguousarray(bands[:, rows][:, :, columns])


def _stated_date(source: Any) -> date | None:
    text = str(source.tags().get(_TAG_DATE, ""))
    try:
        return datetime.strptime(text[:10], "%Y:%m:%d").date()  # noqa: DTZ007  a civil date without a clock
    except ValueError:
        return None
