"""Personal data is found and masked; coordinates, identifiers and streets are left alone."""

from datetime import date, timedelta
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.bg import egn, pnf

from regularize.countries import load
from regularize.layers import DERIVED, LAYERS
from regularize.privacy import (
    MASK,
    find_personal,
    is_personal_column,
    is_special_category_column,
    personal_words,
    redact,
)


def nobodys_egn(born: date, serial: int) -> str:
    """A valid number of somebody born in 2090-2099, so nobody's yet."""
    assert 2090 <= born.year <= 2099
    body = f"{born.year % 100:02d}{born.month + 40:02d}{born.day:02d}{serial:03d}"
    return body + egn.calc_check_digit(body)


EGN = nobodys_egn(date(2095, 5, 12), 123)
LNCH = "900000001" + pnf.calc_check_digit("900000001")
EGNS = st.builds(
    lambda days, serial: nobodys_egn(date(2090, 1, 1) + timedelta(days=days), serial),
    st.integers(0, 3651),
    st.integers(0, 999),
)


def kinds(text: str, context: str = "") -> list[str]:
    return [hit.kind for hit in find_personal(text, context=context)]


@settings(deadline=None, max_examples=80)
@given(EGNS, st.sampled_from([(6,), (6, 9), (2, 4, 6), (2, 4, 6, 8)]), st.sampled_from(" -\u00a0–"))
def test_national_number_is_found_however_it_is_grouped(
    number: str, splits: tuple[int, ...], gap: str
) -> None:
    parts = [number[a:b] for a, b in zip((0, *splits), (*splits, 10), strict=True)]
    text = f"подал заявление {gap.join(parts)}, гр. Пример"
    assert kinds(text) == ["egn"]
    masked, count = redact(text)
    assert count == 1
    assert not any(part in masked for part in parts if len(part) > 3)


@settings(deadline=None, max_examples=80)
@given(EGNS)
def test_national_number_is_found_inside_other_text(number: str) -> None:
    for text in (
        number,
        f"ЕГН{number}",
        f"scan_{number}.shp",
        f"12,{number},5",
        f"{number}.0",
        f"№{number}.",
    ):
        assert redact(text) == (text.replace(number, MASK), 1), text


@settings(deadline=None, max_examples=200)
@given(st.integers(4_567_135_000, 4_900_733_000), st.integers(243_136_0000, 751_061_0000))
def test_bare_coordinates_are_never_national_numbers(northing_mm: int, easting_tenth_mm: int) -> None:
    northing, easting = f"{northing_mm / 1000:.3f}", f"{easting_tenth_mm / 10000:.4f}"
    for text in (northing, easting, f"{northing} {easting}", f"17 {northing} {easting} 560.12 кота"):
        assert find_personal(text) == []


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(1, 99999), min_size=2, max_size=4), st.integers(0, 99999))
def test_identifiers_are_never_national_numbers(fields: list[int], settlement: int) -> None:
    assert find_personal(f"{settlement:05d}." + ".".join(map(str, fields))) == []


@pytest.mark.parametrize(
    "text",
    [
        "4725824.359",
        "441015.1234",
        "68134.4081.2048",
        "321559.123 4731436.456",
        "23.9041012345 42.6977082211",
        "2026-11-01 12:30:45",
        "УПИ XXI-2308, кв. 133",
        "T-68134-12",
        "12345678901234567890",
        "0.887654321",
        "0,8 м; 12 3456 7890 12 3456 7890",
        "ул. Христо Ботев",
        "Иван Вазов",
        "ул. „Георги Стойков Раковски“ № 5",
        "бул. „Акад. Иван Евстратиев Гешов“",
        "Община Стара Загора",
        "собственик: Община Пловдив",
        "Изпълнителна агенция Пътна инфраструктура",
        "Жилищна сграда - еднофамилна",
    ],
)
def test_what_is_not_personal_is_left_alone(text: str) -> None:
    assert redact(text) == (text, 0)


def test_mistyped_number_counts_after_its_name_only() -> None:
    wrong = EGN[:-1] + str((int(EGN[-1]) + 1) % 10)
    assert kinds(wrong) == []
    assert kinds(f"ЕГН: {wrong}") == ["egn"]
    assert kinds(f"ЕГН {wrong[:6]}.{wrong[6:]}") == ["egn"]


def test_number_that_lost_its_leading_zero() -> None:
    body = "022101000"  # 1 January 1802: years 90-99 have no leading zero, and nobody is alive
    short = (body + egn.calc_check_digit(body))[1:]
    assert egn.is_valid("0" + short)
    assert kinds(f"ЕГН {short}") == ["egn"]
    assert kinds(short) == []


