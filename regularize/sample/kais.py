"""The rows of the register under the field names and in the words of the agency's open data."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from regularize.sample.settings import EKATTE, SETTLEMENT

OWNERSHIP: Mapping[str, str] = {
    "2": "Държавна частна",
    "3": "Общинска публична",
    "4": "Общинска частна",
    "5": "Частна",
}
# The words of the land layer for the codes of the agency.
CATEGORIES: Mapping[str, str] = {
    "2": "state_private",
    "3": "municipal_public",
    "4": "municipal_private",
    "5": "private",
}
PURPOSES: Mapping[str, str] = {
    "1": "Урбанизирана",
    "2": "Територия на транспорта",
    "3": "Земеделска",
    "4": "Горска",
}
USES: Mapping[str, str] = {
    "1000": "Ниско застрояване (до 10 m)",
    "1040": "Незастроен имот за жилищни нужди",
}
FUNCTIONS: Mapping[str, str] = {
    "100": "Жилищна сграда - еднофамилна",
    "180": "Постройка на допълващото застрояване",
    "480": "Друг вид сграда",
}


def _common(frame: gpd.GeoDataFrame) -> dict[str, list[object]]:
    """Fields that every theme has; the numbers are those of the identifier as written."""
    refs = [str(ref) for ref in frame["ref"]]
    parts = [ref.replace(",", ".").replace("..", ".").split(".") for ref in refs]
    n = len(refs)
    return {
        "cadnum": list(refs),
        "ekatte": [EKATTE] * n,
        "ekattefn": [SETTLEMENT] * n,
        "cadreg": [part[1] for part in parts],
        "cadimm": [part[2] for part in parts],
        "cadbuild": [part[3] if len(part) > 3 else None for part in parts],
        "oldident": [None] * n,
        "immaddr": [SETTLEMENT] * n,
        "validate": ["15.01.2026"] * n,
        "AREA": frame.geometry.area.round(2).tolist(),
        "PERIM": frame.geometry.length.round(2).tolist(),
    }


def parcels(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parcels as the agency delivers them."""
    fields = _common(frame)
    fields |= {
        "propcode": list(frame["ownership_kind"]),
        "proptype": [OWNERSHIP[code] for code in frame["ownership_kind"]],
        "usecode": list(frame["land_use_code"]),
        "usetype": [USES[code] for code in frame["land_use_code"]],
        "purpcode": list(frame["territory_purpose"]),
        "purptype": [PURPOSES[code] for code in frame["territory_purpose"]],
    }
    return gpd.GeoDataFrame(pd.DataFrame(fields), geometry=list(frame.geometry), crs=frame.crs)


def buildings(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Buildings as the agency delivers them."""
    fields = _common(frame)
    fields |= {
        "funccode": list(frame["function_code"]),
        "functype": [FUNCTIONS[code] for code in frame["function_code"]],
        "flrcount": [int(value) for value in frame["storeys"]],
        "appcount": [int(value) for value in frame["dwellings"]],
    }
    return gpd.GeoDataFrame(pd.DataFrame(fields), geometry=list(frame.geometry), crs=frame.crs)


def land(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Categories of the land under the names that parcels have for the same facts."""
    code_of = {word: code for code, word in CATEGORIES.items()}
    codes = [code_of[word] for word in frame["land_owner_category"]]
    fields: dict[str, list[object]] = {
        "ref": list(frame["ref"]),
        "ekatte": [EKATTE] * len(frame),
        "propcode": list(codes),
        "proptype": [OWNERSHIP[code] for code in codes],
        "purpcode": list(frame["territory_purpose"]),
        "purptype": [PURPOSES[code] for code in frame["territory_purpose"]],
        "usetype": list(frame["use"]),
        "AREA": frame.geometry.area.round(2).tolist(),
    }
    return gpd.GeoDataFrame(pd.DataFrame(fields), geometry=list(frame.geometry), crs=frame.crs)
