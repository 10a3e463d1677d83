"""The privacy gate: outputs accept only a :class:`View` of a layer for an audience.

What the column contracts (``layers.py``) do not name for an audience does not exist for it. Counts
leave only at or above the smallest count k, which is data (``countries/generic/publishing.toml``).
"""

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.layers import AUDIENCES, COMMON, Audience, Column, Layer, layer_named
from regularize.model import Finding
from regularize.publish.disclosure import CELLS, Figure, council_counts, public_shares, settings, suppress

__all__ = [
    "IMAGERY",
    "NotForAudienceError",
    "Picture",
    "View",
    "findings_frame",
    "is_visible",
    "smallest_count",
    "suppress",
]

HALF_MILLIMETRE_M = 0.0005
# Kinds of pictures that maps show, and how their bytes begin.
MEDIA = {"image/webp": b"RIFF", "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG"}
_GATE = object()
# Audiences that may see the single home, hence its exact counts.
_EXACT: frozenset[Audience] = frozenset({"office", "resident"})


# An aerial picture shows every single home: it lies under the maps of office and council only.
IMAGERY = Layer("imagery", "imagery", (), "polygon", geometry_audience=frozenset({"office", "council"}))


@dataclass(frozen=True)
class Picture:
    """A picture of the ground.

    Parameters
    ----------
    content : bytes
    media : str
        ``image/webp``, ``image/jpeg`` or ``image/png``.
    bounds : tuple of float
        South, west, north, east in degrees; straight in Web Mercator.
    """

    content: bytes
    media: str
    bounds: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        """Refuse what a page would not show, or would read as something else."""
        if self.media not in MEDIA or not self.content.startswith(MEDIA[self.media]):
            raise ValueError("the bytes are no picture of a known kind")

    def as_uri(self) -> str:
        """The picture as text that a page holds itself."""
        return f"data:{self.media};base64,{base64.b64encode(self.content).decode('ascii')}"


class NotForAudienceError(OptionError):
    """Nothing of the layer may be shown to the audience."""


def smallest_count() -> int:
    """The smallest count that may be shown outside the office (k)."""
    return int(settings()["suppression_k"])


def is_visible(layer: Layer, audience: Audience) -> bool:
    """Whether `audience` may see anything of `layer`."""
    return audience in layer.geometry_audience or bool(layer.visible(audience))


