"""The real inputs beside the repository, where they are there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from small_sources import folder_state

from regularize.intake import Delivery

Read = Callable[..., Delivery]
REAL = Path(__file__).parents[3] / "shared" / "real"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.is_dir(), reason="no real data beside the repository"),
]


@pytest.mark.parametrize(
    ("file", "layer", "origin", "crs", "table", "n"),
    [
        ("ceuta/ceuta.gpkg", "registered_buildings", "cadastre", "EPSG:25830", "buildings", 276),
        ("ceuta/ceuta.gpkg", "observed_buildings", "survey", "EPSG:25830", "observed_buildings", 275),
        ("ceuta/observed_buildings.shp", None, "survey", "EPSG:25830", "observed_buildings", 275),
        ("bubenec/bubenec.gpkg", "plots", "cadastre", "EPSG:32633", "parcels", 407),
        ("bubenec/bubenec.gpkg", "buildings", "survey", "EPSG:32633", "observed_buildings", 144),
        ("bubenec/bubenec.gpkg", "streets", "cadastre", "EPSG:32633", "streets", 35),
    ],
)
def test_all_rows_are_stored(
    file: str, layer: str | None, origin: str, crs: str, table: str, n: int, read: Read
) -> None:
    path = REAL / file
    before = folder_state(path.parent)
    delivery = read(path, layer=layer, origin=origin, kind=None, project_crs=crs)
    assert folder_state(path.parent) == before
    assert (delivery.target.name, delivery.source.n_read, len(delivery.frame)) == (table, n, n)


def test_both_forms_of_one_layer_agree(read: Read) -> None:
    first = read(REAL / "ceuta/ceuta.gpkg", layer="observed_buildings", kind=None).frame
    second = read(REAL / "ceuta/observed_buildings.shp", kind=None).frame
    assert first["ref"].tolist() == second["ref"].tolist()
    assert first.geometry.normalize().geom_equals_exact(second.geometry.normalize(), 1e-6).all()
