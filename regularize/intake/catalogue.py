"""Which checks of the catalogue are made on a delivery: a report may only praise what was looked at."""

from collections.abc import Collection, Mapping

from regularize.countries import Pack
from regularize.intake.between import APART, CLOSED, OF_BUILDINGS, STANDING
from regularize.layers import Layer

# rules_<name>.toml whose checks every delivery goes through.
_ALWAYS = ("intake", "checks", "identifier")
# What the reader of a batch is called -> the rules of its format.
_OF_READERS = {
    "cad": "cad",
    "dxf": "dxf",
    "kml": "xml",
    "gml": "xml",
    "points": "points",
    "csv": "points",
    "odk": "points",
}
# Codes of one format that stand among those of all.
_ONLY = {
    "DELETED_RECORD": "shapefile",
    "ARCHIVE_MEMBER_LEFT": "shapefile",
    "TRUNCATED": "shapefile",
    "FILE_TRUNCATED": "shapefile",
    "TRUNCATED_TEXT": "shapefile",
    "MISSING_SIDE_FILE": "shapefile",
    "UNREADABLE_FEATURE": "geojson",
    "GPKG_VIEW_REFUSED": "geopackage",
    "GPKG_TRIGGER_IGNORED": "geopackage",
}
_OUTLINES = ("SELF_CROSSING", "HOLE_OUTSIDE", "NESTED_HOLE", "NESTED_PARTS", "SPIKE", "SPIKE_REMOVED")
# Beginnings of the codes that judge values, not outlines or places.
_OF_VALUES = (
    "AREA_DIFFERS", "CODE_UNKNOWN", "DATE_", "DOUBLE_ENCODED", "NUMBER_FORM", "PERSONAL_", "STOREYS_",
    "UNRECOVERABLE_TEXT", "IDENTIFIER_FORM", "IDENTIFIER_DEPTH", "IDENTIFIER_OTHER",
)  # fmt: skip
# Remarks on what was done; their absence is no merit.
_REMARKS = frozenset(
    {
        "CONTROL_POINTS_USED",
        "CONTROL_POINTS_FAR",
        "CRS_OVERRIDDEN",
        "CRS_FROM_EXTENT",
        "GRID_USED",
        "SIGMA_DEFAULT",
    }
)


def checked(
    pack: Pack, reader: str, target: Layer, columns: Collection[str], not_assessed: Mapping[str, str]
) -> frozenset[str]:
    """Codes whose checks were made.

    Parameters
    ----------
    reader : str
        As the batch calls it.
    columns : collection of str
        Contract columns that the source fills.
    not_assessed : mapping
        Codes that there was nothing to compare with for.
    """
    word = reader.casefold()
    if word == "table":  # its outlines were judged when they were stored
        of_values = set(pack.rule_sets.get("identifier", frozenset())) | {
            code for code in pack.rules if code.startswith(_OF_VALUES)
        }
        unfit = set(_not_fitting(word, target, columns, pack)) | set(not_assessed)
        return frozenset((pack.rule_sets.get("tables", frozenset()) | of_values) - unfit)
    sets = [pack.rule_sets.get(name, frozenset()) for name in _ALWAYS]
    sets += [pack.rule_sets.get(name, frozenset()) for part, name in _OF_READERS.items() if part in word]
    codes = frozenset().union(*sets)
    return codes - _REMARKS - set(not_assessed) - set(_not_fitting(word, target, columns, pack))


def _not_fitting(reader: str, target: Layer, columns: Collection[str], pack: Pack) -> list[str]:
    """Codes of checks that this reader, layer or these columns give no occasion for."""
    found = [code for code, part in _ONLY.items() if part not in reader]
    if target.name not in APART:
        found += ["OVERLAP", "OVERLAP_WITHIN_ACCURACY", "SEAM_MENDED", "SLIVER", "MULTIPART"]
    if target.name not in CLOSED:
        found += ["GAP", "GAP_WITHIN_ACCURACY"]
    if target.name != "fences":
        found += ["DANGLING_FENCE"]
    if target.name != "buildings":
        found += list(STANDING)
    if target.name not in OF_BUILDINGS:
        found += ["OFFSET_TO_CADASTRE"]
    if target.family not in {"polygon", "any"}:
        found += [*_OUTLINES, "DUPLICATE_VERTEX", "NOT_MENDABLE", "GEOMETRY_MENDED"]
    for column, code in (("area_register_m2", "AREA_DIFFERS"), ("storeys", "STOREYS_ABSURD")):
        if column not in columns:
            found.append(code)
    of_identifiers = {code for code in pack.rules if code.startswith(("IDENTIFIER_", "EKATTE_"))}
    if pack.identifier is None or "identifier" not in columns:
        found += sorted(of_identifiers - {"IDENTIFIER_MISSING"})
    if pack.identifier is None or target.name not in {"parcels", "buildings"}:
        found += ["IDENTIFIER_MISSING", "IDENTIFIER_DEPTH"]
    return found