def test_number_of_a_foreigner_needs_context() -> None:
    assert pnf.is_valid(LNCH)
    assert not egn.is_valid(LNCH)
    assert kinds(LNCH) == []
    assert kinds(f"ЛНЧ {LNCH}") == ["lnch"]
    assert kinds(f"лице с ЛНЧ, издаден в гр. Пример, {LNCH}") == ["lnch"]


@pytest.mark.parametrize(
    "text",
    [
        "0888 123 456",
        "+359 88 812 3456",
        "00359888123456",
        "088/812-34-56",
        "GSM: 0988123456",
        "тел. 02 987 6543",
        "тел.: 2345678",
    ],
)
def test_telephones(text: str) -> None:
    assert kinds(text) == ["phone"]


@pytest.mark.parametrize(
    "text",
    [
        "Собственик: Примера Примеров",
        "наследници на Примерко Примеров",
        "Примерко Образцов Примеров",
        "ПРИМЕРКО ОБРАЗЦОВ ПРИМЕРОВ",
        "Primerko Obraztsov Primerov",
        "по молба на Примера Образцова Примерска-Образцова от днес",
    ],
)
def test_names_of_persons(text: str) -> None:
    assert kinds(text) == ["name"]


def test_street_named_in_full_is_kept_in_a_name_column_but_its_numbers_are_not() -> None:
    assert kinds("Примерко Образцов Примеров", "name") == []
    assert kinds(f"Примерко Образцов Примеров {EGN}", "name") == ["egn"]


def test_whole_value_of_a_personal_column_is_masked() -> None:
    assert redact("Примерко", context="СОБСТВЕНИК") == (MASK, 1)
    assert kinds("несъществуващ", "egn_sobst") == ["egn"]
    assert kinds("123", "тел") == ["phone"]
    assert kinds("х", "ел_поща") == ["email"]
    assert redact("", context="собственик") == ("", 0)


def test_addresses_that_run_into_each_other_are_masked_whole() -> None:
    """Found by fuzzing: the second address began within the first and stayed."""
    assert redact("a.b@example.org..c@example.net") == (MASK, 1)
    assert redact("a.b@example.org, c@example.net") == (f"{MASK}, {MASK}", 2)


def test_several_hits_come_in_order_and_all_are_masked() -> None:
    masked, count = redact(f"a.b@example.org, 0888123456, ЕГН {EGN}, край")
    assert masked == f"{MASK}, {MASK}, ЕГН {MASK}, край"
    assert count == 3


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=80))
def test_any_text_is_taken_and_masking_is_final(text: str) -> None:
    hits = find_personal(text)
    assert all(0 <= a.start < a.end <= len(text) for a in hits)
    assert all(a.end <= b.start for a, b in pairwise(hits))
    masked, count = redact(text)
    assert count >= len(hits)
    assert (count == 0) == (masked == text) == (not hits)
    assert find_personal(masked) == []


GROUPED = EGNS.flatmap(
    lambda number: st.sampled_from(
        [number, f"{number[:6]} {number[6:]}", f"{number[:6]}-{number[6:]}", number[:9]]
    )
)
# Pieces that hide, join or reveal each other once one of them is masked.
PIECES = st.one_of(
    GROUPED,
    st.sampled_from(
        ["ЕГН", "ЛНЧ ", "чужденец ", "тел. ", "собственик ", "ул. ", "№", "2", "А. ", "_", ".0", "\n"]
    ),
    st.sampled_from(
        ["Примерко Образцов Примеров", "a@b.example", "@", "0888123456", "+359 888 123 456", "\u00a0"]
    ),
    st.text("0123456789 .,;-/@_аяАЯazAZ", max_size=5),
)


@settings(deadline=None, max_examples=400)
@given(st.lists(PIECES, max_size=10).map("".join))
def test_masking_is_final_however_the_pieces_touch(text: str) -> None:
    masked, count = redact(text)
    assert find_personal(masked) == []
    assert redact(masked) == (masked, 0)
    assert (count == 0) == (masked == text)
    position = 0  # what is left is of the text, in its order
    for kept in masked.split(MASK):
        position = text.find(kept, position)
        assert position >= 0
        position += len(kept)
    assert personal_words(text) or count == 0


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"Примерко Образцов Примеров{EGN}", MASK * 2),  # a digit behind hid the name
        ("Примерко Образцов Примеров0888123456", MASK * 2),
        (f"{EGN[:6]} {EGN[6:]}, ЕГН {EGN}", f"{MASK}, ЕГН {MASK}"),  # a list of numbers is measurements
    ],
)
def test_what_a_mask_reveals_is_masked_too(text: str, masked: str) -> None:
    """Found by fuzzing: the second of two that touched stayed."""
    assert redact(text) == (masked, 2)


