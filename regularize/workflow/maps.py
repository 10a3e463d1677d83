"""Draw a map: layers from the store, through the privacy gate, into one page."""

import os
import tempfile
from datetime import date
from pathlib import Path

import geopandas as gpd

from regularize.i18n import translate as _
from regularize.layers import Audience, layer_named
from regularize.project import today
from regularize.publish.maps import MapMeta, render_map
from regularize.publish.view import View, findings_frame
from regularize.store import Store
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.partition import release_of_blocks
from regularize.workflow.projects import Opened, store_of

SHOWN = {
    "office": (
        "areas",
        "land",
        "parcels",
        "plots",
        "streets",
        "fences",
        "regulated_plots",
        "buildings",
        "observed_buildings",
        "plan_parts",
    ),
    "council": ("areas", "parcels", "streets", "buildings", "observed_buildings", "plan_parts"),
    "public": ("streets",),
}


def build(
    here: Opened,
    output: Path,
    *,
    audience: Audience,
    area: str | None,
    on: date | None,
    recipient: str | None,
    lang: str,
) -> tuple[int, list[str]]:
    """Write the map of an audience to `output`; returns its size in bytes and remarks.

    Raises
    ------
    OptionError
        If the audience has no map, or there is no area of that name.
    """
    day = on or today()
    remarks: list[str] = []
    with store_of(here) as store:
        place = area_geometry(store, area)
        views = [
            View.of(layer_named(name), inside, audience)
            for name in SHOWN[audience]
            if len(inside := _inside(store.layer(name, on=day), place))
        ]
        findings = [f for f in store.findings() if lies_in(f.geometry, place)]
        if audience == "office" and findings:
            frame = findings_frame(findings, crs=store.crs)
            views.append(View.of(layer_named("findings"), frame, audience))
        figures_on: date | None = None
        if audience in {"council", "public"}:
            made = release_of_blocks(store, store.findings(), audience=audience, place=place, on=day)
            if made is not None:
                views.append(made.view)
                figures_on = made.kept_since
        if audience != "public":
            parts = _inside(case_parts(here, store, on=day, lang=lang), place)
            if len(parts):
                views.append(View.of(layer_named("case_parts"), parts, audience))
        dates = data_dates(here, store, lang=lang, counts=audience != "public")
        if not store.known_findings():
            remarks.append(_("no findings are stored yet; they are made by: regularize detect"))
    meta = MapMeta(
        audience=audience,
        title=here.project.municipality,
        on=day,
        place=area or "",
        recipient=recipient or "",
        dates=dates,
        figures_on=figures_on,
        class_notes={code: rule.text[lang] for code, rule in here.pack.rules.items() if rule.kind == "class"},
        reason_titles={
            code: rule.title[lang] for code, rule in here.pack.rules.items() if rule.kind == "reason"
        },
    )
    page = render_map(views, meta, labels=lambda key: here.pack.label(key, lang), lang=lang)
    return write_whole(output, page.encode("utf-8")), remarks


def case_parts(here: Opened, store: Store, *, on: date, lang: str) -> gpd.GeoDataFrame:
    """The derived layer ``case_parts``: where procedures run, their state and next deadline."""
    from regularize.workflow.case_words import part_rows

    rows = part_rows(here, store, on=on, lang=lang)
    columns = ["case", "title", "state", "next_deadline"]
    return gpd.GeoDataFrame(
        {name: [row[name] for row in rows] for name in columns},
        geometry=[row["geometry"] for row in rows],
        crs=store.crs,
    )


def data_dates(here: Opened, store: Store, *, lang: str, counts: bool = True) -> list[tuple[str, str]]:
    """What the data is and from when: one line per live delivery, with its `counts` or without."""
    return [
        (
            f"{here.pack.label('origin.' + batch.source.origin, lang)}: "
            f"{here.pack.label('kind.' + batch.source.kind, lang)}",
            f"{batch.source.valid_from:%d.%m.%Y}" + (f" ({batch.n_stored})" if counts else ""),
        )
        for batch in store.batches()
        if batch.withdrawn_reason is None
    ]


def write_whole(output: Path, content: bytes) -> int:
    """Write `content` beside `output` and move it there, so that no half file is ever seen."""
    output.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=output.parent, prefix=".", suffix=output.suffix)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return len(content)


def _inside(frame: gpd.GeoDataFrame, place: object) -> gpd.GeoDataFrame:
    if place is None or frame.empty:
        return frame
    return frame[frame.intersects(place)].reset_index(drop=True)
