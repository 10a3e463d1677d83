"""Buildings against the register: classes, flags, and input that is odd or absurd."""

from collections import Counter
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import affinity, box

from regularize import countries
from regularize.detect.buildings import BuildingResult, detect_buildings
from regularize.detect.sides import components
from regularize.geometry.alignment import Shift
from regularize.model import Finding, Grade

PACK = countries.load("bg")
T = PACK.thresholds
STILL = Shift(0.0, 0.0, True, "", 50, 0.1, 0.9, 0.9)
X, Y = 440_000.0, 4_668_000.0


def layer(shapes, sigma_m=0.05, prefix="s", **columns) -> gpd.GeoDataFrame:  # type: ignore[no-untyped-def]
    n = len(shapes)
    placed = [affinity.translate(g, X, Y) if g is not None else None for g in shapes]
    data = {"fid": range(1, n + 1), "ref": [f"{prefix}{i}" for i in range(n)], "sigma_m": [sigma_m] * n}
    return gpd.GeoDataFrame({**data, **columns}, geometry=placed, crs="EPSG:7801")


def run(register, observed, *, so=0.05, sr=0.2, **more) -> BuildingResult:  # type: ignore[no-untyped-def]
    return detect_buildings(
        layer(register, sr, "r"), layer(observed, so, "s"), thresholds=T, shift=STILL, **more
    )


def only(result: BuildingResult) -> Finding:
    assert len(result.findings) == 1, [f.cls for f in result.findings]
    return result.findings[0]


HOUSE = box(0, 0, 10, 8)


@pytest.mark.parametrize(
    ("register", "observed", "cls"),
    [
        ([HOUSE], [HOUSE], "unchanged"),
        ([HOUSE], [box(0.2, 0.1, 10.2, 8.1)], "unchanged"),
        ([HOUSE], [box(0, 0, 14, 8)], "extended"),
        ([box(0, 0, 14, 8)], [HOUSE], "reduced"),
        ([HOUSE], [box(2, 0, 12, 8)], "changed"),
        ([HOUSE], [box(6, 0, 16, 8)], "rebuilt"),
        ([box(0, 0, 5, 8), box(5, 0, 10, 8)], [HOUSE], "merged"),
        ([HOUSE], [box(0, 0, 5, 8), box(5, 0, 10, 8)], "split"),
        ([box(0, 0, 6, 8), box(6, 0, 12, 8)], [box(0, 0, 3, 8), box(3, 0, 12, 8)], "complex"),
        ([], [HOUSE], "not_in_cadastre"),
    ],
)
def test_class_of_one_component(register, observed, cls) -> None:  # type: ignore[no-untyped-def]
    far = box(200, 200, 210, 210)  # so that neither side is ever empty
    result = run([*register, far], [*observed, far])
    found = [f for f in result.findings if f.survey_refs[0] != f"s{len(observed)}"]
    assert [f.cls for f in found] == [cls]
    assert len(found[0].survey_fids) == len(observed)
    assert len(found[0].register_fids) == len(register)


def test_annex_adjoins_and_names_its_neighbour() -> None:
    result = run([HOUSE], [HOUSE, box(10.1, 0, 15, 5), box(16, 20, 24, 28)])
    by_ref = {f.survey_refs[0]: f for f in result.findings}
    assert by_ref["s0"].cls == "unchanged"
    assert by_ref["s1"].cls == "adjoining_annex"
    assert by_ref["s1"].register_refs == ("r0",)
    assert "ADJOINS_MATCHED" in by_ref["s1"].reasons
    assert by_ref["s2"].cls == "not_in_cadastre"
    assert by_ref["s2"].register_refs == ()


def test_a_shared_wall_is_not_a_common_body() -> None:
    # The new neighbour's wall was drawn 0.4 m into the registered house.
    result = run([HOUSE], [HOUSE, box(9.6, 0, 18, 8)], sr=0.2, so=0.15)
    assert Counter(f.cls for f in result.findings) == {"unchanged": 1, "adjoining_annex": 1}


