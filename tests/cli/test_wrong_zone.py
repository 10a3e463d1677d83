"""A file in the wrong zone, and no list of settlements: what is stored decides, or a question."""

import json
from pathlib import Path
from typing import Any

import ezdxf
import pytest
from command_answers import DATA, Run
from pyproj import Transformer

BG = "EPSG:7801"
PLACE = ("SETTLEMENT_DISTANCE", "OUTSIDE_MUNICIPALITY", "FAR_FROM_STORED")


def survey(path: Path, at: tuple[float, float], *, crs: str = BG, n: int = 4) -> Path:
    """Houses at a place in 7801, written in `crs`, labelled 7801 all the same."""
    way = Transformer.from_crs(BG, crs, always_xy=True)
    features: list[dict[str, Any]] = []
    for k in range(n):
        corners = [(0, 0), (10, 0), (10, 8), (0, 8), (0, 0)]
        ring = [list(way.transform(at[0] + 25 * k + x, at[1] + y)) for x, y in corners]
        features.append(
            {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        )
    named = {"type": "name", "properties": {"name": BG}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": named, "features": features}))
    return path


def test_a_project_without_a_list(tmp_path: Path, run: Run) -> None:
    project, place = str(tmp_path / "Проект 1"), (440_700.0, 4_668_400.0)
    assert run("init", project, "--municipality", "Средище").code == 0
    words = ("--kind", "buildings", "--sigma", "0.1")
    first = survey(tmp_path / "първо заснемане.geojson", place)
    stored = run("-p", project, "ingest", "survey", first, *words)
    assert stored.code == 0
    assert "the place is not assessed: no list of settlements was given" in stored.err
    assert "nothing is stored yet" in stored.err
    again = run("-p", project, "ingest", "survey", first, *words, "--json").json["deliveries"][0]
    assert again["already_stored"]
    assert again["not_assessed"].keys() >= set(PLACE)  # the batch has kept it
    (batch,) = run("-p", project, "store", "info", "--json").json["batches"]
    assert batch["not_assessed"].keys() >= set(PLACE)

    wrong = survey(tmp_path / "зона 35.geojson", place, crs="EPSG:32635")
    report = tmp_path / "протокол.json"
    for command in (("ingest", "survey"), ("check", "--origin", "survey", "--report", report)):
        refused = run("-p", project, *command, wrong, *words)
        assert refused.code == 3
        assert "km from all that is stored" in refused.err
        assert "EPSG:32635" in refused.err
        assert "--elsewhere" in refused.err
    assert run("-p", project, "store", "info", "--json").json["layers"]["observed_buildings"]["live"] == 4
    right = run("-p", project, "ingest", "survey", wrong, *words, "--crs", "EPSG:32635", "--json")
    assert right.code == 0
    assert "FAR_FROM_STORED" not in right.json["deliveries"][0]["not_assessed"]

    hamlet = survey(tmp_path / "махала.geojson", (place[0] + 30_000, place[1]))
    assert run("-p", project, "ingest", "survey", hamlet, *words).code == 3
    accepted = run("-p", project, "ingest", "survey", hamlet, *words, "--elsewhere")
    assert accepted.code == 0
    assert "--elsewhere says that this is right" in accepted.err
    known = run("-p", project, "ingest", "survey", hamlet, *words, "--json")
    assert "FAR_FROM_STORED" in {issue["code"] for issue in known.json["issues"]}
    # What was accepted is a place of the project from now on.
    beside = survey(tmp_path / "още една.geojson", (place[0] + 31_000, place[1]), n=2)
    assert run("-p", project, "ingest", "survey", beside, *words).code == 0


def test_within_one_command_the_first_file_tells(tmp_path: Path, run: Run) -> None:
    right = survey(tmp_path / "a.geojson", (440_700.0, 4_668_400.0))
    wrong = survey(tmp_path / "b.geojson", (440_700.0, 4_668_400.0), crs="EPSG:32635")
    report = tmp_path / "r.json"
    done = run("check", right, wrong, "--kind", "buildings", "--report", report)
    assert done.code == 3
    assert "b.geojson" in done.err
    assert "EPSG:32635" in done.err


@pytest.mark.parametrize(
    ("crs", "swapped"), [(BG, False), ("EPSG:32635", False), (BG, True)], ids=["7801", "zone 35", "swapped"]
)
def test_a_drawing_is_placed_by_what_is_stored(crs: str, swapped: bool, tmp_path: Path, run: Run) -> None:
    """A drawing states no system: alone it is asked about, in a project there is one answer, recorded."""
    place = (440_700.0, 4_668_400.0)
    project = str(tmp_path / "Проект")
    drawing = tmp_path / "чертеж на улица.dxf"
    document = ezdxf.new("R2010")
    way = Transformer.from_crs(BG, crs, always_xy=True)
    ring = [way.transform(place[0] + x, place[1] + y) for x, y in ((0, 0), (10, 0), (10, 8), (0, 8))]
    document.modelspace().add_lwpolyline([p[::-1] if swapped else p for p in ring], close=True)
    document.saveas(drawing)
    words = (drawing, "--kind", "buildings", "--sigma", "0.1")
    assert run("init", project, "--municipality", "Средище").code == 0
    asked = run("-p", project, "ingest", "survey", *words)
    assert asked.code == 3
    assert "EPSG:7801" in asked.err
    assert "EPSG:32635" in asked.err
    first = survey(tmp_path / "a.geojson", (place[0] + 60, place[1]))
    assert run("-p", project, "ingest", "survey", first, "--kind", "buildings").code == 0
    placed = run("-p", project, "ingest", "survey", *words, "--json")
    assert placed.code == 0, placed.err
    (issue,) = (issue for issue in placed.json["issues"] if issue["code"] == "CRS_FROM_EXTENT")
    assert crs in issue["message"]
    assert ("axes swapped" in issue["message"]) is swapped
    assert placed.json["deliveries"][0]["crs"] == crs


def test_a_list_for_one_delivery(tmp_path: Path, run: Run) -> None:
    project = str(tmp_path / "Проект")
    assert run("init", project, "--municipality", "Средище", "--ekatte", "00990").code == 0
    parcels = DATA / "cadastre" / "pozemleni_imoti.shp"
    far = tmp_path / "списък далеч.csv"
    far.write_text("code,name,easting,northing\n00990,Долно Село,321559,4731436\n", encoding="utf-8")
    words = (parcels, "--kind", "parcels", "--settlements", far)
    for command in (("-p", project, "ingest", "cadastre"), ("check", "--country", "bg")):
        refused = run(*command, *words)
        assert refused.code == 3
        assert "far from their settlement (00990 Долно Село" in refused.err
    near = DATA / "settlements.csv"
    assert near.is_file()
    done = run("-p", project, "ingest", "cadastre", parcels, "--kind", "parcels", "--settlements", near)
    assert done.code in {0, 1}, done.err
    assert "not assessed" not in done.err
    (batch,) = run("-p", project, "store", "info", "--json").json["batches"]
    assert any(note.startswith("settlements: ") for note in batch["notes"])
