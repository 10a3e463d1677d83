"""Checks of values: identifiers, codes of the registers, areas, storeys.

Nothing is corrected here. A repair is proposed in words where it is certain what was meant.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from regularize.countries import Pack
from regularize.i18n import language
from regularize.i18n import translate as _
from regularize.intake.known import Known
from regularize.intake.rows import Ledger
from regularize.layers import Layer
from regularize.model import Severity

# column -> name of its code list in the pack
_CODE_LISTS = {
    "ownership_kind": "ownership",
    "territory_purpose": "territory_purpose",
    "land_use_code": "land_use",
    "function_code": "building_function",
    "construction_code": "construction",
    "land_owner_category": "land_owner_category",
}
_MOST_SHOWN = 40
_KIND_OF = {"parcels": "parcel", "buildings": "building"}
_EKATTE_DIGITS = 5
# What a spreadsheet makes of an identifier: one decimal number, or powers of ten.
_SPREADSHEET = re.compile(r"\d+[.,]\d+|\d+([.,]\d+)?[eE]\+?\d+|\d+([.,]0+)?")


def check_identifiers(
    identifiers: Sequence[str | None], target: Layer, pack: Pack, known: Known, ledger: Ledger
) -> tuple[list[str | None], list[str | None]]:
    """Identifiers in the form of the pack; what has another form is kept as it stands and noted.

    What concerns a settlement, not a row, is said once.

    Returns
    -------
    list, list
        Identifiers, and the settlement that each names (None where it has not the form).
    """
    module = pack.identifier
    settlements: list[str | None] = [None] * len(identifiers)
    if module is None:
        return list(identifiers), settlements
    found: list[str | None] = []
    said: set[str] = set()
    foreign: Counter[str] = Counter()
    expected = _KIND_OF.get(target.name)
    for row, identifier in enumerate(identifiers):
        if identifier is None:
            found.append(None)
            continue
        compact = module.compact(identifier)
        if not module.is_valid(compact):
            found.append(identifier)
            _note_form(row, compact, pack, ledger)
            continue
        found.append(compact)
        if expected is not None and module.kind(compact) != expected:
            _note_depth(row, module.kind(compact), expected, ledger)
        settlements[row] = settlement = compact.split(".", 1)[0]
        if known.own and settlement not in known.own:
            foreign[settlement] += 1
        for code in module.warnings(compact):
            once = f"{code}:{settlement}" if code == "EKATTE_CHECK_DIGIT" else f"{code}:{row}"
            if once not in said:
                said.add(once)
                ledger.warn(row, code, pack.rule(code).title[language()])
    for settlement, n in sorted(foreign.items()):
        ledger.note(
            "IDENTIFIER_OTHER_SETTLEMENT",
            _("{n} identifiers are of settlement {code}, which is not of this project").format(
                n=n, code=settlement
            ),
        )
    _note_missing(found, target, ledger)
    return found, settlements


def _note_form(row: int, compact: str, pack: Pack, ledger: Ledger) -> None:
    module = pack.identifier
    settlement, _dot, rest = compact.partition(".")
    padded = f"{settlement.zfill(_EKATTE_DIGITS)}.{rest}"
    if module is not None and settlement.isdigit() and module.is_valid(padded):
        text = _("its settlement lacks leading zeros; it was probably {padded}, and is kept as it stands")
        ledger.warn(row, "IDENTIFIER_LEADING_ZEROS", text.format(padded=padded))
    elif _SPREADSHEET.fullmatch(compact):
        text = _("the identifier has become a number, as spreadsheets make of it; part of it is lost")
        ledger.warn(row, "IDENTIFIER_AS_NUMBER", text)
    else:
        ledger.warn(row, "IDENTIFIER_FORM", _("the identifier does not have the form of the cadastre"))


def _note_depth(row: int, kind: str, expected: str, ledger: Ledger) -> None:
    words = {"parcel": _("a parcel"), "building": _("a building"), "unit": _("a unit in a building")}
    ledger.warn(
        row,
        "IDENTIFIER_DEPTH",
        _("its identifier is that of {kind}, and the row should be {expected}").format(
            kind=words[kind], expected=words[expected]
        ),
    )


def _note_missing(identifiers: Sequence[str | None], target: Layer, ledger: Ledger) -> None:
    if target.name not in _KIND_OF:
        return
    missing = [row for row, text in enumerate(identifiers) if text is None]
    if missing and len(missing) == len(identifiers):
        ledger.note("IDENTIFIER_MISSING", _("no row has an identifier: nothing can be joined to it"))
        return
    for row in missing:
        ledger.warn(row, "IDENTIFIER_MISSING", _("the row has no identifier"))


def check_codes(values: Mapping[str, Sequence[Any]], target: Layer, pack: Pack, ledger: Ledger) -> None:
    """Values that are in no code list of the pack, once per value, at its first row."""
    for column in target.columns:
        codes = pack.code_lists.get(_CODE_LISTS.get(column.name, ""))
        if codes is None or column.name not in values:
            continue
        counts = Counter(value for value in values[column.name] if value is not None)
        for value, n in sorted(counts.items()):
            if value not in codes:
                row = values[column.name].index(value)
                ledger.warn(
                    row,
                    "CODE_UNKNOWN",
                    _("column {column}: {value} is in no code list ({n} rows); kept as it stands").format(
                        column=column.name, value=value[:_MOST_SHOWN], n=n
                    ),
                    severity=Severity.INFO,
                )


def check_measures(
    values: Mapping[str, Sequence[Any]],
    rows: NDArray[np.int64],
    geometries: NDArray[Any],
    pack: Pack,
    ledger: Ledger,
) -> None:
    """Register areas against outlines, and storeys against what stands.

    Parameters
    ----------
    rows : array of int
        Positions that will be stored.
    geometries : array
        All rows, in the project's CRS.
    """
    limits = pack.thresholds
    if "area_register_m2" in values:
        stated = np.array([values["area_register_m2"][row] for row in rows.tolist()], dtype=float)
        drawn = shapely.area(geometries[rows])
        limit = np.maximum(limits["area_differs_m2"], limits["area_differs_share"] * drawn)
        for at in np.flatnonzero(np.abs(stated - drawn) > limit).tolist():
            row = int(rows[at])
            ledger.warn(
                row,
                "AREA_DIFFERS",
                _("the register says {stated:.2f} m², its outline has {drawn:.2f} m²").format(
                    stated=stated[at], drawn=drawn[at]
                ),
                geometries[row],
            )
    for row in rows.tolist() if "storeys" in values else ():
        storeys = values["storeys"][row]
        if storeys is not None and not 0 <= storeys <= limits["storeys_most"]:
            ledger.warn(
                row, "STOREYS_ABSURD", _("{n} storeys are not possible").format(n=storeys), geometries[row]
            )
