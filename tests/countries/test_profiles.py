"""Profiles name only columns of the contracts, and recognise what files call them."""

import pytest

from regularize import layers
from regularize.countries import Profile, available, load

PROFILES = [
    pytest.param(profile, id=f"{code}-{name}")
    for code in available()
    for name, profile in load(code).profiles.items()
]


@pytest.mark.parametrize("profile", PROFILES)
def test_profile_fits_the_contracts(profile: Profile) -> None:
    for kind, columns in profile.columns.items():
        contracts = [layer for layer in layers.LAYERS if layer.kind == kind]
        assert contracts, kind
        allowed = {c.name for layer in contracts for c in (*layers.COMMON, *layer.columns)} - {
            "fid",
            "batch",
            "origin",
        }
        assert set(columns) <= allowed, kind
        assert columns["ref"][0] == "ref"
    assert set(profile.patterns) <= set(layers.KINDS)
    known = {column for columns in profile.columns.values() for column in columns}
    assert set(profile.codes) <= known
    assert profile.sigma_m is None or (profile.sigma_m > 0 and profile.sigma_basis)


FREE_WORDS = {"fence_type"}  # columns without a code list: a profile translates codes into words


def test_mapped_codes_stand_in_the_code_lists() -> None:
    lists = {
        "ownership_kind": "ownership",
        "territory_purpose": "territory_purpose",
        "land_use_code": "land_use",
        "function_code": "building_function",
        "land_owner_category": "land_owner_category",
    }
    bg = load("bg")
    for profile in bg.profiles.values():
        for column, codes in profile.codes.items():
            if column not in lists:
                assert column in FREE_WORDS, (profile.name, column)
                continue
            assert set(codes.values()) <= set(bg.codes(lists[column])), (profile.name, column)


def test_agency_fields() -> None:
    kais = load("bg").profile("kais")
    fields = ["cadnum", "ekatte", "usecode", "usetype", "purpcode", "propcode", "AREA", "PERIM"]
    assert kais.assign("parcels", fields) == {
        "ref": "cadnum",
        "identifier": "cadnum",
        "ownership_kind": "propcode",
        "territory_purpose": "purpcode",
        "land_use_code": "usecode",
        "area_register_m2": "AREA",
    }
    assert kais.assign("parcels", ["ref", *fields])["ref"] == "ref"
    assert kais.assign("buildings", ["cadnum", "functype", "flrcount"])["function_code"] == "functype"
    assert kais.assign("buildings", ["cadnum", "ЕТ"])["storeys"] == "ЕТ"  # Cyrillic look-alikes
    assert kais.code("ownership_kind", "Общинска частна") == "4"
    assert kais.code("ownership_kind", "друго") == "друго"


@pytest.mark.parametrize("use", ["предназначение", "предназнач", "предн", "ПРЕДНАЗНАЧ", "prednaznac"])
def test_surveyors_fields_also_cut(use: str) -> None:
    survey = load("bg").profile("survey")
    assert survey.assign("buildings", ["номер", use, "Етажи", "сигма", "дата"]) == {
        "ref": "номер",
        "building_use": use,
        "storeys": "Етажи",
        "sigma_m": "сигма",
        "valid_from": "дата",
    }


def test_cut_name_that_fits_two_columns_fills_neither() -> None:
    survey = load("bg").profile("survey")
    both = Profile(
        **{
            **vars(survey),
            "columns": {"buildings": {"storeys": ("дълъг_име_едно",), "dwellings": ("дълъг_име_две",)}},
        }
    )
    assert both.assign("buildings", ["дълъг_име_"]) == {}
    assert both.assign("buildings", ["дълъг_име_едно"]) == {"storeys": "дълъг_име_едно"}


@pytest.mark.parametrize(
    ("origin", "name", "kind"),
    [
        ("cadastre", "поземлени имоти", "parcels"),
        ("cadastre", "POZEMLENI_IMOTI", "parcels"),
        ("cadastre", "parcels_2024", "parcels"),
        ("cadastre", "plots", "parcels"),
        ("survey", "plots", "plots"),
        ("survey", "dvorove_2025", "plots"),
        ("cadastre", "registered_buildings", "buildings"),
        ("cadastre", "СГРАДИ", "buildings"),
        ("survey", "observed_buildings_osm", "buildings"),
        ("survey", "zasneti_sgradi", "buildings"),
        ("survey", "огради", "fences"),
        ("survey", "gnss_tochki", "points"),
        ("survey", "ulici", "streets"),
        ("plan", "УПИ", "regulated_plots"),
        ("plan", "regulated_plots", "regulated_plots"),
        ("plan", "plan_parts", "plan_parts"),
    ],
)
def test_kind_is_recognised_by_the_name(origin: str, name: str, kind: str) -> None:
    assert load("bg").kinds_of_name(name, tuple(layers.kinds_of(origin))) == (kind,)


def test_a_name_that_says_nothing_gives_no_kind() -> None:
    assert load("bg").kinds_of_name("tessellation", layers.KINDS) == ()
    assert load("bg").kinds_of_name("слой1", layers.KINDS) == ()
