"""Read one layer: choose, decode, place, check, and account for every row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries
from numpy.typing import NDArray
from pyproj import CRS

from regularize.countries import Pack
from regularize.errors import OptionError, RegularizeError
from regularize.i18n import translate as _
from regularize.intake import attributes, between, columns, kinds
from regularize.intake import crs as place
from regularize.intake import rows as checks
from regularize.intake.catalogue import checked
from regularize.intake.crs import Extent
from regularize.intake.dataset import LayerInfo, Rows
from regularize.intake.designations import split_designations
from regularize.intake.known import NOTHING_KNOWN, Known
from regularize.intake.mending import mend_outlines
from regularize.intake.placing import Placer
from regularize.intake.registry import open_dataset
from regularize.intake.text.register import RegisterLayer, RegisterTable
from regularize.layers import COMMON, Layer
from regularize.model import NOT_ASSESSED, Issue, Severity, Source
from regularize.privacy import redact
from regularize.project import today


@dataclass(frozen=True)
class Quarantined:
    """A row that was read and not stored.

    Parameters
    ----------
    feature : int
        Zero-based position in the source layer.
    code, message : str
    wkb : bytes or None
        Its geometry in the CRS of the source, where there is one.
    attributes : mapping of contract column to text
        With personal data masked.
    """

    feature: int
    code: str
    message: str
    wkb: bytes | None
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Delivery:
    """One layer as it can be stored; ``source.n_read == len(frame) + len(quarantine)``.

    Parameters
    ----------
    source : Source
    frame : GeoDataFrame
        Columns of `target` without ``fid`` and ``batch``, and ``feature``, the position in the
        source; in the project's CRS. Text is str or None, dates are ``datetime.date`` or None,
        integers are ``Int64``, reals float64 with NaN.
    target : Layer
    quarantine : tuple of Quarantined
    issues : tuple of Issue
    ignored_columns : tuple of str
        Names of what was not read.
    sample : str or None
        One row as it was decoded, masked.
    not_assessed : mapping of code to text
        Checks that could not be made, and why.
    checked : frozenset of str
        Codes whose checks were made.
    sigma_taken : bool
        Whether nobody stated an accuracy, so that the usual one was taken.
    encoding_judged : bool
        Whether the encoding was told by statistics alone, so that a person should look at `sample`.
    brings_news : bool
        Of a table that is joined: whether it says anything that the stored rows do not. Then it is
        worth storing again, as after a new delivery of its layer.
    """

    source: Source
    frame: GeoDataFrame
    target: Layer
    quarantine: tuple[Quarantined, ...]
    issues: tuple[Issue, ...]
    ignored_columns: tuple[str, ...]
    sample: str | None
    not_assessed: Mapping[str, str] = field(default_factory=dict)
    checked: frozenset[str] = frozenset()
    sigma_taken: bool = False
    encoding_judged: bool = False
    brings_news: bool = False


@np.errstate(all="ignore")  # as for `read`
def layers_in(path: Path) -> list[LayerInfo]:
    """The layers of a source with family, row count and CRS.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return open_dataset(path).layers()


@np.errstate(all="ignore")
def tables_last(paths: Sequence[Path]) -> list[Path]:
    """`paths` with the tables that are joined to a layer behind what may be that layer."""

    def is_table(path: Path) -> bool:
        try:
            return isinstance(open_dataset(path), RegisterTable)
        except RegularizeError:
            return False  # it is told when its turn comes

    endings = {".xlsx", ".xlsm", ".csv", ".tsv", ".txt"}
    return sorted(paths, key=lambda path: path.suffix.lower() in endings and is_table(path))


