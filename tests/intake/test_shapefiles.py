"""Shapefiles: whole, cut, incomplete, and in every encoding."""

from collections.abc import Callable
from pathlib import Path

import pytest
from small_sources import codes, folder_state, square, write

from regularize.errors import InputError
from regularize.intake import Delivery, layers_in

Read = Callable[..., Delivery]
Build = Callable[..., Path]
NAMES = ["Крайречна", "Здравец", "Съединение", "Първи май"]


def fifty(folder: Path) -> Path:
    shapes = [square(20 * at) for at in range(50)]
    return write(folder / "buildings.shp", shapes, ref=[str(at) for at in range(50)])


def test_a_whole_shapefile(tmp_path: Path, read: Read) -> None:
    path = write(
        tmp_path / "buildings.shp", [square(), square(50)], ref=["a", "b"], storeys=[1, 2], other=["x", "y"]
    )
    before = folder_state(tmp_path)
    delivery = read(path, kind=None, sigma_m=0.3)
    assert folder_state(tmp_path) == before
    assert delivery.frame["ref"].tolist() == ["a", "b"]
    assert delivery.frame["storeys"].tolist() == [1, 2]
    assert delivery.frame["sigma_m"].tolist() == [0.3, 0.3]
    assert delivery.frame.geometry.iloc[0].normalize().equals_exact(square().normalize(), 1e-9)
    assert delivery.frame.crs == "EPSG:25830"
    assert delivery.ignored_columns == ("other",)
    assert delivery.target.name == "observed_buildings"
    assert delivery.source.reader == "shapefile"
    assert delivery.source.source_crs == "EPSG:25830"


@pytest.mark.parametrize("name", ["cp1251", "cp866", "mik", "utf-8"])
def test_cyrillic_without_a_word_about_the_encoding(
    name: str, agency_shapefile: Build, read: Read, bg: object
) -> None:
    path = agency_shapefile({"предназн" if name != "utf-8" else "use": NAMES}, encoding=name)
    delivery = read(path, pack=bg, extent=(0, 0, 1e7, 1e7))
    assert delivery.source.encoding == name
    assert delivery.frame["building_use"].tolist() == NAMES
    assert delivery.encoding_judged is (name != "utf-8")  # whose form needs no statistics
    assert not read(path, pack=bg, extent=(0, 0, 1e7, 1e7), encoding=name).encoding_judged
    assert delivery.sample is not None
    assert NAMES[0] in delivery.sample or NAMES[2] in delivery.sample or NAMES[3] in delivery.sample


def test_too_little_evidence_asks_and_the_answer_is_taken(agency_shapefile: Build, read: Read) -> None:
    path = agency_shapefile({"use": ["къща", "склад"]})
    with pytest.raises(InputError) as caught:
        read(path)
    assert "--encoding" in caught.value.hint
    assert "cp1251: къща" in caught.value.hint
    assert read(path, encoding="cp1251").frame["building_use"].tolist() == ["къща", "склад"]


def test_columns_that_are_not_stored_need_no_encoding(agency_shapefile: Build, read: Read) -> None:
    path = agency_shapefile({"ref": ["1", "2"], "remark": ["къща", "склад"]})
    assert read(path).frame["ref"].tolist() == ["1", "2"]


def test_a_column_name_that_cannot_be_told_asks(agency_shapefile: Build, read: Read) -> None:
    path = agency_shapefile({"ref": ["1", "2"], "предназн": ["a", "b"]})
    with pytest.raises(InputError, match="cannot be told"):
        read(path)


def test_feature_by_feature_gives_the_same(tmp_path: Path) -> None:
    from regularize.intake import bulk, shapefile

    path = fifty(tmp_path)
    content = shapefile.archive_of(path.read_bytes(), path.with_suffix(".shx").read_bytes())
    fast, none = bulk.read_archive(path, content, 50)
    slow, faults = bulk.one_by_one(path, content, 50)
    assert none == faults == {}
    assert [a.equals(b) for a, b in zip(fast, slow, strict=True)] == [True] * 50


@pytest.mark.parametrize(("cpg", "driver"), [("1251", 0), (None, 0xC9)])
def test_a_declared_encoding_is_taken(
    cpg: str | None, driver: int, agency_shapefile: Build, read: Read
) -> None:
    path = agency_shapefile({"use": ["къща", "склад"]}, cpg=cpg, language_driver=driver)
    delivery = read(path)
    assert delivery.frame["building_use"].tolist() == ["къща", "склад"]
    assert delivery.source.encoding == "cp1251"


def test_a_wrong_declaration_is_noted(agency_shapefile: Build, read: Read) -> None:
    path = agency_shapefile({"use": NAMES}, cpg="UTF-8")
    delivery = read(path)
    assert delivery.frame["building_use"].tolist() == NAMES
    assert "ENCODING_CONTRADICTED" in codes(delivery)


def test_destroyed_letters_are_reported(agency_shapefile: Build, read: Read) -> None:
    delivery = read(agency_shapefile({"use": ["?????", "house"]}))
    assert codes(delivery) == ["UNRECOVERABLE_TEXT"]