def test_row_houses_with_eaves_stay_apart() -> None:
    walls = [box(6 * i, 0, 6 * i + 6, 9) for i in range(5)]
    roofs = [g.buffer(0.35, join_style="mitre") for g in walls]
    result = run(walls, roofs, so=0.25)
    assert Counter(f.cls for f in result.findings) == {"unchanged": 5}


def test_not_in_survey_and_what_nobody_surveyed() -> None:
    result = run([HOUSE, box(30, 0, 40, 8), box(500, 0, 510, 8)], [HOUSE])
    by_ref = {f.register_refs[0]: f for f in result.findings}
    assert by_ref["r1"].cls == by_ref["r2"].cls == "not_in_survey"
    assert "NO_SURVEY_NEARBY" not in by_ref["r1"].reasons
    assert "NO_SURVEY_NEARBY" in by_ref["r2"].reasons
    assert by_ref["r2"].grade is Grade.D
    assert by_ref["r1"].geometry.equals(affinity.translate(box(30, 0, 40, 8), X, Y))


def test_the_register_outline_of_a_finding_never_moves() -> None:
    shift = Shift(3.0, 2.0, True, "", 50, 0.1, 0.5, 0.9)
    register = layer([HOUSE, box(30, 0, 40, 8)], 0.2, "r")
    before = register.geometry.to_wkb().tolist()
    result = detect_buildings(register, layer([affinity.translate(HOUSE, 3, 2)]), thresholds=T, shift=shift)
    assert {f.cls for f in result.findings} == {"unchanged", "not_in_survey"}
    gone = next(f for f in result.findings if f.cls == "not_in_survey")
    assert gone.geometry.equals(register.geometry.iloc[1])
    assert register.geometry.to_wkb().tolist() == before
    assert gone.measures["shift_dx_m"].value == 3.0


def test_no_size_classes_where_the_accuracy_does_not_carry_them() -> None:
    finding = only(run([HOUSE], [box(0, 0, 14, 8)], so=1.5))
    assert finding.cls == "unchanged"
    assert "SIZE_NOT_ASSESSED" in finding.reasons
    assert "MACHINE_DRAWN" in finding.reasons
    assert finding.grade >= Grade.C  # "C" or "D", as letters compare


def test_lookalike_nearby_is_uncertain_only_when_the_accuracy_says_so() -> None:
    register, observed = [HOUSE], [affinity.translate(HOUSE, 11.0, 0)]
    finding = only(run(register, observed, so=1.5))
    assert finding.cls == "uncertain"
    assert (finding.survey_refs, finding.register_refs) == (("s0",), ("r0",))
    assert Counter(f.cls for f in run(register, observed, so=0.05).findings) == {
        "not_in_cadastre": 1,
        "not_in_survey": 1,
    }


def test_accuracy_of_each_row_counts() -> None:
    observed = layer([box(0, 0, 14, 8), box(100, 0, 114, 8)])
    observed["sigma_m"] = [0.05, 1.5]
    register = layer([HOUSE, box(100, 0, 110, 8)], 0.2, "r")
    result = detect_buildings(register, observed, thresholds=T, shift=STILL)
    assert {f.survey_refs[0]: f.cls for f in result.findings} == {"s0": "extended", "s1": "unchanged"}


def test_sheds_are_named_in_an_issue_and_not_reported() -> None:
    result = run([HOUSE], [HOUSE, box(30, 0, 32, 3)])
    assert [f.cls for f in result.findings] == ["unchanged"]
    assert [i.code for i in result.issues] == ["BELOW_MIN_AREA"]
    # A registered shed is matched like everything else.
    assert len(run([HOUSE, box(30, 0, 32, 3)], [HOUSE, box(30, 0, 32, 3)]).findings) == 2


def test_duplicates_are_counted_once_and_lose_no_reference() -> None:
    twice = [HOUSE, box(0.05, 0, 10.05, 8)]
    for register, observed in ((twice, [HOUSE]), ([HOUSE], twice), (twice, twice)):
        result = run(register, observed)
        finding = only(result)
        assert finding.cls == "unchanged"
        assert finding.register_refs == tuple(f"r{i}" for i in range(len(register)))
        assert finding.survey_refs == tuple(f"s{i}" for i in range(len(observed)))
        assert "COUNTED_ONCE" in finding.reasons
        assert {i.code for i in result.issues} == {"DUPLICATE_FOOTPRINT"}


