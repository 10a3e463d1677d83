"""What was set aside is mended by the sender and comes again: every object once, nothing twice."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from command_answers import Run

BG = "EPSG:7801"
EAST, NORTH = 500_000.0, 4_700_000.0
# A survey that crosses itself far beyond its accuracy: not to be mended by a program.
CROSSED = [(0, 0), (20, 20), (20, 0), (0, 20), (0, 0)]
SOUND = [(0, 0), (20, 0), (20, 20), (0, 20), (0, 0)]
KINDS = {"cadastre": ("parcels", "parcels"), "survey": ("buildings", "observed_buildings")}


def delivery(path: Path, origin: str, rings: dict[int, list[tuple[int, int]]]) -> Path:
    """Objects thirty metres apart; parcels bear identifiers, surveyed houses none."""
    features: list[dict[str, Any]] = []
    for number, ring in rings.items():
        place = [[EAST + 30 * number + x, NORTH + y] for x, y in ring]
        named = {"cadnum": f"00990.1.{number}"} if origin == "cadastre" else {}
        features.append(
            {
                "type": "Feature",
                "properties": named,
                "geometry": {"type": "Polygon", "coordinates": [place]},
            }
        )
    document = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": BG}},
        "features": features,
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("only_the_mended", [False, True])
@pytest.mark.parametrize("origin", sorted(KINDS))
def test_each_object_is_there_once(origin: str, only_the_mended: bool, tmp_path: Path, run: Run) -> None:
    kind, layer = KINDS[origin]
    project = tmp_path / "Проект 1"
    assert run("init", project, "--municipality", "Средище", "--ekatte", "00990").code == 0
    words = ("-p", project, "ingest", origin)
    more = ("--kind", kind, "--sigma", "0.05", "--json")
    broken = delivery(tmp_path / "доставка.geojson", origin, {1: SOUND, 2: CROSSED, 3: SOUND})
    first = run(*words, broken, *more)
    assert first.code == 1
    assert first.last == "read=3 stored=2 quarantined=1"
    (refused,) = {issue["code"] for issue in first.json["issues"] if issue["severity"] == "error"}
    with sqlite3.connect(project / "store.gpkg") as store:
        ((feature, code, raw),) = store.execute("SELECT feature, code, wkb FROM quarantine").fetchall()
    assert (feature, code) == (1, refused)
    assert raw  # as it was delivered
    # The same file once more changes nothing, and says again what is set aside.
    again = run(*words, broken, *more)
    assert again.json["deliveries"][0]["already_stored"]
    assert live(run, project, layer) == 2

    rings = {2: SOUND} if only_the_mended else {1: SOUND, 2: SOUND, 3: SOUND}
    mended = delivery(tmp_path / "поправена доставка.geojson", origin, rings)
    second = run(*words, mended, *more)
    assert second.code == 0, second.err
    assert second.last == f"read={len(rings)} stored={len(rings)} quarantined=0"
    assert live(run, project, layer) == 3
    third = run(*words, mended, *more)
    assert third.json["deliveries"][0]["already_stored"]
    assert live(run, project, layer) == 3
    if origin == "cadastre":
        with sqlite3.connect(project / "store.gpkg") as store:
            rows = store.execute("SELECT identifier FROM parcels WHERE valid_to IS NULL").fetchall()
        assert sorted(rows) == [(f"00990.1.{number}",) for number in (1, 2, 3)]
    assert run("-p", project, "store", "verify").code == 0


def live(run: Run, project: Path, layer: str) -> int:
    return int(run("-p", project, "store", "info", "--json").json["layers"][layer]["live"])
