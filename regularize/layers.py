"""Column contracts: what each layer holds, in which unit, and who may see it.

Every output accepts only a View of layer x audience (``publish/view.py``); a column that is not
named here for an audience does not exist for it. Deny is the default.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Audience = Literal["public", "council", "office", "resident"]
AUDIENCES: tuple[Audience, ...] = ("public", "council", "office", "resident")
Dtype = Literal["text", "integer", "real", "date", "json"]
Family = Literal["polygon", "line", "point", "any"]

_OFFICE: frozenset[Audience] = frozenset({"office"})
_HOME: frozenset[Audience] = frozenset({"office", "resident"})
_COUNCIL: frozenset[Audience] = frozenset({"office", "council"})
_ALL: frozenset[Audience] = frozenset(AUDIENCES)


@dataclass(frozen=True)
class Column:
    """One column: its type, unit, and the audiences that may see it. Its label is in the pack."""

    name: str
    dtype: Dtype
    unit: str | None = None
    nullable: bool = True
    audience: frozenset[Audience] = _OFFICE


@dataclass(frozen=True)
class Layer:
    """One layer of the store.

    Parameters
    ----------
    name : str
        Table of the store.
    kind : str
        What ``--kind`` calls it.
    origins : tuple of str
        Deliveries that may fill it: ``cadastre``, ``survey``, ``plan``.
    family : str
        Geometry family; a row of another family is quarantined.
    columns : tuple of Column
        Beyond ``COMMON``.
    geometry_audience : frozenset of str
        Who may see the outline itself.
    """

    name: str
    kind: str
    origins: tuple[str, ...]
    family: Family
    columns: tuple[Column, ...] = ()
    geometry_audience: frozenset[Audience] = _OFFICE

    def visible(self, audience: Audience) -> tuple[str, ...]:
        """Names of the columns that `audience` may see, in contract order."""
        return tuple(c.name for c in (*COMMON, *self.columns) if audience in c.audience)


# Columns of every feature layer. `fid` is the store's row number; `ref` is the input's own
# reference, untouched; `batch` the delivery; validity is a half-open interval of civil dates.
COMMON: tuple[Column, ...] = (
    Column("fid", "integer", nullable=False),
    Column("ref", "text", audience=_HOME),
    Column("identifier", "text", audience=_HOME),
    Column("batch", "integer", nullable=False),
    Column("origin", "text", nullable=False, audience=_HOME),
    Column("source", "text", audience=_HOME),
    Column("sigma_m", "real", unit="m", nullable=False, audience=_HOME),
    Column("valid_from", "date", nullable=False, audience=_HOME),
    Column("valid_to", "date", audience=_HOME),
)

LAYERS: tuple[Layer, ...] = (
    Layer(
        "parcels",
        "parcels",
        ("cadastre",),
        "polygon",
        (
            Column("ownership_kind", "text"),
            Column("territory_purpose", "text"),
            Column("land_use_code", "text"),
            Column("area_register_m2", "real", unit="m2", audience=_HOME),
        ),
        geometry_audience=_COUNCIL,
    ),
    Layer(
        "buildings",
        "buildings",
        ("cadastre",),
        "polygon",
        (
            Column("function_code", "text"),
            Column("construction_code", "text"),
            Column("storeys", "integer", audience=_HOME),
            Column("dwellings", "integer"),
            Column("area_register_m2", "real", unit="m2", audience=_HOME),
        ),
        geometry_audience=_COUNCIL,
    ),
    Layer(
        "observed_buildings",
        "buildings",
        ("survey",),
        "polygon",
        (
            Column("building_use", "text"),
            Column("construction", "text"),
            Column("storeys", "integer", audience=_HOME),
            Column("dwellings", "integer"),
        ),
        geometry_audience=_COUNCIL,
    ),
    Layer(
        "plots",
        "plots",
        ("survey",),
        "polygon",
        (Column("plot_use", "text"),),
        geometry_audience=_COUNCIL,
    ),
    Layer(
        "streets",
        "streets",
        ("cadastre", "survey", "plan"),
        "any",
        (Column("name", "text", audience=_ALL), Column("width_m", "real", unit="m", audience=_COUNCIL)),
        geometry_audience=_ALL,
    ),
    Layer(
        "fences",
        "fences",
        ("cadastre", "survey"),
        "line",
        (Column("fence_type", "text"),),
    ),
    Layer(
        "areas",
        "areas",
        ("cadastre", "survey", "plan"),
        "polygon",
        (Column("name", "text", audience=_ALL),),
        geometry_audience=_COUNCIL,
    ),
    Layer(
        "land",
        "land",
        ("cadastre", "survey", "plan"),
        "polygon",
        (
            Column("land_owner_category", "text"),
            Column("territory_purpose", "text"),
            Column("land_use_code", "text"),
        ),
    ),
    Layer(
        "regulated_plots",
        "regulated_plots",
        ("plan",),
        "polygon",
        (Column("designation", "text", audience=_HOME), Column("quarter", "text", audience=_COUNCIL)),
        geometry_audience=_COUNCIL,
    ),
    Layer(
        "plan_parts",
        "plan_parts",
        ("plan",),
        "polygon",
        (Column("name", "text", audience=_COUNCIL), Column("plan_kind", "text", audience=_COUNCIL)),
        geometry_audience=_COUNCIL,
    ),
    # What somebody proposes: a draft of streets, of plots, of an access; it decides nothing yet.
    Layer(
        "proposals",
        "proposals",
        ("plan",),
        "any",
        (Column("name", "text", audience=_COUNCIL),),
        geometry_audience=_COUNCIL,
    ),
    Layer(
        "points",
        "points",
        ("survey",),
        "point",
        (Column("code", "text"), Column("height_m", "real", unit="m")),
    ),
)

# Layers that the program itself derives; they are never ingested.
DERIVED: tuple[Layer, ...] = (
    Layer(
        "findings",
        "findings",
        (),
        "polygon",
        (
            Column("id", "text", nullable=False, audience=_HOME),
            Column("kind", "text", nullable=False, audience=_HOME),
            Column("class", "text", nullable=False, audience=_HOME),
            Column("grade", "text", nullable=False, audience=_HOME),
            Column("score", "real", nullable=False),
            Column("reasons", "json", nullable=False),
            Column("measures", "json", nullable=False),
            Column("survey_refs", "json", nullable=False),
            Column("register_refs", "json", nullable=False),
            Column("review", "text", nullable=False),
            Column("home", "text", audience=_HOME),
        ),
    ),
    Layer(
        "blocks",
        "blocks",
        (),
        "polygon",
        (
            Column("block", "integer", nullable=False, audience=_COUNCIL),
            Column("counts", "json", nullable=False, audience=_COUNCIL),
        ),
        geometry_audience=_COUNCIL,
    ),
    # Proposals of where to measure first, drawn dashed. No column of area: what was not surveyed enters
    # no statement of areas.
    Layer(
        "indicative_plots",
        "indicative_plots",
        (),
        "polygon",
        (
            Column("run", "integer", nullable=False),
            Column("confidence", "real", unit="1", nullable=False),
            Column("n_buildings", "integer", nullable=False),
            Column("reason", "text", nullable=False),
        ),
    ),
    Layer(
        "case_parts",
        "case_parts",
        (),
        "polygon",
        (
            Column("case", "text", nullable=False, audience=_COUNCIL),
            Column("title", "text", audience=_COUNCIL),
            Column("state", "text", audience=_COUNCIL),
            Column("next_deadline", "date", audience=_COUNCIL),
        ),
        geometry_audience=_COUNCIL,
    ),
)

KINDS: tuple[str, ...] = tuple(dict.fromkeys(layer.kind for layer in LAYERS))


def layer_named(name: str) -> Layer:
    """The layer whose store table is `name`. Raises ``KeyError``."""
    for layer in (*LAYERS, *DERIVED):
        if layer.name == name:
            return layer
    raise KeyError(name)


def layer_for(origin: str, kind: str) -> Layer | None:
    """The layer that a delivery of `origin` and `kind` fills; None where there is none."""
    for layer in LAYERS:
        if layer.kind == kind and origin in layer.origins:
            return layer
    return None


def kinds_of(origin: str) -> Iterable[str]:
    """The kinds that a delivery of `origin` may have."""
    return (layer.kind for layer in LAYERS if origin in layer.origins)