def test_a_second_source_raises_the_grade_and_is_no_duplicate() -> None:
    near = [affinity.translate(HOUSE, 2.0, 1.0)]
    register = layer([box(100, 0, 110, 8)], 0.2, "r")
    one = layer([HOUSE, box(100, 0, 110, 8)], 1.5, source=["a", "a"])
    two = layer([HOUSE, box(100, 0, 110, 8), *near], 1.5, source=["a", "a", "b"])
    alone = detect_buildings(register, one, thresholds=T, shift=STILL)
    both = detect_buildings(register, two, thresholds=T, shift=STILL)
    a = next(f for f in alone.findings if f.cls == "not_in_cadastre")
    b = next(f for f in both.findings if f.cls == "not_in_cadastre")
    assert a.grade is Grade.C
    assert b.grade is Grade.B
    assert "SECOND_SOURCE_AGREES" in b.reasons
    assert b.survey_refs == ("s0", "s2")
    assert not both.issues


def test_flags_of_the_ground_with_square_metres() -> None:
    parcels = layer(
        [box(0, 0, 20, 20), box(20, 0, 40, 20), box(0, -6, 40, 0)],
        0.2,
        "p",
        ownership_kind=["5", "3", "3"],
        territory_purpose=["1", "4", "2"],
    )
    observed = [box(15, 5, 25, 15), box(2, 5, 10, 13), box(30, -3, 38, 5), box(50, 0, 60, 10)]
    result = run([box(300, 0, 310, 9)], observed, parcels=parcels, groups=PACK.groups)
    by_ref = {f.survey_refs[0]: f for f in result.findings if f.survey_refs}
    across = by_ref["s0"]
    assert across.measures["straddles_parcels_m2"].value == pytest.approx(50)
    assert across.measures["on_municipal_land_m2"].value == pytest.approx(50)
    assert across.measures["on_forest_land_m2"].value == pytest.approx(50)
    assert not {r for r in by_ref["s1"].reasons if r.startswith(("ON_", "STRADDLES", "OUTSIDE"))}
    assert by_ref["s2"].measures["on_street_m2"].value == pytest.approx(24)
    assert by_ref["s3"].measures["outside_parcels_m2"].value == pytest.approx(100)
    without_codes = run([box(300, 0, 310, 9)], observed, parcels=parcels)
    assert not any(r.startswith("ON_") for f in without_codes.findings for r in f.reasons)


def test_a_strip_within_the_tolerance_crosses_nothing() -> None:
    parcels = layer([box(0, 0, 20, 20), box(20, 0, 40, 20)], 0.2, "p")
    result = run([HOUSE], [box(12, 5, 20.3, 15)], parcels=parcels)
    assert "STRADDLES_PARCELS" not in result.findings[0].reasons


def test_streets_as_lines_count_with_their_stated_width() -> None:
    line = shapely.LineString([(-50, 4), (50, 4)])
    streets = layer([line, shapely.LineString([(-50, 30), (50, 30)])], 0.2, "w", width_m=[4.0, np.nan])
    result = run([box(300, 0, 310, 9)], [HOUSE, box(0, 28, 10, 36)], streets=streets)
    by_ref = {f.survey_refs[0]: f for f in result.findings if f.survey_refs}
    assert by_ref["s0"].measures["on_street_m2"].value == pytest.approx(40, abs=0.1)
    assert "ON_STREET" not in by_ref["s1"].reasons


def test_empty_sides() -> None:
    some, none = layer([HOUSE]), layer([])
    nothing = detect_buildings(some, none, thresholds=T)
    assert nothing.findings == []
    assert [i.code for i in nothing.issues] == ["NO_OBSERVED_BUILDINGS"]
    for register in (None, none):
        result = detect_buildings(register, some, thresholds=T)
        assert only(result).cls == "not_in_cadastre"
        assert only(result).grade is Grade.D
        assert "NO_REGISTER_BUILDINGS" in only(result).reasons
        assert [i.code for i in result.issues] == ["NO_REGISTER_BUILDINGS"]
    assert detect_buildings(None, None, thresholds=T).findings == []


