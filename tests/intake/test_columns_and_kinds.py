"""Columns, types, personal data; kinds, layers and options."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_sources import codes, square, write

from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake import Delivery
from regularize.intake.values import as_date, as_number
from regularize.layers import COMMON, layer_named
from regularize.model import Severity

Read = Callable[..., Delivery]
EGN = "9052010016"  # of a person who would be born in 2090
WIDE = (-1e7, -1e7, 1e7, 1e7)


def houses(path: Path, n: int, **columns: Any) -> Path:
    return write(path, [square(20 * at) for at in range(n)], **columns)


def test_the_frame_has_the_columns_of_the_contract(tmp_path: Path, read: Read) -> None:
    frame = read(houses(tmp_path / "b.gpkg", 2)).frame
    layer = layer_named("observed_buildings")
    names = [c.name for c in (*COMMON, *layer.columns) if c.name not in {"fid", "batch"}]
    assert list(frame.columns) == [*names, "feature", "geometry"]
    assert frame["ref"].tolist() == ["0", "1"]
    assert frame["identifier"].tolist() == [None, None]
    assert str(frame["storeys"].dtype) == "Int64"
    assert frame["sigma_m"].dtype == float
    assert all(type(day) is date for day in frame["valid_from"])
    assert list(frame.index) == [0, 1]


def test_ref_comes_from_ref_then_identifier_then_position(tmp_path: Path, read: Read) -> None:
    both = houses(tmp_path / "a.gpkg", 2, ref=["r1", None], identifier=["i1", "i2"])
    assert read(both).frame["ref"].tolist() == ["r1", "1"]
    assert read(houses(tmp_path / "b.gpkg", 1, identifier=["i1"])).frame["ref"].tolist() == ["i1"]


def test_leading_zeros_and_whole_numbers(tmp_path: Path, read: Read) -> None:
    path = houses(tmp_path / "b.gpkg", 2, ref=["00014", "7"], identifier=[5.0, 12.0])
    frame = read(path).frame
    assert frame["ref"].tolist() == ["00014", "7"]
    assert frame["identifier"].tolist() == ["5", "12"]


def test_numbers(tmp_path: Path, read: Read) -> None:
    path = houses(tmp_path / "b.gpkg", 4, storeys=["2", "2,0", "2.5", "many"])
    delivery = read(path)
    assert delivery.frame["storeys"].tolist() == [2, 2, pd.NA, pd.NA]
    assert codes(delivery) == ["NUMBER_FORM", "NUMBER_FORM"]


def test_absurd_accuracy(tmp_path: Path, read: Read) -> None:
    path = houses(tmp_path / "b.gpkg", 5, sigma_m=[0.1, 0.0, -1.0, 51.0, None])
    delivery = read(path, sigma_m=0.4)
    assert delivery.frame["sigma_m"].tolist() == [0.1, 0.4, 0.4, 0.4, 0.4]
    assert codes(delivery) == ["SIGMA_ABSURD"] * 3


def test_default_accuracy_is_that_of_the_pack(tmp_path: Path, read: Read, generic: Pack) -> None:
    path = houses(tmp_path / "b.gpkg", 1)
    assert read(path).source.sigma_m == generic.sigmas["survey"].value_m
    assert read(path, origin="cadastre").source.sigma_m == generic.sigmas["cadastre"].value_m
    with pytest.raises(OptionError, match="--sigma"):
        read(path, sigma_m=0)


def test_dates(tmp_path: Path, read: Read) -> None:
    values = ["03.04.2025", "2025-04-13", "4/3/25", "2999-01-01"]
    path = houses(tmp_path / "b.gpkg", 4, valid_from=values)
    delivery = read(path)
    assert delivery.frame["valid_from"].tolist()[:2] == [date(2025, 4, 3), date(2025, 4, 13)]
    assert codes(delivery) == ["DATE_FORM", "DATE_IN_FUTURE"]
    stated = read(path, valid_from=date(2024, 1, 2))
    assert set(stated.frame["valid_from"]) == {date(2024, 1, 2)}
    assert stated.source.valid_from == date(2024, 1, 2)


FOREIGN_DIGITS = ["20\u06f25-04-03", "0\u0661.02.2025"]


@pytest.mark.parametrize("text", ["01.02.25", "2025-13-01", "1.2.2025.", "31.02.2025", "", *FOREIGN_DIGITS])
def test_what_is_no_date(text: str) -> None:
    assert as_date(text) is None


@pytest.mark.parametrize("text", ["1_5", "\u0661\u0662", "1.234,5", "nan", "1e999", "-", "", "0x10", "1 e5x"])
def test_what_is_no_number(text: str) -> None:
    assert as_number(text) is None


def test_numbers_as_people_write_them() -> None:
    written = ["12", "-0,5", "1 234,5", "1\u00a0234.5", "+.5", "2.", "1,5e3"]
    assert [as_number(text) for text in written] == [12, -0.5, 1234.5, 1234.5, 0.5, 2, 1500]


def test_a_date_column_of_a_geopackage(tmp_path: Path, read: Read) -> None:
    path = houses(tmp_path / "b.gpkg", 2, valid_from=pd.to_datetime(["2025-04-03", "2024-01-01"]))
    assert read(path).frame["valid_from"].tolist() == [date(2025, 4, 3), date(2024, 1, 1)]


def test_columns_of_personal_data_are_not_read(tmp_path: Path, read: Read) -> None:
    path = houses(tmp_path / "b.gpkg", 1, ref=["a"], egn=[EGN], owner_name=["Ab Cd"], ethnicity=["x"])
    delivery = read(path)
    assert codes(delivery) == ["PERSONAL_COLUMN_REFUSED"] * 3
    assert set(delivery.ignored_columns) == {"egn", "owner_name", "ethnicity"}
    everything = repr(delivery) + delivery.frame.to_csv() + str(delivery.sample)
    assert EGN not in everything
    assert "Ab Cd" not in everything


def test_personal_data_in_other_text_is_masked(tmp_path: Path, read: Read) -> None:
    shapes = [square(), None]
    path = write(tmp_path / "b.gpkg", shapes, use=[f"къща на {EGN}", f"навес {EGN}"], ref=["a", "b"])
    delivery = read(path)
    assert delivery.frame["building_use"].tolist() == ["къща на **********"]
    assert delivery.quarantine[0].attributes["building_use"] == "навес **********"
    assert codes(delivery).count("PERSONAL_DATA_REDACTED") == 2
    assert EGN not in repr(delivery)


def test_streets_may_be_called_after_people(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "streets.gpkg", [square().boundary], name=["ул. Христо Ботев"])
    assert read(path, kind="streets").frame["name"].tolist() == ["ул. Христо Ботев"]


def test_identifiers_by_the_pack(tmp_path: Path, read: Read, bg: Pack) -> None:
    identifiers = ["68134.1.2.3", " 68134.1.2.4 ", "7079.1", None, "68135.1.2.3", "68135.1.2.4"]
    path = houses(tmp_path / "b.gpkg", 6, identifier=identifiers)
    delivery = read(path, pack=bg, origin="cadastre", extent=WIDE)
    assert delivery.frame["identifier"].tolist()[:4] == ["68134.1.2.3", "68134.1.2.4", "7079.1", None]
    assert [(i.code, i.feature) for i in delivery.issues] == [
        ("IDENTIFIER_AS_NUMBER", 2),
        ("IDENTIFIER_MISSING", 3),
        ("EKATTE_CHECK_DIGIT", 4),
    ]
    assert {i.severity for i in delivery.issues} == {Severity.WARNING}


@pytest.mark.parametrize(
    ("name", "origin", "expected"),
    [
        ("buildings", "survey", "observed_buildings"),
        ("buildings", "cadastre", "buildings"),
        ("parcels_2024", "cadastre", "parcels"),
        ("plots", "survey", "plots"),
    ],
)
def test_the_kind_by_the_name(name: str, origin: str, expected: str, tmp_path: Path, read: Read) -> None:
    path = houses(tmp_path / f"{name}.gpkg", 1)
    assert read(path, kind=None, origin=origin).target.name == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": None}, "its name does not tell"),
        ({"kind": "parcels"}, "survey brings no parcels"),
        ({"kind": "castles"}, "there is no kind castles"),
        ({"origin": "hearsay"}, "there is no origin hearsay"),
        ({"profile": "nobody"}, "there is no profile nobody"),
        ({"layer": "other"}, "there is no layer other"),
        ({"encoding": "nothing"}, "there is no encoding nothing"),
    ],
)
def test_wrong_options(options: dict[str, Any], words: str, tmp_path: Path, read: Read) -> None:
    path = houses(tmp_path / "x.shp", 1, ref=["a"])
    with pytest.raises(OptionError, match=words) as caught:
        read(path, **options)
    assert caught.value.hint


def test_a_profile_of_the_user(tmp_path: Path, read: Read) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('sigma_m = 0.7\n[columns.buildings]\nbuilding_use = ["wofuer"]\n', encoding="utf-8")
    delivery = read(houses(tmp_path / "b.gpkg", 1, wofuer=["house"]), profile=str(profile))
    assert delivery.frame["building_use"].tolist() == ["house"]
    assert delivery.source.sigma_m == 0.7
    assert delivery.source.profile == "mine"
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "b.gpkg", profile=str(tmp_path / "none.toml"))


def test_the_same_content_gives_the_same_hash(tmp_path: Path, read: Read) -> None:
    path = houses(tmp_path / "b.gpkg", 1)
    first = read(path).source.sha256
    renamed = path.rename(tmp_path / "ново име.gpkg")
    assert read(renamed).source.sha256 == first
