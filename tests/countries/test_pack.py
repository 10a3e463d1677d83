"""The packs are complete in both languages, and a broken file says which one it is."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from regularize import layers, model
from regularize.countries import Pack, available, load, read_profile
from regularize.errors import InputError, OptionError
from regularize.i18n import LANGUAGES

PACKS = available()


def wanted_labels() -> Iterable[str]:
    for layer in (*layers.LAYERS, *layers.DERIVED):
        yield f"layer.{layer.name}"
        yield f"kind.{layer.kind}"
        for column in (*layers.COMMON, *layer.columns):
            yield f"column.{column.name}"
        for origin in layer.origins:
            yield f"origin.{origin}"
    for audience in layers.AUDIENCES:
        yield f"audience.{audience}"
    for prefix, words in (
        ("class", (*model.BuildingClass, *model.PlotClass)),
        ("grade", model.Grade),
        ("review", model.ReviewState),
        ("verdict", model.Verdict),
        ("not_assessed", model.NotAssessed),
        ("severity", model.Severity),
    ):
        for word in words:
            yield f"{prefix}.{word.value}"
    for kind in ("building", "plot"):
        yield f"kind.{kind}"
    for state in ("present", "missing", "unknown"):
        yield f"document.{state}"


@pytest.fixture(params=PACKS)
def pack(request: pytest.FixtureRequest) -> Pack:
    return load(request.param)


def test_both_packs_stand() -> None:
    assert PACKS == ("bg", "generic")


def test_every_word_of_the_house_has_a_label(pack: Pack) -> None:
    missing = sorted({key for key in wanted_labels() if not pack.has_label(key)})
    assert missing == []


def test_bulgarian_labels_are_bulgarian(pack: Pack) -> None:
    """No label was left in the other language; the letters of a grade are the only Latin ones."""
    for key, words in pack.labels.items():
        assert set(words) == set(LANGUAGES), key
        if not key.startswith("unit."):
            assert any("а" <= letter <= "я" for letter in words["bg"].casefold()), key
        assert not any("а" <= letter <= "я" for letter in words["en"].casefold()), key


def test_labels_are_neutral(pack: Pack) -> None:
    banned = ("illegal", "незакон", "violation", "squatter", "самоволн", "нарушител")
    texts = [text for words in pack.labels.values() for text in words.values()]
    texts += [
        text for rule in pack.rules.values() for words in (rule.title, rule.text) for text in words.values()
    ]
    assert not [text for text in texts if any(word in text.casefold() for word in banned)]


def test_label_falls_back_to_parent_then_to_the_key() -> None:
    bg, generic = load("bg"), load("generic")
    assert bg.label("review.new", "bg") == generic.label("review.new", "bg")
    assert bg.label("column.identifier", "bg") != generic.label("column.identifier", "bg")
    assert bg.label("ownership.4", "bg") == "Общинска частна"
    assert bg.label("nothing.at_all", "en") == "at_all"


def test_every_rule_is_complete(pack: Pack) -> None:
    for code, rule in pack.rules.items():
        assert code == code.upper() or rule.kind == "class", code
        for words in (rule.title, rule.text):
            assert set(words) == set(LANGUAGES), code
        for words in (rule.trap, rule.example):
            assert set(words) in (set(), set(LANGUAGES)), code
        assert (rule.severity is not None) == (rule.kind == "issue") or rule.kind != "issue", code


def test_every_code_and_group_is_known(pack: Pack) -> None:
    for name, codes in pack.code_lists.items():
        for code, words in codes.items():
            assert set(words) == set(LANGUAGES), (name, code)
    for name, groups in pack.groups.items():
        for group, codes in groups.items():
            assert codes, (name, group)
            assert codes <= set(pack.codes(name)), (name, group)


def test_generic_has_no_law_and_no_place() -> None:
    generic = load("generic")
    assert (generic.law, generic.crs, generic.extent, generic.identifier) == (False, None, None, None)
    assert generic.parameters == {}


def test_bulgaria_has_its_place() -> None:
    bg = load("bg")
    assert (bg.law, bg.crs) == (True, "EPSG:7801")
    assert bg.extent is not None
    minx, miny, maxx, maxy = bg.extent
    for easting, northing in ((321559, 4731436), (440737, 4668441), (696181, 4789304), (289736, 4875974)):
        assert minx < easting < maxx
        assert miny < northing < maxy


def test_sigmas_are_there_for_every_origin(pack: Pack) -> None:
    for origin in ("cadastre", "survey", "plan"):
        assert 0 < pack.sigma(origin).value_m < 5
        assert pack.sigma(origin).basis


def test_unknown_names_list_what_there_is() -> None:
    with pytest.raises(OptionError) as caught:
        load("xx")
    assert "bg, generic" in caught.value.hint
    with pytest.raises(OptionError) as caught:
        load("bg").profile("nothing")
    assert "kais" in caught.value.hint
    with pytest.raises(OptionError):
        load("bg").rule("NO_SUCH_CODE")


GOOD = 'law = false\n[title]\nbg = "Проба"\nen = "Trial"\n'


def trial(root: Path, name: str, content: str, pack: str = GOOD) -> Pack:
    folder = root / "trial"
    (folder / "profiles").mkdir(parents=True)
    (folder / "pack.toml").write_text(pack, encoding="utf-8")
    (folder / name).write_text(content, encoding="utf-8")
    return load("trial", root=root)


WORDS = "{bg='а', en='a'}"
UNKNOWN_ENTRY = f"[X]\nkind = 'rule'\ntitle = {WORDS}\ntext = {WORDS}\ntrp = {WORDS}"
ROW_WITHOUT_SOURCE = f"[acts.a]\ntitle = {WORDS}\n[p]\ntitle = {WORDS}\nact = 'a'\nrows = [{{value = 1}}]"


@pytest.mark.parametrize(
    ("name", "content", "attribute"),
    [
        ("labels.toml", "[class]\na = {bg = 'а'}", "labels"),
        ("labels.toml", "no toml at all", "labels"),
        ("rules_x.toml", "[X]\nkind = 'issue'\ntitle = {bg='а', en='a'}\ntext = {bg='а', en='a'}", "rules"),
        ("rules_x.toml", "[X]\nkind = 'odd'\ntitle = {bg='а', en='a'}\ntext = {bg='а', en='a'}", "rules"),
        ("rules_x.toml", "[X]\nkind = 'rule'\ntitle = {bg='а', en='a'}", "rules"),
        ("rules_x.toml", UNKNOWN_ENTRY, "rules"),
        ("detection.toml", "[t]\nvalue = 1.0\nunit = 'm'", "thresholds"),
        ("parameters.toml", ROW_WITHOUT_SOURCE, "parameters"),
        ("parameters.toml", "[p]\ntitle={bg='а',en='a'}\nact='nowhere'\nrows=[]", "parameters"),
        ("profiles/p.toml", "columns = {parcels = {ref = 'id'}}", "profiles"),
        ("profiles/p.toml", "sigma_m = -1\n[columns]", "profiles"),
        ("profiles/p.toml", "[columns]\n[patterns]\nparcels = ['(']", "profiles"),
    ],
)  # fmt: skip
def test_broken_file_is_named(tmp_path: Path, name: str, content: str, attribute: str) -> None:
    broken = trial(tmp_path, name, content)
    with pytest.raises(InputError) as caught:
        getattr(broken, attribute)
    assert f"trial/{name}" in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_broken_pack_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        trial(
            tmp_path, "labels.toml", "", pack=GOOD.replace("law = false", "extent = [1.0, 2.0]\nlaw = false")
        )
    assert "trial/pack.toml" in caught.value.message


def test_same_code_in_two_files_is_an_error(tmp_path: Path) -> None:
    record = "[X]\nkind = 'rule'\ntitle = {bg='а', en='a'}\ntext = {bg='а', en='a'}\n"
    doubled = trial(tmp_path, "rules_a.toml", record)
    (doubled.folder / "rules_b.toml").write_text(record, encoding="utf-8")
    with pytest.raises(InputError, match=r"rules_b\.toml"):
        _ = doubled.rules


def test_users_own_profile_is_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[columns.buildings]\nstoreys = ['nivoa']\n", encoding="utf-8")
    profile = read_profile(file)
    assert profile.assign("buildings", ["REF", "Nivoa"]) == {"ref": "REF", "storeys": "Nivoa"}
