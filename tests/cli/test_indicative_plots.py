"""Indicative plots from the command line: where none were surveyed, stored, and in no area."""

from pathlib import Path

import pytest

from regularize.detect import indicative
from regularize.errors import MissingExtraError
from regularize.store import Store

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def unsurveyed(project: Path, run) -> Path:  # type: ignore[no-untyped-def]  # the fixture of conftest
    for folder, origin, name, kind in (
        ("cadastre", "cadastre", "sgradi.shp", "buildings"),
        ("surveys", "survey", "zasneti_sgradi.shp", "buildings"),
    ):
        answer = run("-p", project, "ingest", origin, DATA / folder / name, "--kind", kind, "--sigma", "0.2")
        assert answer.code in {0, 1}, answer.err
    return project


def stored(project: Path) -> int:
    with Store.open(project / "store.gpkg", read_only=True) as store:
        assert store.verify().ok
        return len(store.indicative_plots())


def test_not_without_an_area_unless_asked_for(unsurveyed: Path, run) -> None:  # type: ignore[no-untyped-def]
    plain = run("-p", unsurveyed, "detect", "--json")
    assert plain.json["indicative_plots"] is None
    assert "INDICATIVE_NOT_ASSESSED" in {i["code"] for i in plain.json["issues"]}
    assert stored(unsurveyed) == 0
    skipped = run("-p", unsurveyed, "detect", "--no-indicative", "--json")
    assert "INDICATIVE_NOT_ASSESSED" not in {i["code"] for i in skipped.json["issues"]}
    forced = run("-p", unsurveyed, "detect", "--indicative", "--json")
    assert forced.code == 0, forced.err
    assert forced.json["indicative_plots"] == stored(unsurveyed) > 0
    # Made again they are the same ones, and a run that does not look leaves them.
    assert run("-p", unsurveyed, "detect", "--indicative", "--json").code == 0
    assert run("-p", unsurveyed, "detect", "--no-indicative", "--json").code == 0
    assert stored(unsurveyed) == forced.json["indicative_plots"]
    assert run("explain", "INDICATIVE_NOT_ASSESSED").code == 0


def test_by_itself_where_an_area_and_streets_are_known(unsurveyed: Path, run) -> None:  # type: ignore[no-untyped-def]
    for name, kind in (("raioni", "areas"), ("ulitsi", "streets"), ("ogradi", "fences")):
        file = DATA / "surveys" / f"{name}.shp"
        assert run("-p", unsurveyed, "ingest", "survey", file, "--kind", kind, "--sigma", "0.2").code in {
            0,
            1,
        }
    made = run("-p", unsurveyed, "detect", "--json")
    assert made.json["indicative_plots"] == stored(unsurveyed) > 20
    # Once plots are surveyed, proposals in their place end; they never become findings or homes' plots.
    file = DATA / "surveys" / "dvorove.shp"
    assert run("-p", unsurveyed, "ingest", "survey", file, "--kind", "plots", "--sigma", "0.2").code in {0, 1}
    after = run("-p", unsurveyed, "detect", "--json")
    assert after.json["indicative_plots"] < made.json["indicative_plots"]
    with Store.open(unsurveyed / "store.gpkg", read_only=True) as store:
        assert store.verify().ok
        surveyed = set(store.layer("plots")["ref"])
        assert all(set(f.survey_refs) <= surveyed for f in store.findings() if f.kind == "plot")


def test_without_the_library_it_is_said(unsurveyed: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    def absent(*_args: object, **_kw: object) -> None:
        raise MissingExtraError("no scikit-image", hint="pip install regularize[watershed]")

    monkeypatch.setattr(indicative, "infer_plots", absent)
    for name, kind in (("raioni", "areas"), ("ulitsi", "streets")):
        file = DATA / "surveys" / f"{name}.shp"
        assert run("-p", unsurveyed, "ingest", "survey", file, "--kind", kind, "--sigma", "0.2").code in {
            0,
            1,
        }
    answer = run("-p", unsurveyed, "detect", "--json")
    assert answer.code == 0
    assert "INDICATIVE_NOT_ASSESSED" in {i["code"] for i in answer.json["issues"]}
    forced = run("-p", unsurveyed, "detect", "--indicative")
    assert forced.code != 0
