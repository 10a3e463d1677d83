"""Real outlines as a second fabric, wall to wall; errors and omissions are drawn, so the truth is known."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from regularize import countries
from regularize.detect import evaluate
from regularize.detect.buildings import detect_buildings

T = countries.load("generic").thresholds
REAL = Path(os.environ.get("REGULARIZE_REAL", Path(__file__).parents[3] / "shared" / "real"))
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.is_dir(), reason="the real layers are not beside the repository"),
]
FABRICS = {
    "ceuta": (REAL / "ceuta" / "ceuta.gpkg", "registered_buildings", "EPSG:25830"),
    "bubenec": (REAL / "bubenec" / "bubenec.gpkg", "buildings", "EPSG:32633"),
}


def erring(shapes: np.ndarray, rng: np.random.Generator, sigma_m: float, common: float) -> np.ndarray:
    """Each outline moved as a whole, and each of its corners besides; a corner met twice moves once."""
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    _corner, same = np.unique(np.column_stack([index, coordinates]), axis=0, return_inverse=True)
    own = rng.normal(0, sigma_m * np.sqrt(1 - common), (len(coordinates), 2))[same.ravel()]
    whole = rng.normal(0, sigma_m * np.sqrt(common), (len(shapes), 2))[index]
    return shapely.set_coordinates(shapes.copy(), coordinates + own + whole)


def compared(fabric: str, seed: int, sigma_o: float, sigma_r: float, omitted: float, gone: float):  # type: ignore[no-untyped-def]
    file, layer, crs = FABRICS[fabric]
    rng = np.random.default_rng(seed)
    shapes = np.asarray(gpd.read_file(file, layer=layer).to_crs(crs).geometry.array)
    shapes = shapes[(shapely.area(shapes) >= 12) & (shapely.get_type_id(shapes) == 3)]
    known = rng.random(len(shapes)) >= omitted
    stands = ~known | (rng.random(len(shapes)) >= gone)
    rows = np.arange(len(shapes))
    sides = []
    for prefix, which, sigma_m, common, off in (
        ("r", known, sigma_r, 0.7, (-2.4, -1.8)),
        ("s", stands, sigma_o, 0.0, (0.0, 0.0)),
    ):
        drawn = erring(shapes, rng, sigma_m, common)[which]
        refs = [f"{prefix}{k}" for k in rows[which]]
        moved = shapely.transform(drawn, lambda xy, off=off: xy + off)
        sides.append(gpd.GeoDataFrame({"ref": refs, "sigma_m": sigma_m}, geometry=moved, crs=crs))
    truth = pd.DataFrame(
        {
            "survey_ref": [f"s{k}" if stands[k] else "" for k in rows],
            "register_ref": [f"r{k}" if known[k] else "" for k in rows],
            "class": "",
        }
    )
    result = detect_buildings(*sides, thresholds=T)
    return result, evaluate.score(result.findings, truth).matching


@pytest.mark.parametrize("fabric", list(FABRICS))
@pytest.mark.parametrize("omitted", [0.45, 0.85])
def test_presence_is_found_on_real_shapes(fabric: str, omitted: float) -> None:
    for seed in (1000, 1001):
        result, matching = compared(fabric, seed, 0.05, 0.4, omitted, 0.06)
        assert result.shift.accepted
        assert np.hypot(result.shift.dx_m - 2.4, result.shift.dy_m - 1.8) <= 0.3
        assert {name: (s.right, s.right) for name, s in matching.items()} == {
            name: (s.truth, s.found) for name, s in matching.items()
        }


@pytest.mark.parametrize("fabric", list(FABRICS))
@pytest.mark.parametrize(("sigma_o", "sigma_r"), [(0.05, 0.4), (0.05, 0.2)])
def test_nothing_changed_on_real_shapes(fabric: str, sigma_o: float, sigma_r: float) -> None:
    result, _matching = compared(fabric, 1002, sigma_o, sigma_r, 0.0, 0.0)
    assert {f.cls for f in result.findings} == {"unchanged"}
