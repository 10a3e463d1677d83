"""Draw a map: layers from the store, through the privacy gate, into one page."""

from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from regularize import privacy
from regularize.countries import Pack
from regularize.i18n import LANGUAGES, in_language, marked
from regularize.i18n import translate as _
from regularize.layers import Audience, layer_named
from regularize.project import today
from regularize.publish.maps import DrawnMap, Edition, MapMeta
from regularize.publish.view import View
from regularize.store import Store
from regularize.workflow import map_index, office_extras, replay, timeline, underlay
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.partition import release_of_blocks
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.whole import write_whole

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
        "proposals",
    ),
    "council": ("areas", "parcels", "streets", "buildings", "observed_buildings", "plan_parts", "proposals"),
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
    png: Path | None = None,
    pdf: Path | None = None,
    imagery: underlay.Wanted | None = None,
) -> tuple[int, list[str]]:
    """Write the map of an audience to `output`; returns its size in bytes and remarks.

    Parameters
    ----------
    png, pdf : Path, optional
        The same view on one sheet, drawn without a browser.
    imagery : Wanted, optional
        An aerial picture to lie under the map.

    Raises
    ------
    OptionError
        If the audience has no map, no map with a picture, or there is no area of that name.
    """
    if imagery is not None:
        underlay.require_audience(audience)
    before = replay.moment(here)
    recipient = None if recipient is None else privacy.redact(recipient)[0]
    with store_of(here) as store:
        drawn, remarks = draw_map(
            here,
            store,
            audience=audience,
            area=area,
            on=on or today(),
            recipient=recipient,
            lang=lang,
            imagery=imagery,
        )
    preview = drawn.preview()
    size = write_whole(output, drawn.page(preview).encode("utf-8"))
    if png is not None:
        write_whole(png, drawn.png())
    if pdf is not None:
        write_whole(pdf, drawn.pdf())
    map_index.note(here.project, output, drawn, lang=lang, preview=preview)
    if imagery is None:  # a picture lies outside the store: a map with one cannot be drawn from it again
        parameters = {"audience": audience, "area": area, "on": (on or today()).isoformat()}
        parameters |= {"recipient": recipient, "lang": lang}
        replay.write(here, "map", before, parameters, replay.of_files({"map.html": output}))
    return size, remarks


def draw_map(
    here: Opened,
    store: Store,
    *,
    audience: Audience,
    area: str | None,
    on: date,
    recipient: str | None,
    lang: str,
    imagery: underlay.Wanted | None = None,
) -> tuple[DrawnMap, list[str]]:
    """The map of an audience in all languages, `lang` first, and remarks."""
    remarks = []
    if not store.known_findings():
        remarks.append(_("no findings are stored yet; they are made by: regularize detect"))
    place = area_geometry(store, area)
    days = [day for day, _what in timeline.days_of(here, store, audience=audience, on=on, lang=lang)]
    views = _rows(store, audience, place, on, days)
    ground = None
    if imagery is not None and audience != "office":
        # A picture that is refused is refused before the figures are remembered as released.
        ground = underlay.below(imagery, views, place, audience=audience, crs=store.crs)
    more, figures_on = _results(here, store, audience, place, on)
    views += more
    if imagery is not None:
        framed = place is not None or any(view.layer.name == "areas" for view in views)
        if ground is None or not framed:  # without a frame the results may reach further than the rows
            ground = underlay.below(imagery, views, place, audience=audience, crs=store.crs)
        views.append(ground.view)
        remarks += ground.remarks
    editions = []
    for tongue in (lang, *(other for other in LANGUAGES if other != lang)):
        past: list[View | None] = []
        stops = []
        if audience != "public":
            stops = timeline.days_of(here, store, audience=audience, on=on, lang=tongue)
            past = [_cases(here, store, audience, place, day, tongue) for day, _what in stops]
        rules = here.pack.rules.items()
        meta = MapMeta(
            audience=audience,
            title=here.project.municipality,
            on=on,
            place=area or "",
            recipient=privacy.redact(recipient or "")[0],
            dates=[
                *data_dates(here, store, lang=tongue, counts=audience != "public"),
                *([(in_language(marked("Aerial picture"), tongue), ground.said(tongue))] if ground else []),
            ],
            class_notes={code: rule.text[tongue] for code, rule in rules if rule.kind == "class"},
            reason_titles={code: rule.title[tongue] for code, rule in rules if rule.kind == "reason"},
            figures_on=figures_on,
            timeline=stops,
            surveys=timeline.survey_days(store, on) if audience == "office" else (),
            colours=here.pack.colours,
            municipal=municipal_codes(here.pack),
            imagery=ground.said(tongue) if ground else "",
        )
        now = past[-1:] if past and past[-1] is not None else []
        said = [view for view in now if view is not None]
        editions.append(Edition(tongue, partial(_label, here, tongue), meta, [*views, *said], past))
    return DrawnMap(editions), remarks