@dataclass(frozen=True)
class View:
    """One layer as one audience may see it. Made only by :meth:`of`.

    Parameters
    ----------
    layer : Layer
    audience : str
    frame : GeoDataFrame or DataFrame
        Only visible columns, in contract order; without geometry where the audience may not see
        the outlines. Its index is fresh and says nothing about the store.
    totals : mapping of str to (int or None)
        For layers with counts: the counts of the whole area by class, hidden below k, and
        ``"all"``, their sum.
    picture : Picture, optional
        Of the layer ``IMAGERY`` only.
    """

    layer: Layer
    audience: Audience
    frame: pd.DataFrame
    totals: Mapping[str, int | None] = field(default_factory=dict)
    gate: object = None
    picture: Picture | None = None

    def __post_init__(self) -> None:
        """Refuse every other way to make one."""
        if self.gate is not _GATE:
            raise TypeError("a View is made by View.of")

    @property
    def has_geometry(self) -> bool:
        """Whether the outlines may be shown."""
        return isinstance(self.frame, gpd.GeoDataFrame)

    @classmethod
    def of(
        cls,
        layer: Layer,
        frame: gpd.GeoDataFrame,
        audience: Audience,
        *,
        k: int | None = None,
        shown: Sequence[bool] | None = None,
        class_totals: Mapping[str, int] | None = None,
        picture: Picture | None = None,
    ) -> "View":
        """Let through what `audience` may see of `frame`.

        Parameters
        ----------
        layer : Layer
            The contract. Columns that it does not name are dropped for everyone.
        frame : GeoDataFrame
            Not changed. Metric or geographic, but with a CRS where it has rows.
        audience : str
        k : int, optional
            The smallest count shown to councils and the public; from the data files by default.
        shown : sequence of bool, optional
            Rows to keep, where a map shows a part of the place. Which counts are hidden is decided on
            the whole `frame`, so that the map of a part never gives back what the whole map hides.
        class_totals : mapping of str to int, optional
            For layers with counts: the sums by class that stand in place of those of the frame, because
            an earlier release showed them and they have changed by less than k since.
        picture : Picture, optional
            Of the layer ``IMAGERY``; its one row is what the picture covers.

        Raises
        ------
        NotForAudienceError
            If neither outlines nor any column may be seen.
        TypeError
            If a column holds another type than its contract says: such a value is not let through.
        """
        if audience not in AUDIENCES:
            raise ValueError(f"unknown audience {audience!r}")
        if not is_visible(layer, audience) or (picture and audience not in layer.geometry_audience):
            raise NotForAudienceError(
                _("the layer {layer} is not for the audience {audience}").format(
                    layer=layer.name, audience=audience
                ),
                hint=_("councils and the public see findings as counts per block"),
            )
        if (picture is not None) != (layer is IMAGERY):
            raise ValueError("a picture belongs to the layer of pictures, and to no other")
        contract = {column.name: column for column in (*COMMON, *layer.columns)}
        names = [name for name in layer.visible(audience) if name in frame.columns]
        data = {name: [_checked(value, contract[name]) for value in frame[name]] for name in names}
        totals: dict[str, int | None] = {}
        least = k or smallest_count()
        if "counts" in data:
            data["counts"], totals = _counts(_figures(frame), audience, least, shown, class_totals)
        if layer is CELLS:
            data, totals = _cells(_figures(frame), least)
        if shown is not None:
            kept = [i for i, keep in enumerate(shown) if keep]
            data = {name: [values[i] for i in kept] for name, values in data.items()}
            frame = frame.iloc[kept]
        columns = pd.DataFrame(data, index=range(len(frame)), dtype=object)
        if audience not in layer.geometry_audience:
            return cls(layer, audience, columns, totals, _GATE)
        geometry = gpd.GeoSeries(np.asarray(frame.geometry.array), index=columns.index, crs=frame.crs)
        if audience == "public" and len(geometry):
            geometry = _generalised(geometry)
        visible = gpd.GeoDataFrame(columns, geometry=geometry, crs=frame.crs)
        if audience not in _EXACT and not names:
            # The order of rows is an attribute too: bare outlines leave sorted by position.
            visible = visible.iloc[_by_position(visible)].reset_index(drop=True)
        return cls(layer, audience, visible, totals, _GATE, picture)


def findings_frame(findings: Sequence[Finding], *, crs: str) -> gpd.GeoDataFrame:
    """The findings as a frame of the derived layer ``findings``, ready for :meth:`View.of`.

    Parameters
    ----------
    findings : sequence of Finding
    crs : str
        The CRS of their geometry: the project's.
    """
    rows = [
        {
            "id": f.id,
            "kind": f.kind,
            "class": f.cls,
            "grade": f.grade.value,
            "score": float(f.score),
            "reasons": json.dumps(list(f.reasons), ensure_ascii=False),
            "measures": json.dumps(
                {name: [m.value, m.sigma, m.unit] for name, m in f.measures.items()}, ensure_ascii=False
            ),
            "survey_refs": json.dumps(list(f.survey_refs), ensure_ascii=False),
            "register_refs": json.dumps(list(f.register_refs), ensure_ascii=False),
            "review": f.review.value,
            "home": f.home,
        }
        for f in findings
    ]
    names = [column.name for column in layer_named("findings").columns]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=names, dtype=object), geometry=[f.geometry for f in findings], crs=crs
    )


