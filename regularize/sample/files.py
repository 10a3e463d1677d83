"""The sample as files: what the agency delivers, what a surveyor delivers, and the truth."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from regularize import gdal_guard  # noqa: F401  # isort: skip  # must close GDAL's doors before pyogrio opens them

import geopandas as gpd
import pandas as pd
import pyogrio

from regularize.sample import kais
from regularize.sample.neighbourhood import Neighbourhood, neighbourhood
from regularize.sample.settings import CRS, DEFAULT, SETTLEMENTS, Settings

_LDID_CP1251 = 0xC9
# Bulgarian names of the columns of the survey; a DBF field is cut to ten bytes.
_SURVEY_NAMES = {
    "ref": "ref",
    "building_use": "предназнач",
    "construction": "конструкци",
    "storeys": "етажи",
    "dwellings": "жилища",
    "plot_use": "ползване",
    "fence_type": "вид_ограда",
    "name": "име",
    "width_m": "ширина",
    "plan_kind": "вид_план",
}


@dataclass(frozen=True)
class Delivered:
    """One file of the sample and how it is ingested.

    Parameters
    ----------
    path : Path
    origin, kind : str
        As ``ingest`` takes them: ``cadastre``, ``survey`` or ``plan``; ``parcels`` ...
    sigma_m : float
    valid_from : date
    n : int
        Rows in the file, odd ones included.
    """

    path: Path
    origin: str
    kind: str
    sigma_m: float
    valid_from: date
    n: int


@dataclass(frozen=True)
class Sample:
    """A sample on disk: its files in the order to ingest them, its truth, and itself in memory."""

    folder: Path
    settlements: Path
    deliveries: tuple[Delivered, ...]
    truth_buildings: Path
    truth_plots: Path
    drawn: Neighbourhood


def generate(seed: int, folder: Path, *, settings: Settings = DEFAULT) -> Sample:
    """Write ``settlements.csv``, ``cadastre/``, ``surveys/`` and ``truth/`` into `folder`.

    Shapefiles are in cp1251 with the code page stated in the DBF and in a ``.cpg``; point lists
    are in cp1251 with CRLF. The same seed and settings give the same bytes.

    Parameters
    ----------
    seed : int
        ``SAMPLE_SEED`` is the one of the repository's ``data/``.
    folder : Path
        Made if missing; files of the same names are replaced.
    settings : Settings

    Returns
    -------
    Sample

    Examples
    --------
    >>> sample = generate(SAMPLE_SEED, Path("data"))
    >>> sample.deliveries[0].path.name
    'pozemleni_imoti.shp'
    """
    drawn = neighbourhood(seed, settings)
    cadastre, surveys, truth = (folder / name for name in ("cadastre", "surveys", "truth"))
    for path in (cadastre, surveys, truth):
        path.mkdir(parents=True, exist_ok=True)
    of_cadastre = drawn.streets["origin"] == "cadastre"
    register = (drawn.settings.register_sigma_m, drawn.settings.cadastre_on)
    survey = (drawn.settings.survey_sigma_m, drawn.settings.survey_on)
    layers: tuple[tuple[Path, str, str, gpd.GeoDataFrame, tuple[float, date]], ...] = (
        (cadastre / "pozemleni_imoti.shp", "cadastre", "parcels", kais.parcels(drawn.parcels), register),
        (cadastre / "sgradi.shp", "cadastre", "buildings", kais.buildings(drawn.buildings), register),
        (cadastre / "zemi.shp", "cadastre", "land", kais.land(drawn.land), register),
        (cadastre / "ulitsi.shp", "cadastre", "streets", _named(drawn.streets[of_cadastre]), register),
        (surveys / "zasneti_sgradi.shp", "survey", "buildings", _named(drawn.observed_buildings), survey),
        (surveys / "dvorove.shp", "survey", "plots", _named(drawn.plots), survey),
        (surveys / "ogradi.shp", "survey", "fences", _named(drawn.fences), survey),
        (surveys / "ulitsi.shp", "survey", "streets", _named(drawn.streets[~of_cadastre]), survey),
        (surveys / "raioni.shp", "survey", "areas", _named(drawn.areas), survey),
        (surveys / "chasti_plan.shp", "plan", "plan_parts", _named(drawn.plan_parts), survey),
    )
    deliveries = []
    for path, origin, kind, frame, (sigma_m, valid_from) in layers:
        if path.stem == "ulitsi" and frame.empty:
            continue  # mostly the cadastre shows no street of its own
        _write_shapefile(path, frame, valid_from)
        deliveries.append(Delivered(path, origin, kind, sigma_m, valid_from, len(frame)))
    points = surveys / "tochki.txt"
    _write_points(points, drawn.points)
    deliveries.append(Delivered(points, "survey", "points", *survey, len(drawn.points)))
    _write_table(truth / "buildings.csv", drawn.truth_buildings)
    _write_table(truth / "plots.csv", drawn.truth_plots)
    _write_table(truth / "odd_rows.csv", drawn.odd_rows)
    dx, dy = drawn.shift_m or (None, None)
    _write_table(truth / "shift.csv", pd.DataFrame([{"dx_m": dx, "dy_m": dy}]))
    settlements = folder / "settlements.csv"
    columns = ["code", "name", "easting", "northing"]
    _write_table(settlements, pd.DataFrame(SETTLEMENTS, columns=columns))
    return Sample(folder, settlements, tuple(deliveries), truth / "buildings.csv", truth / "plots.csv", drawn)


def _named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The columns that a surveyor delivers, under his names."""
    names = {name: delivered for name, delivered in _SURVEY_NAMES.items() if name in frame.columns}
    renamed = frame[[*names, "geometry"]].rename(columns=names)
    for count in {"етажи", "жилища"} & set(renamed.columns):
        renamed[count] = renamed[count].astype("int32")
    if frame["valid_from"].notna().all():
        renamed.insert(len(names), "дата", [day.strftime("%d.%m.%Y") for day in frame["valid_from"]])
    return renamed.set_geometry("geometry")


def _write_shapefile(path: Path, frame: gpd.GeoDataFrame, on: date) -> None:
    """Write a shapefile in cp1251 whose bytes do not depend on the day of writing."""
    for old in path.parent.glob(path.stem + ".*"):
        old.unlink()
    pyogrio.write_dataframe(
        frame.set_crs(CRS), path, driver="ESRI Shapefile", encoding="CP1251", layer_options={"RESIZE": "YES"}
    )
    table = path.with_suffix(".dbf")
    content = bytearray(table.read_bytes())
    content[1:4] = bytes((on.year - 1900, on.month, on.day))
    content[29] = _LDID_CP1251
    table.write_bytes(content)
    path.with_suffix(".cpg").write_bytes(b"1251")


def _write_points(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Number, northing, easting, height, code: the order in which instruments export."""
    lines = [
        f"{ref},{point.y:.3f},{point.x:.3f},{height:.2f},{code}"
        for ref, point, height, code in zip(
            frame["ref"], frame.geometry, frame["height_m"], frame["code"], strict=True
        )
    ]
    path.write_bytes("".join(line + "\r\n" for line in lines).encode("cp1251"))


def _write_table(path: Path, frame: pd.DataFrame) -> None:
    path.write_text(frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="\n")