def municipal_codes(pack: Pack) -> frozenset[str]:
    """Codes of ownership that mean the municipality, in registers and in the land layer's own words."""
    return pack.group("ownership", "municipal") | pack.group("land_owner_category", "municipal")


def _label(here: Opened, lang: str, key: str) -> str:
    return here.pack.label(key, lang)


def _rows(
    store: Store, audience: Audience, place: BaseGeometry | None, on: date, days: list[date]
) -> list[View]:
    """The stored rows that the audience may see."""
    views = []
    for name in SHOWN[audience]:
        # The office sees what was, too; for others the map of a day holds the rows of that day.
        rows = timeline.ever_valid(store, name, days) if audience == "office" else store.layer(name, on=on)
        inside = _inside(rows, place)
        if len(inside):
            views.append(View.of(layer_named(name), inside, audience))
    return views


def _results(
    here: Opened, store: Store, audience: Audience, place: BaseGeometry | None, on: date
) -> tuple[list[View], date | None]:
    """What was found, as the audience may see it, and since when its figures have stood."""
    if audience == "office":
        views = []
        findings = [f for f in store.findings(include_closed=True) if lies_in(f.geometry, place)]
        if findings:
            frame = timeline.findings_over_time(store, findings, on)
            views.append(View.of(layer_named("findings"), frame, audience))
        return [*views, *office_extras.views(here, store, place, on)], None
    made = release_of_blocks(store, store.findings(), audience=audience, place=place, on=on)
    return ([], None) if made is None else ([made.view], made.kept_since)


def _cases(
    here: Opened, store: Store, audience: Audience, place: BaseGeometry | None, on: date, lang: str
) -> View | None:
    opened = {case.id for case in store.cases() if case.opened_on <= on}
    parts = case_parts(here, store, on=on, lang=lang)
    parts = _inside(parts[parts["case"].isin(opened)], place)
    return View.of(layer_named("case_parts"), parts, audience) if len(parts) else None


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
    """What the data is and from when, and which rules were run on it and when.

    One line per live delivery, with its `counts` or without, then the last comparison and its rules.
    """
    lines = [
        (
            f"{here.pack.label('origin.' + batch.source.origin, lang)}: "
            f"{here.pack.label('kind.' + batch.source.kind, lang)}",
            f"{batch.source.valid_from:%d.%m.%Y}" + (f" ({batch.n_stored})" if counts else ""),
        )
        for batch in store.batches()
        if batch.withdrawn_reason is None
    ]
    runs = store.events(type="detect.run")
    if runs:
        last = runs[-1]
        number = last.subject.partition(":")[2]
        name = in_language(marked("Comparison of survey and cadastre, run {n}"), lang).format(n=number)
        lines.append((name, f"{last.on:%d.%m.%Y}"))
        kinds = Counter(rule.kind for rule in here.pack.rules.values())
        ran = store.run_parameters(int(number))
        held = ran.get("thresholds", {})
        said = in_language(
            marked("{classes} classes, {reasons} reasons, {thresholds} thresholds"), lang
        ).format(classes=kinds["class"], reasons=kinds["reason"], thresholds=len(held))
        lines.append((in_language(marked("Rules: {pack}"), lang).format(pack=here.pack.title[lang]), said))
        lines.append((in_language(marked("Version that compared"), lang), str(ran.get("version", ""))))
        now = here.pack.thresholds
        changed = sum(held.get(name) != now.get(name) for name in held.keys() | now.keys())
        if changed:  # what is shown was found by other values than those of the pack today
            lines.append((in_language(marked("Thresholds changed since the comparison"), lang), str(changed)))
    return lines


def _inside(frame: gpd.GeoDataFrame, place: object) -> gpd.GeoDataFrame:
    if place is None or frame.empty:
        return frame
    return frame[frame.intersects(place)].reset_index(drop=True)