def _checked(value: Any, column: Column) -> Any:
    """`value` as plain Python of the contract's type, None where it is missing."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if column.dtype == "text" and isinstance(value, str):
        return str(value)
    if column.dtype == "integer" and isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if column.dtype == "integer" and isinstance(value, (float, np.floating)) and float(value).is_integer():
        return int(value)  # pandas turns integers into floats where some are missing
    if column.dtype == "real" and isinstance(value, (int, float, np.integer, np.floating)):
        return float(value)
    if column.dtype == "date":
        return value[:10] if isinstance(value, str) else value.isoformat()[:10]
    if column.dtype == "json" and isinstance(value, (str, Mapping, Sequence)):
        return json.loads(value) if isinstance(value, str) else value
    # The value itself stays out of the message: it may be personal.
    raise TypeError(f"column {column.name}: {type(value).__name__} is not {column.dtype}")


def _figures(frame: gpd.GeoDataFrame) -> list[Figure]:
    """What the rows count; how many homes they hold stands beside the contract and never passes."""

    def numbers(name: str) -> list[int | None]:
        if name not in frame.columns:
            return [None] * len(frame)
        return [None if pd.isna(n) else int(n) for n in frame[name]]

    classes = [json.loads(row) if isinstance(row, str) else row or {} for row in frame["counts"]]
    return [
        Figure({str(cls): int(n) for cls, n in row.items()}, dwellings, concerned)
        for row, dwellings, concerned in zip(classes, numbers("dwellings"), numbers("concerned"), strict=True)
    ]


def _counts(
    figures: Sequence[Figure],
    audience: Audience,
    k: int,
    shown: Sequence[bool] | None = None,
    class_totals: Mapping[str, int] | None = None,
) -> tuple[list[dict[str, int | None]], dict[str, int | None]]:
    """Counts per block and over the area, as `audience` may see them.

    Councils get two lines of the table, the sums per block and the sums per class, each hidden
    below `k`; the cells where block and class cross stay in the office. Of a part (`shown`) they get
    the blocks as the whole shows them, and a sum only where neither the part nor the rest holds a
    hidden block: a sum per class would give the rest back by subtraction.
    """
    if audience in _EXACT:
        together: Counter[str] = Counter()
        for figure in figures:
            together.update(figure.classes)
        return [dict(f.classes) for f in figures], {**dict(sorted(together.items())), "all": together.total()}
    made = council_counts(figures, k)
    rows: list[dict[str, int | None]] = [
        {"all": n} if low is None else {"all": n, "at_least": low}
        for n, low in zip(made.exact, made.lowest, strict=True)
    ]
    if shown is not None and not all(shown):
        part = [n for n, keep in zip(made.exact, shown, strict=True) if keep]
        known = [n for n in part if n is not None]
        safe = made.total is not None and None not in made.exact
        return rows, {"all": sum(known) if safe and part else None}
    totals = made.classes
    if class_totals is not None and made.total is not None:
        totals = suppress(class_totals, k)
    return rows, {**totals, "all": made.total}


def _cells(figures: Sequence[Figure], k: int) -> tuple[dict[str, list[Any]], dict[str, int | None]]:
    """Per cell its number and band of shares, and the rounded sum."""
    made = public_shares(figures, k)
    bands = [None if band is None else f"{band[0]}-{band[1]}" for band in made.bands]
    return {"cell": list(range(1, len(figures) + 1)), "share": bands}, {"all": made.total}


def _generalised(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Outlines on a grid of half a millimetre at the finest scale of public maps."""
    step_m = settings()["finest_scale"] * HALF_MILLIMETRE_M
    return gpd.GeoSeries(
        shapely.set_precision(np.asarray(geometry.array), step_m), index=geometry.index, crs=geometry.crs
    )


def _by_position(frame: gpd.GeoDataFrame) -> list[int]:
    """Row positions from north to south and west to east, the same for any order of rows."""
    if frame.empty:
        return []
    bounds = frame.geometry.bounds.to_numpy()
    wkb = [geometry.wkb if geometry is not None else b"" for geometry in frame.geometry]
    return sorted(range(len(frame)), key=lambda i: (-bounds[i, 3], bounds[i, 0], wkb[i]))