def test_what_needs_too_many_rounds_is_masked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regularize.privacy.text._MOST_ROUNDS", 1)
    assert redact("бележка") == ("бележка", 0)
    assert redact("при Примерко Образцов Примеров0888123456") == (MASK, 1)
    rest = f"при Примерко Образцов Примеров{MASK}"
    assert personal_words("при Примерко Образцов Примеров0888123456") == {"0888123456", rest}


PERSONAL = [
    "собственик",
    "СОБСТВЕНИК",
    "Собственик1",
    "owner",
    "Owner_Name",
    "ownerName",
    "ownername",
    "име",
    "фамилия",
    "презиме",
    "ЕГН",
    "egn",
    "EGN_SOBST",
    "тел",
    "телефон",
    "phone",
    "PhoneNumber",
    "email",
    "e-mail",
    "ел_поща",
    "наемател",
    "обитател",
    "tenant",
    "tenants1",
    "occupant",
    "name",
    "surname",
    "first_name",
    "IME_SOB",
    "лице_име",
    "собст",
    "наема",
    "occupant_n",
    "наследници",
]
HARMLESS = [
    "filename",
    "file_name",
    "площ",
    "предназначение",
    "предназнач",
    "предн",
    "area",
    "лице",
    "лице_м",
    "лице (м)",
    "вид_собственост",
    "вид_собст",
    "sobstvenos",
    "ownership",
    "ownership_kind",
    "land_owner_category",
    "етажи",
    "номер",
    "имот",
    "имоти",
    "intel",
    "hotel",
    "residential",
    "ref",
    "fid",
    "n_20240101",
    "e_12345678",
    "ползв",
    "ползване",
    "street_name",
    "улица_име",
    "strename",
    "propcode",
    "regime",
    "time",
    "cell",
    "invalid",
    "validate",
    "порода",
]
SPECIAL = [
    "етнос",
    "етническа принадлежност",
    "етнич",
    "ethnic_group",
    "roma",
    "ромски",
    "religion",
    "религия",
    "health",
    "майчин_език",
    "народност",
]


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_columns(name: str) -> None:
    assert is_personal_column(name)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_columns(name: str) -> None:
    assert not is_personal_column(name)
    assert not is_special_category_column(name)


@pytest.mark.parametrize("name", SPECIAL)
def test_special_category_columns(name: str) -> None:
    assert is_special_category_column(name)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("cp1251", "latin-1"), ("cp1251", "cp866"), ("cp866", "cp1251"), ("utf-8", "latin-1")],
)
def test_names_in_the_wrong_encoding(right: str, wrong: str) -> None:
    for name in ("собственик", "ЕГН", "фамилия"):
        assert is_personal_column(name.encode(right).decode(wrong))
    for name in ("площ", "предназначение", "етажи", "имот", "номер", "дата", "ширина"):
        garbled = name.encode(right).decode(wrong, errors="ignore")
        assert not is_personal_column(garbled), name
        assert not is_special_category_column(garbled), name
    assert is_special_category_column("етнос".encode(right).decode(wrong))


@pytest.mark.parametrize("kind", ["streets", "areas", "plan_parts", "regulated_plots"])
def test_things_have_names(kind: str) -> None:
    for name in ("name", "име", "Наименование", "name_bg"):
        assert is_personal_column(name, "buildings")
        assert not is_personal_column(name, kind)
    assert is_personal_column("first_name", kind)
    assert is_personal_column("собственик", kind)


def test_no_column_of_the_contracts_is_personal() -> None:
    for layer in (*LAYERS, *DERIVED):
        for column in layer.columns:
            assert not is_personal_column(column.name, layer.kind), (layer.name, column.name)
            assert not is_special_category_column(column.name)


def test_no_profile_reads_a_personal_column() -> None:
    for code in ("bg", "generic"):
        for profile in load(code).profiles.values():
            for kind, columns in profile.columns.items():
                for names in columns.values():
                    for name in names:
                        assert not is_personal_column(name, kind), (profile.name, kind, name)
                        assert not is_special_category_column(name), (profile.name, kind, name)


@pytest.mark.parametrize("text", ["1 " * 3000, "а" * 60_000 + "@", "9." * 10_000, "Примеров " * 3000])
def test_hostile_text_takes_no_time(text: str) -> None:
    started = process_time()
    find_personal(text)
    assert process_time() - started < 10