def test_a_letter_cut_by_the_field_is_said(agency_shapefile: Build, read: Read) -> None:
    names = ["Здравец", "дом 1234567, улица Крайречна"]  # the field holds 40 bytes, the last is half a letter
    delivery = read(agency_shapefile({"use": names}, encoding="utf-8", cpg="UTF-8"))
    assert delivery.frame["building_use"].tolist() == [names[0], "дом 1234567, улица Крайре"]
    assert codes(delivery) == ["TRUNCATED_TEXT"]
    (issue,) = delivery.issues
    assert issue.feature == 1
    assert "feature 2: column use" in issue.message


@pytest.mark.parametrize("member", [".dbf", ".shx"])
def test_a_missing_member_is_one_clear_message(member: str, tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "buildings.shp", [square()], ref=["a"])
    path.with_suffix(member).unlink()
    with pytest.raises(InputError) as caught:
        read(path)
    assert f"buildings{member}" in caught.value.message


def test_a_missing_prj_asks_for_the_crs(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "buildings.shp", [square()], ref=["a"])
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError) as caught:
        read(path)
    assert "--crs" in caught.value.hint
    assert read(path, crs="EPSG:25830").source.n_read == 1


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.99])
def test_a_cut_shp_loses_nothing_silently(share: float, tmp_path: Path, read: Read) -> None:
    path = write(
        tmp_path / "buildings.shp", [square(20 * at) for at in range(50)], ref=[str(at) for at in range(50)]
    )
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    delivery = read(path)
    assert delivery.source.n_read == 50
    assert delivery.quarantine
    assert {q.code for q in delivery.quarantine} == {"TRUNCATED"}
    assert delivery.quarantine[-1].attributes["ref"] == "49"
    assert codes(delivery)[0] == "FILE_TRUNCATED"


def test_a_cut_dbf_loses_nothing_silently(tmp_path: Path, read: Read) -> None:
    path = write(
        tmp_path / "buildings.shp", [square(20 * at) for at in range(50)], ref=[str(at) for at in range(50)]
    )
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[: len(dbf.read_bytes()) // 2])
    delivery = read(path)
    assert delivery.source.n_read == 50
    assert {q.code for q in delivery.quarantine} == {"TRUNCATED"}


def test_members_of_two_deliveries_are_refused(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "buildings.shp", [square(), square(50)], ref=["a", "b"])
    other = write(tmp_path / "other.shp", [square()], ref=["a"])
    path.with_suffix(".dbf").write_bytes(other.with_suffix(".dbf").read_bytes())
    with pytest.raises(InputError, match=r"2 rows in .shx, 1 rows in .dbf"):
        read(path)


def test_deleted_records_are_named(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "buildings.shp", [square(), square(50)], ref=["a", "b"])
    dbf = path.with_suffix(".dbf")
    data = bytearray(dbf.read_bytes())
    data[int.from_bytes(data[8:10], "little")] = ord("*")
    dbf.write_bytes(bytes(data))
    assert [q.code for q in read(path).quarantine] == ["DELETED_RECORD"]


def test_upper_case_endings(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "buildings.shp", [square()], ref=["a"])
    for file in list(tmp_path.iterdir()):
        file.rename(file.with_suffix(file.suffix.upper()))
    assert len(read(path.with_suffix(".SHP")).frame) == 1


def test_the_hash_follows_every_member(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "buildings.shp", [square()], ref=["a"])
    first = read(path).source.sha256
    (tmp_path / "sub").mkdir()
    same = write(tmp_path / "sub" / "houses.shp", [square()], ref=["a"])
    same.with_suffix(".dbf").write_bytes(path.with_suffix(".dbf").read_bytes())
    assert read(same).source.sha256 == first
    other = write(tmp_path / "buildings.shp", [square()], ref=["c"])
    assert read(other).source.sha256 != first


@pytest.mark.parametrize("damage", ["dbf header", "shx cut", "no header"])
def test_damage_is_said(damage: str, tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "buildings.shp", [square(), square(30)], ref=["a", "b"])
    if damage == "dbf header":
        path.with_suffix(".dbf").write_bytes(b"\x03\x00")
    elif damage == "shx cut":
        path.with_suffix(".shx").write_bytes(path.with_suffix(".shx").read_bytes()[:-4])
    else:
        path.with_suffix(".shx").write_bytes(b"x" * 200)
    with pytest.raises(InputError, match="damaged"):
        read(path)


def test_layers_are_listed(tmp_path: Path) -> None:
    path = write(tmp_path / "buildings.shp", [square(), square(30)], ref=["a", "b"])
    (info,) = layers_in(path)
    assert (info.name, info.family, info.n, info.crs) == ("buildings", "polygon", 2, "EPSG:25830")


def test_an_empty_shapefile_is_no_error(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "buildings.shp", [square()], ref=["a"])
    empty = bytearray(path.read_bytes()[:100])
    empty[24:28] = (50).to_bytes(4, "big")
    path.write_bytes(bytes(empty))
    path.with_suffix(".shx").write_bytes(bytes(empty))
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[4:8] = bytes(4)
    path.with_suffix(".dbf").write_bytes(bytes(dbf))
    delivery = read(path)
    assert delivery.source.n_read == 0
    assert delivery.frame.empty
