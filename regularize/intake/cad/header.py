"""What the header of a ``.cad`` file says: settlement, version, and where its coordinates lie."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pyproj import CRS

from regularize.intake.cad.records import metres
from regularize.intake.values import as_date

_CADASTRAL = 7801
# BGS2005 / UTM with easting first, by zone.
_UTM = {"34": 7803, "35": 9391}
_OLD_YEARS = ("1930", "1950", "1970")
_EKATTE = re.compile(r"\b(\d{5})\b")
_SOFIA = re.compile(r"(?i)sof|соф")


@dataclass(frozen=True)
class CoordinateSystem:
    """What COORDTYPE means.

    Parameters
    ----------
    state : {"known", "old", "unknown", "missing"}
        Old systems cannot be placed with the accuracy that plots need.
    crs : CRS or None
        Easting first; None unless known.
    text : str
        As written, for messages.
    """

    state: Literal["known", "old", "unknown", "missing"]
    crs: CRS | None
    text: str


def coordinate_system(raw: bytes | None) -> CoordinateSystem:
    """Read COORDTYPE: ``type, heights[, zone]``.

    Examples
    --------
    >>> coordinate_system(b"2005 UTM, EVRS, 35").crs.to_epsg()
    9391
    >>> coordinate_system(b"1970, EVRS, K9").state
    'old'
    """
    if not raw:
        return CoordinateSystem("missing", None, "")
    for encoding in ("utf-8", "cp1251"):
        text = raw.decode(encoding, errors="replace")
        if "\ufffd" not in text:
            break
    name, *others = (part.strip() for part in text.split(","))
    shown = ", ".join(part for part in (name, *others[1:]) if part.isprintable() and part.isascii())
    zone = others[-1] if others and others[-1] in _UTM else None
    words = name.upper().split()
    if sorted(words) == ["2005", "UTM"]:
        if zone is None:
            return CoordinateSystem("unknown", None, shown)
        return CoordinateSystem("known", CRS.from_epsg(_UTM[zone]), shown)
    if words == ["2005"] and zone is None:
        return CoordinateSystem("known", CRS.from_epsg(_CADASTRAL), shown)
    if words and (words[0] in _OLD_YEARS or _SOFIA.search(name)):
        return CoordinateSystem("old", None, shown)
    return CoordinateSystem("unknown", None, shown)


def settlement(header: dict[str, bytes]) -> str | None:
    """The EKATTE code; in version 2.00 it stands under EKNM."""
    for key in ("EKATTE", "EKNM"):
        found = _EKATTE.search(header.get(key, b"").decode("ascii", errors="replace"))
        if found:
            return found.group(1)
    return None


def reference(header: dict[str, bytes]) -> tuple[float, float] | None:
    """(east, north) of the reference point in metres; the file writes north first."""
    tokens = header.get("REFERENCE", b"").split()
    north, east = (metres(tokens[0]), metres(tokens[1])) if len(tokens) >= 2 else (None, None)
    return None if north is None or east is None else (east, north)


def version(header: dict[str, bytes]) -> str:
    """The version as written; empty where none is."""
    text = header.get("VERSION", b"").decode("ascii", errors="replace")
    return text if re.fullmatch(r"[\d.]{1,8}", text) else ""


def written_on(header: dict[str, bytes]) -> date | None:
    """The day of the extract."""
    return day(header.get("DATE", b""))


def day(raw: bytes) -> date | None:
    """A date ``dd.mm.yyyy``; None where there is none."""
    return as_date(raw.decode("ascii", errors="replace"))
