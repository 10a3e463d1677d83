"""An invented home in an invented neighbourhood, for the tests of what is printed.

The settlement code 00001 is nobody's; names, numbers and coordinates are made up.
"""

from datetime import date
from typing import Any

import geopandas as gpd
import shapely

from regularize.countries import load
from regularize.model import Finding, Grade, Home, Measure
from regularize.plan.facts import home_facts
from regularize.publish.scene import home_scene
from regularize.publish.situation import Scene

EAST, NORTH = 412_300.0, 4_701_200.0
CRS = "EPSG:7801"

WORDS = {
    "reason.FOOTPRINT_LARGER": {
        "bg": "Заснетият контур излиза извън сградата по регистъра.",
        "en": "The surveyed outline reaches beyond the registered building.",
    },
    "reason.PLOT_IN_PARCEL": {
        "bg": "Ползваният двор е обособена част от по-голям поземлен имот.",
        "en": "The plot as occupied is a separate part of a larger parcel.",
    },
    "measure.area_survey_m2": {"bg": "площ по заснемане", "en": "area by survey"},
    "measure.area_register_m2": {"bg": "площ по регистър", "en": "area by register"},
    "measure.overlap_ratio": {"bg": "дял на припокриване", "en": "share of overlap"},
    "measure.share_of_parcel": {"bg": "дял от имота", "en": "share of parcel"},
}


def labels(key: str, lang: str) -> str:
    """The Bulgarian pack's labels, with words for the invented reasons and measures."""
    return WORDS[key][lang] if key in WORDS else load("bg").label(key, lang)


def at(*corners: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(EAST + x, NORTH + y) for x, y in corners])


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return at((x, y), (x + width, y), (x + width, y + height), (x, y + height))


REGISTER = at((4, 6), (13.2, 6.4), (12.85, 14.6), (3.65, 14.2))
SURVEY = at((4.1, 6.1), (13.3, 6.5), (13.2, 8.9), (17.6, 9.1), (17.35, 14.8), (3.75, 14.25))
PLOT = at((0, 0), (20, 0.6), (19.4, 22.5), (-0.4, 22))
PARCEL = at((0, -0.2), (38, 1.0), (36.8, 23.2), (-0.6, 22.0))


AROUND = (
    [(-0.6, 22.0), (17.6, 22.58), (17.0, 44), (-1.2, 43)],
    [(17.6, 22.58), (36.8, 23.2), (36.2, 45), (17.0, 44)],
    [(36.8, 23.2), (58, 24), (57.5, 46), (36.2, 45)],
    [(-22, 21.4), (-0.6, 22.0), (-1.2, 43), (-22.6, 42)],
    [(-21.6, -0.9), (0, -0.2), (-0.6, 22.0), (-22, 21.4)],
    [(38, 1.0), (58.6, 1.6), (58, 24), (36.8, 23.2)],
)


def frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    common = {
        "sigma_m": 0.1,
        "source": "измерване",
        "valid_from": date(2026, 5, 12),
        "ref": None,
        "identifier": None,
    }
    return gpd.GeoDataFrame(
        [{"fid": i + 1, **common, **row} for i, row in enumerate(rows)], geometry="geometry", crs=CRS
    )


def parcels() -> gpd.GeoDataFrame:
    known = {"ownership_kind": "4", "territory_purpose": "1", "land_use_code": "1000", "sigma_m": 0.2}
    around = [at(*corners) for corners in AROUND]
    rows = [{"identifier": "00001.501.230", "geometry": PARCEL, "area_register_m2": 840.0}]
    rows += [
        {"identifier": f"00001.501.{231 + i}", "geometry": g, "area_register_m2": None}
        for i, g in enumerate(around)
    ]
    return frame([{**known, **row} for row in rows])


def neighbours() -> gpd.GeoDataFrame:
    rows = [{"identifier": "00001.501.230.1", "geometry": REGISTER, "area_register_m2": 76.0, "sigma_m": 0.2}]
    rows += [
        {
            "identifier": f"00001.501.{230 + i}.1",
            "geometry": box(x, y, 8 + i % 3, 7),
            "area_register_m2": None,
        }
        for i, (x, y) in enumerate(
            [(-15, 30), (4, 29), (24, 31), (42, 27), (-14, 5), (26, 5), (46, 6)], start=1
        )
    ]
    return frame([{"storeys": 1, "dwellings": 1, **row} for row in rows])


def observed() -> gpd.GeoDataFrame:
    rows = [{"ref": "Т-17", "geometry": SURVEY, "sigma_m": 0.05}]
    rows += [
        {"ref": f"Т-{20 + i}", "geometry": box(x, y, 4, 3.5)}
        for i, (x, y) in enumerate([(24, 16), (31, 4), (-8, 16)])
    ]
    return frame([{"storeys": 1, "dwellings": 1, **row} for row in rows])


def streets() -> gpd.GeoDataFrame:
    return frame(
        [
            {"name": "ул. „Лозен“", "width_m": 6.0, "geometry": box(-40, -7.5, 120, 6)},
            {"name": "ул. „Първа роза“", "width_m": 5.0, "geometry": box(60, -40, 5, 120)},
        ]
    )


def plots() -> gpd.GeoDataFrame:
    return frame([{"ref": "Д-17", "plot_use": "двор", "geometry": PLOT}])


def land() -> gpd.GeoDataFrame:
    return frame(
        [
            {
                "land_owner_category": "municipal_private",
                "territory_purpose": "1",
                "land_use_code": "1000",
                "geometry": box(-60, -60, 200, 200),
            }
        ]
    )