@pytest.mark.parametrize("sigma", [0.0, -1.0, np.nan, np.inf, 5000.0])
def test_absurd_accuracy_is_replaced_and_said(sigma: float) -> None:
    result = run([HOUSE], [HOUSE], so=sigma)
    finding = only(result)
    assert finding.cls == "unchanged"
    assert finding.measures["tolerance_m"].value == pytest.approx(2.5 * np.hypot(1.5, 0.2))
    assert {i.code for i in result.issues} <= {"SIGMA_MISSING", "SIGMA_REPLACED"}
    assert len(result.issues) == 1


def test_unusable_rows_are_named() -> None:
    bow = shapely.Polygon([(0, 0), (10, 8), (10, 0), (0, 8)])
    result = run([HOUSE], [HOUSE, None, shapely.Polygon(), affinity.translate(bow, 40, 0)])
    assert Counter(i.code for i in result.issues) == {"SHAPE_WITHOUT_AREA": 2, "SHAPE_MENDED": 1}
    assert [i.feature for i in result.issues] == [1, 2, 3]


def test_index_and_order_of_the_input_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    shapes = [box(x, y, x + 9, y + 7) for x, y in rng.uniform(0, 150, (40, 2)).round(1)]
    register, observed = layer(shapes[:25], 0.2, "r"), layer(shapes[8:])
    plain = detect_buildings(register, observed, thresholds=T)
    mixed = detect_buildings(
        register.sample(frac=1, random_state=1), observed.sample(frac=1, random_state=2), thresholds=T
    )

    def told(result: BuildingResult) -> set[tuple[object, ...]]:
        return {(f.cls, f.survey_fids, f.register_fids, f.grade, round(f.score, 6)) for f in result.findings}

    assert told(plain) == told(mixed)
    assert [f.cls for f in plain.findings] == [f.cls for f in mixed.findings]


def test_every_row_is_answered_for() -> None:
    rng = np.random.default_rng(4)
    register = layer([box(x, y, x + 9, y + 7) for x, y in rng.uniform(0, 160, (60, 2))], 0.2, "r")
    observed = layer([box(x, y, x + 8, y + 8) for x, y in rng.uniform(0, 160, (60, 2))], 0.3)
    result = detect_buildings(register, observed, thresholds=T, shift=STILL)
    assert {fid for f in result.findings for fid in f.survey_fids} == set(observed["fid"])
    assert {fid for f in result.findings for fid in f.register_fids} == set(register["fid"])
    assert all(0 <= f.score <= 1 for f in result.findings)


def test_thousands_in_one_component() -> None:
    side = 50
    register = [box(10 * i, 10 * j, 10 * i + 10, 10 * j + 10) for i in range(side) for j in range(side)]
    observed = [affinity.translate(g, 5, 5) for g in register]
    result = run(register, observed)
    assert max(len(f.survey_fids) for f in result.findings) == side * side
    assert max(result.findings, key=lambda f: len(f.survey_fids)).cls == "complex"


def test_components_follow_long_chains() -> None:
    n = 3000
    order = np.random.default_rng(1).permutation(n)
    label = components(n + 2, order[:-1], order[1:])
    assert set(label[:n]) == {0}
    assert label[n:].tolist() == [n, n + 1]


def test_old_sources_lower_the_score() -> None:
    register = layer([HOUSE, box(40, 0, 50, 8)], 0.2, "r", valid_from=[date(2026, 1, 1), date(2001, 1, 1)])
    observed = layer([HOUSE, box(40, 0, 50, 8)], valid_from=[date(2026, 5, 1)] * 2)
    result = detect_buildings(register, observed, thresholds=T, shift=STILL)
    score = {f.survey_refs[0]: f.score for f in result.findings}
    assert score["s1"] < score["s0"]