@np.errstate(all="ignore")
def origins_of(
    path: Path, *, kind: str | None, layer: str | None, pack: Pack, profile: str | None
) -> list[str]:
    """Who may have delivered a source, as far as its kind and the names in it tell.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    dataset = open_dataset(path)
    names = (pack,) if profile is None else (columns.profile_named(pack, profile), pack)
    listed = dataset.layers()
    found = []
    for origin in ("cadastre", "survey", "plan"):
        wanted = layer if layer is not None else dataset.layer_of(origin, kind)
        try:
            chosen = kinds.choose_layer(path, listed, wanted, origin=origin, kind=kind, names=names)
            info = next(each for each in listed if each.name == chosen)
            kinds.choose_target(path, info, origin, kind, names)
        except OptionError:
            continue
        found.append(origin)
    return [origin for origin in found if dataset.reader != "cad" or origin != "survey"]


@np.errstate(all="ignore")  # NaN and infinity are found by the row checks, not by warnings
def read(
    path: Path,
    *,
    origin: str,
    kind: str | None,
    layer: str | None,
    project_crs: str,
    extent: Extent | None,
    pack: Pack,
    crs: str | None = None,
    encoding: str | None = None,
    profile: str | None = None,
    sigma_m: float | None = None,
    valid_from: date | None = None,
    source: str | None = None,
    known: Known = NOTHING_KNOWN,
) -> Delivery:
    """Read and check one layer of a source.

    Parameters
    ----------
    path : Path
        Any format of the registry, or a zip that holds it.
    origin : {"cadastre", "survey", "plan"}
    kind, layer, crs, encoding, profile, sigma_m, valid_from, source
        The user's word where the source says nothing or too much; metres and civil dates.
    project_crs : str
        Metric CRS of the project, as ``AUTH:CODE``.
    extent : tuple of float or None
        (minx, miny, maxx, maxy) in `project_crs`; None: the area that the CRS is made for.
    pack : Pack
    known : Known
        What else there is to judge by; what is missing is not assessed.

    Raises
    ------
    InputError
        If the source cannot be read, decoded or placed.
    OptionError
        If an option is wrong, or one is needed.

    Examples
    --------
    >>> read(Path("buildings.shp"), origin="survey", kind=None, layer=None,
    ...      project_crs="EPSG:7801", extent=None, pack=load("bg"))  # doctest: +SKIP
    """
    if sigma_m is not None and not 0 < sigma_m <= columns.MOST_SIGMA_M:
        raise OptionError(
            _("--sigma {value}: not an accuracy in metres").format(value=sigma_m),
            hint=_("a standard deviation above 0 and up to {most} m").format(most=columns.MOST_SIGMA_M),
        )
    dataset = open_dataset(path)
    dataset.encoding = encoding
    wanted = layer if layer is not None else dataset.layer_of(origin, kind)
    names = (pack,) if profile is None else (columns.profile_named(pack, profile), pack)
    listed = dataset.layers()
    chosen = kinds.choose_layer(path, listed, wanted, origin=origin, kind=kind, names=names)
    opened = dataset.open_layer(chosen, encoding)
    target = kinds.choose_target(path, opened.info, origin, kind, names)
    opened.check_placeable(by_points=known.control_points is not None or known.grid is not None)
    opened.prefer(target.family)
    joined = opened if isinstance(opened, RegisterLayer) else None
    mapped = columns.map_columns(
        opened.fields, target, pack, profile, tabular=joined is not None, named_by=opened.named_by
    )
    ledger = checks.Ledger(_("{file}, layer {layer}").format(file=path.name, layer=chosen))
    if wanted is None and len(listed) > 1:
        text = _("of {n} layers this is the only one whose name says what --kind says").format(n=len(listed))
        ledger.note("LAYER_BY_NAME", text, Severity.INFO)
    project = place.parse(project_crs, "crs")
    area = extent if extent is not None else place.area_of(project)
    if joined is not None:  # its outlines are those of the store, whatever the options say of a place
        mapped = joined.join(mapped, target, known, pack)
        crs, known = None, replace(known, control_points=None, grid=None)
    if dataset.left_out:
        text = _("the archive also holds {names}: unpack it and give these by themselves")
        ledger.note("ARCHIVE_MEMBER_LEFT", text.format(names=redact(", ".join(dataset.left_out))[0]))
    placer = Placer(path, opened, crs, project, area, pack, known, ledger)
    placer.prepare()
    known.tell(_("reading"), 0, opened.info.n)
    raw = opened.read(list(dict.fromkeys(mapped.sources.values())))
    n = opened.info.n
    ledger.issues[:0] = raw.issues
    columns.note_refused(mapped, ledger)
    defaults = columns.Defaults(
        columns.default_sigma_m(sigma_m, mapped.profile, pack, origin, dataset.reader),
        valid_from or today(),
        columns.default_source(source, mapped.profile, origin),
    )
    values = columns.Converter(mapped, defaults, today(), ledger, pack).convert(target, raw.values, n, origin)
    if valid_from is not None:
        values["valid_from"] = [valid_from] * n
    if joined is not None:
        joined.complete(values)
    values["identifier"], codes = attributes.check_identifiers(
        values["identifier"], target, pack, known, ledger
    )
    attributes.check_codes(values, target, pack, ledger)
    if target.name == "regulated_plots":
        split_designations(values, ledger)

    checks.check_source(raw.geometries, raw.faults, ledger)
    known.tell(_("placing"), 0, n)
    placed = placer.place(raw, codes)
    tolerance = np.asarray(values["sigma_m"], dtype=float)
    final = placed
    if joined is None:
        final = checks.check_placed(placed, target.family, area, ledger)
        checks.note_closed(final, raw.faults, ledger)
        final = mend_outlines(final, target, tolerance, pack, known, ledger)
        checks.check_size(final, ledger)
        checks.check_duplicates(final, _keys(values, target, mapped, n), values["identifier"], ledger)
    not_assessed = dict(placer.check(raw, placed, codes))
    if not known.own:
        not_assessed["IDENTIFIER_OTHER_SETTLEMENT"] = _("no project names its settlements")

    kept = _kept(values, final, tolerance, ledger)
    if joined is None and between.set_aside_costly(kept, target, pack, known, ledger):
        kept = _kept(values, final, tolerance, ledger)
    stored = kept.feature
    if joined is None:
        mended, found = between.mend_between(kept, target, pack, known, ledger)
        final = final.copy()
        final[stored] = mended
        kept = replace(kept, geometries=mended)
        not_assessed |= between.check_between(kept, target, pack, known, ledger, found)
    attributes.check_measures(values, stored, final, pack, ledger)
    return Delivery(
        source=Source(
            path=path.name,
            layer=chosen,
            origin=origin,
            kind=target.kind,
            sha256=opened.digest(),
            reader=dataset.reader,
            source_crs=placer.source_name,
            encoding=raw.encoding,
            sigma_m=defaults.sigma_m,
            valid_from=defaults.valid_from,
            source=defaults.source,
            n_read=n,
            profile=mapped.profile.name if mapped.profile else None,
            notes=tuple(_notes(raw, known, not_assessed)),
        ),
        frame=_frame(values, final, stored, target, project),
        target=target,
        quarantine=tuple(_quarantined(row, values, raw, ledger) for row in sorted(ledger.refused)),
        issues=tuple(_ordered(_located(ledger.issues, final, ledger.refused))),
        ignored_columns=tuple(redact(name)[0] for name in mapped.ignored),
        sample=columns.sample_of(mapped, raw.values, n),
        not_assessed=not_assessed,
        checked=checked(pack, dataset.reader, target, mapped.sources, not_assessed),
        sigma_taken=joined is None and columns.is_default_sigma(sigma_m, mapped),
        encoding_judged=raw.is_judged,
        brings_news=joined is not None and joined.brings_news,
    )


def _keys(values: Mapping[str, Sequence[Any]], target: Layer, mapped: columns.Mapped, n: int) -> list[Any]:
    """What besides the outline makes two rows the same one."""
    names = [c.name for c in (*COMMON, *target.columns) if c.name in values and c.name != "ref"]
    if "ref" in mapped.sources:
        names.append("ref")
    return [
        values["identifier"][row]
        if values["identifier"][row] is not None
        else tuple(values[name][row] for name in names)
        for row in range(n)
    ]


def _kept(
    values: Mapping[str, list[Any]], geometries: NDArray[Any], tolerance: NDArray[Any], ledger: checks.Ledger
) -> between.Rows:
    """What is not refused."""
    stored = np.array([row for row in range(len(geometries)) if row not in ledger.refused], dtype=np.int64)
    named = [values["identifier"][row] for row in stored.tolist()]
    return between.Rows(stored, geometries[stored], named, tolerance[stored])


def _frame(
    values: Mapping[str, list[Any]],
    geometries: NDArray[Any],
    stored: NDArray[np.int64],
    target: Layer,
    project: CRS,
) -> GeoDataFrame:
    dtypes = {"integer": "Int64", "real": "float64"}
    data: dict[str, Any] = {}
    for column in (*COMMON, *target.columns):
        if column.name in values:
            kept = [values[column.name][row] for row in stored.tolist()]
            data[column.name] = pd.Series(kept, dtype=dtypes.get(column.dtype, "object"))
    data["feature"] = pd.Series(stored, dtype="int64")
    return GeoDataFrame(data, geometry=GeoSeries(geometries[stored], crs=project))


def _quarantined(row: int, values: Mapping[str, list[Any]], raw: Rows, ledger: checks.Ledger) -> Quarantined:
    code, message = ledger.refused[row]
    fault = raw.faults.get(row)
    wkb = fault.wkb if fault is not None else None
    if wkb is None and raw.geometries[row] is not None:
        wkb = shapely.to_wkb(raw.geometries[row])
    attributes = {name: str(column[row]) for name, column in values.items() if column[row] is not None}
    return Quarantined(row, code, message, wkb, attributes)


def _notes(raw: Rows, known: Known, not_assessed: Mapping[str, str]) -> Iterator[str]:
    """What the batch keeps of how it was read: which list judged its place, and what nothing could judge."""
    yield from raw.notes
    if known.settlements is not None:
        yield f"settlements: {known.settlements.source}"
    for code, why in sorted(not_assessed.items()):
        yield f"{NOT_ASSESSED}{code}: {why}"


def _located(issues: Sequence[Issue], final: NDArray[Any], refused: Mapping[int, Any]) -> Iterator[Issue]:
    """Issues of rows that were found before the row was placed get their place now."""
    bare = [i.feature for i in issues if i.feature is not None and i.x is None and i.feature not in refused]
    rows = np.array(sorted(set(bare)), dtype=np.int64)
    box = shapely.bounds(final[rows])
    middle = dict(zip(rows.tolist(), np.round((box[:, :2] + box[:, 2:]) / 2, 3).tolist(), strict=True))
    for issue in issues:
        at = middle.get(issue.feature) if issue.feature is not None and issue.x is None else None
        yield issue if at is None else replace(issue, x=at[0], y=at[1])


def _ordered(issues: Iterable[Issue]) -> list[Issue]:
    """Issues of the file first, then by row; errors before warnings on the same row."""
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return sorted(
        issues, key=lambda issue: (-1 if issue.feature is None else issue.feature, rank[issue.severity])
    )