def home() -> Home:
    return Home("T-00001-7", "00001", SURVEY, (1,), (1,), (1,), date(2026, 5, 12))


def findings() -> list[Finding]:
    return [
        Finding(
            "building",
            "extended",
            SURVEY,
            (1,),
            (1,),
            ("Т-17",),
            ("00001.501.230.1",),
            ("FOOTPRINT_LARGER",),
            {
                "area_survey_m2": Measure(SURVEY.area, 0.7, "m2"),
                "area_register_m2": Measure(REGISTER.area, 2.4, "m2"),
                "overlap_ratio": Measure(0.718, 0.02, "1"),
            },
            0.96,
            Grade.A,
            id="B-12",
            home="T-00001-7",
        ),
        Finding(
            "plot",
            "informal_subdivision",
            PLOT,
            (1,),
            (1,),
            ("Д-17",),
            ("00001.501.230",),
            ("PLOT_IN_PARCEL",),
            {"share_of_parcel": Measure(0.52, 0.01, "1")},
            0.81,
            Grade.B,
            id="P-4",
            home="T-00001-7",
        ),
    ]


def scene(boundary: list[dict[str, Any]]) -> Scene:
    return home_scene(
        register_fids={1},
        survey_fids={1},
        register_buildings=neighbours(),
        observed_buildings=observed(),
        parcels=parcels(),
        plots=plots(),
        streets=streets(),
        boundary=boundary,
    )


def around_facts() -> dict[str, Any]:
    """What the caller adds to the facts of a home."""
    return {
        "sources": [
            {
                "origin": "cadastre",
                "layer": "parcels",
                "source": "кадастрална карта",
                "valid_from": "2026-03-01",
                "sigma_m": 0.2,
            },
            {
                "origin": "cadastre",
                "layer": "buildings",
                "source": "кадастрална карта",
                "valid_from": "2026-03-01",
                "sigma_m": 0.2,
            },
            {
                "origin": "survey",
                "layer": "observed_buildings",
                "source": "ГНСС измерване",
                "valid_from": "2026-05-12",
                "sigma_m": 0.05,
            },
            {
                "origin": "survey",
                "layer": "plots",
                "source": "ГНСС измерване",
                "valid_from": "2026-05-12",
                "sigma_m": 0.1,
            },
        ],
        "cases": [
            {
                "id": "C-3",
                "title": "Подробен устройствен план, част „Изток“",
                "state": "Тече срок за възражения",
                "opened_on": "2026-02-10",
                "steps": [
                    {
                        "title": "Разрешено изработване",
                        "state": "done",
                        "on": "2026-02-24",
                        "basis": "чл. 124а ЗУТ",
                    },
                    {"title": "Внесен проект", "state": "done", "on": "2026-06-02", "basis": "чл. 128 ЗУТ"},
                    {
                        "title": "Срок за възражения",
                        "state": "current",
                        "due": "2026-07-13",
                        "basis": "чл. 128, ал. 5 ЗУТ",
                    },
                    {
                        "title": "Разглеждане от ОЕСУТ",
                        "state": "due",
                        "due": "2026-08-13",
                        "basis": "чл. 128, ал. 7 ЗУТ",
                    },
                    {"title": "Одобряване", "state": "later", "basis": "чл. 129 ЗУТ"},
                ],
                "deadlines": [
                    {
                        "title": "Възражения на заинтересуваните лица",
                        "due": "2026-07-13",
                        "basis": "чл. 128, ал. 5 ЗУТ",
                    }
                ],
                "notes": ["Срокът за одобряване не е оценен: липсва протокол на ОЕСУТ."],
            }
        ],
        "documents": [
            {"title": "Скица на поземления имот", "state": "present", "basis": "ЗКИР"},
            {
                "title": "Декларация за времето на построяване",
                "state": "missing",
                "basis": "§ 16 ПР ЗУТ",
                "due": "2026-08-01",
            },
        ],
        "reviews": [
            {
                "on": "2026-05-20",
                "finding": "B-12",
                "state": "field_check",
                "note": "Да се измери източната стена.",
            },
            {"on": "2026-06-04", "finding": "B-12", "state": "confirmed", "note": "Измерено повторно."},
        ],
        "provenance": {
            "data_on": "2026-06-15",
            "crs": CRS,
            "run": "4",
            "version": "0.1.0",
            "dossier_version": "2",
            "chain_head": "9f2c41d07ab3e5aa1c44",
            "rules": ["FOOTPRINT_LARGER", "PLOT_IN_PARCEL", "NOT_IN_CADASTRE"],
            "parameters": [
                {
                    "name": "срок за възражения",
                    "value": "1",
                    "unit": "месец",
                    "citation": "чл. 128, ал. 5 ЗУТ",
                    "checked_on": "2026-05-01",
                    "status": "verified",
                },
                {
                    "name": "допуск за площ",
                    "value": 5.0,
                    "unit": "м²",
                    "citation": "правило на общината",
                    "checked_on": "2026-05-01",
                    "status": "unverified",
                },
            ],
        },
    }


def facts() -> dict[str, Any]:
    read = home_facts(
        home(),
        register_buildings=neighbours(),
        observed_buildings=observed(),
        parcels=parcels(),
        plots=plots(),
        streets=streets(),
        land=land(),
        findings=findings(),
        area_tolerance_m2=5.0,
    )
    read["home"].update(municipality="Община Примерна", settlement_name="с. Примерово", area="Изток")
    return {**read, **around_facts()}
