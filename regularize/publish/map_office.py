"""The office map: findings by class, with everything that the work on them needs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from regularize.model import QUIET_CLASSES, ReviewState
from regularize.publish import palette
from regularize.publish.columns import column_data, columns_of, measure_data
from regularize.publish.drawing import (
    Drawn,
    MapMeta,
    Row,
    Sheet,
    base_layer,
    draw,
    geographic,
    place_labels,
    placed,
    spans,
)
from regularize.publish.office_layers import STRETCHED
from regularize.publish.palette import class_order
from regularize.publish.text import format_number
from regularize.publish.view import View
from regularize.publish.words import Speaker

KINDS = ("building", "plot")
# Bottom to top. Findings on plots lie under the buildings, findings on buildings above them.
BELOW = ("imagery", "land", "areas", "streets", "parcels", "regulated_plots", "plots")
ABOVE = ("buildings", "observed_buildings", "fences", "points")
BESIDE = ("indicative_plots", "uncertain_ground", "residuals", "objections")
ON_TOP = ("plan_parts", "proposals", "case_parts")


def office_sheet(views: Mapping[str, View], meta: MapMeta, speaker: Speaker) -> Sheet:
    """Layers, legend and notes of the office map; `views` by layer name."""
    _ = speaker.ui
    sheet = Sheet()
    findings = _findings(views["findings"], meta, speaker) if "findings" in views else None
    for name in BELOW:
        if name in views and name == "land":
            sheet.add(land_layer(views[name], meta.municipal, speaker))
        elif name in views:
            sheet.add(base_layer(views[name], speaker))
    if "land" not in views and "parcels" in views:
        _add_municipal(sheet, views["parcels"], meta.municipal, speaker)
    if findings:
        sheet.order += [(findings.name, row.key) for row in findings.rows if row.key.startswith("plot/")]
    for name in ABOVE:
        if name in views:
            sheet.add(base_layer(views[name], speaker))
    if findings:
        sheet.order += [(findings.name, row.key) for row in findings.rows if not row.key.startswith("plot/")]
    for name in ON_TOP:
        if name in views:
            sheet.add(base_layer(views[name], speaker))
    for name in BESIDE:
        if name in views:
            sheet.add(_beside(views[name], speaker))
    base = [(drawn.name, row.key) for drawn in sheet.layers for row in drawn.rows]
    if findings:
        sheet.add(findings, order=False)
        sheet.groups.append(_decisions(findings, speaker))
        rejected = [(findings.name, row.key) for row in findings.rows if row.key.startswith("rejected/")]
        if rejected:
            sheet.groups.append({"title": _("Rejected on review"), "rows": rejected, "open": False})
    waiting = _waiting(views.get("findings"))
    if waiting:
        sheet.headline = {
            "number": format_number(waiting, 0, lang=speaker.lang),
            "text": _("findings wait for a decision"),
        }
    else:
        sheet.empty = _("No findings wait for a decision in this view.")
    if base:
        sheet.groups.append({"title": _("Layers"), "rows": base, "open": True, "quiet": True})
    sheet.notes = [
        _("A finding is a candidate until a person has looked at it. Colours say what has to be decided."),
        _("For office use. It holds data of single homes: do not pass it on."),
    ]
    wrong = palette.usable_colours(meta.colours)[1]
    if wrong:
        note = _("Colours of the country pack that are none, or stand for nothing, are left out: {names}.")
        sheet.notes.append(note.format(names=", ".join(wrong)))
    return sheet


def _decisions(findings: Drawn, speaker: Speaker) -> dict[str, Any]:
    """The group of the legend that lists findings by what a person has to decide about them."""
    _ = speaker.ui
    titles = {
        "missing": _("Buildings missing from the cadastre"),
        "outline": _("Another size or outline"),
        "matching": _("Another building, or another number"),
        "field": _("To be looked at on site"),
        "parcel": _("Plots without a parcel of their own"),
        "division": _("Plots inside one parcel"),
        "in_order": _("Without difference"),
    }
    branches = []
    left = {row.key: row for row in findings.rows if not row.key.startswith("rejected/")}
    for decision in palette.DECISIONS:
        keys = [f"{kind}/{cls}" for kind, cls in decision.classes if f"{kind}/{cls}" in left]
        if keys:
            branches.append({"label": titles[decision.key], "rows": keys})
        for key in keys:
            del left[key]
    branches += [{"label": row.label, "rows": [key]} for key, row in left.items()]
    return {
        "title": _("What has to be decided"),
        "open": True,
        "rows": [],
        "branches": [
            {"label": branch["label"], "rows": [(findings.name, key) for key in branch["rows"]]}
            for branch in branches
        ],
    }


def land_layer(view: View, municipal: Collection[str], speaker: Speaker) -> Drawn:
    """Ownership of land, the municipality's apart: it decides there itself."""
    _ = speaker.ui
    drawn = draw(view, speaker, on=False)
    codes = placed(view).get("land_owner_category", pd.Series(dtype=object))
    drawn.classes = [int(code in municipal) for code in codes]
    own = Row("municipal_land", _("Municipal land"), palette.layer_style("municipal_land"), cls=1, on=False)
    rest = replace(drawn.rows[0], label=_("Land of others"), cls=0)
    drawn.rows = [row for row in (rest, own) if row.cls in drawn.classes]
    return drawn


def _add_municipal(sheet: Sheet, parcels: View, municipal: Collection[str], speaker: Speaker) -> None:
    """Municipal land from the parcels, where no layer of land was delivered."""
    frame = placed(parcels)
    if "ownership_kind" not in frame.columns:
        return
    chosen = frame[frame["ownership_kind"].isin(list(municipal))]
    if len(chosen):
        _ = speaker.ui
        label = _("Municipal land")
        row = Row("municipal_land", label, palette.layer_style("municipal_land"), on=False)
        sheet.add(Drawn("municipal_land", label, geographic(chosen), [row]))


def _beside(view: View, speaker: Speaker) -> Drawn:
    """What stands beside the findings: in the list of layers, seen when asked for."""
    _ = speaker.ui
    drawn = draw(view, speaker, on=False)
    if view.layer.name == "residuals":
        label = _("Remaining shift, drawn {n} times as long").format(n=STRETCHED)
        note = _("An arrow shows how far the cadastre still lies off the survey after the common shift.")
        drawn.rows = [replace(row, label=label, note=note) for row in drawn.rows]
    if view.layer.name == "indicative_plots":
        note = _("Guessed between the buildings where no plot was surveyed: measure here first.")
        drawn.rows = [replace(row, note=note) for row in drawn.rows]
    if view.layer.name == "objections":
        frame = placed(view)
        drawn.rows = [replace(row, count=sum(frame["count"])) for row in drawn.rows]
        texts = [format_number(n, 0, lang=speaker.lang) for n in frame["count"]]
        drawn.labels, drawn.label_font = place_labels(frame, texts), "place"
    return drawn


def _now(frame: Any, keys: Sequence[str], key: str) -> int:
    """How many of a row of the legend stand today: those of the past are on the map, but not counted."""
    if "valid_to" not in frame.columns:
        return keys.count(key)
    return sum(k == key and end is None for k, end in zip(keys, frame["valid_to"], strict=True))


def _waiting(view: View | None) -> int:
    if view is None:
        return 0
    frame = view.frame if "valid_to" not in view.frame.columns else view.frame[view.frame["valid_to"].isna()]
    rows = zip(frame["class"], frame["review"], strict=True)
    return sum(cls not in QUIET_CLASSES and review != ReviewState.REJECTED.value for cls, review in rows)


def _findings(view: View, meta: MapMeta, speaker: Speaker) -> Drawn:
    _ = speaker.ui
    frame = placed(view)
    drawn = Drawn("findings", speaker.labels("layer.findings"), in_table=True)
    rejected = ReviewState.REJECTED.value
    keys = [
        f"rejected/{cls}" if review == rejected else f"{kind}/{cls}"
        for kind, cls, review in zip(frame["kind"], frame["class"], frame["review"], strict=True)
    ]
    known = [f"{kind}/{cls}" for kind in KINDS for cls in class_order(kind)]
    present = sorted(
        set(keys), key=lambda key: (key not in known, known.index(key) if key in known else 0, key)
    )
    styles = palette.usable_colours(meta.colours)[0]
    for number, key in enumerate(present):
        kind, cls = key.split("/", 1)
        decision = None if kind == "rejected" else palette.decision_of(kind, cls)
        style = styles.get(decision.key, decision.style) if decision else palette.NEUTRAL
        drawn.rows.append(
            Row(
                key,
                speaker.code("class", cls),
                style,
                cls=number,
                count=_now(frame, keys, key),
                note=meta.class_notes.get(cls, ""),
                on=decision.shown if decision else kind != "rejected",
            )
        )
    drawn.classes = [present.index(key) for key in keys]
    drawn.geometries = geographic(frame)
    drawn.since, drawn.until = spans(frame, speaker.days)
    drawn.n_days = len(speaker.days)
    special: dict[str, list[str | list[str] | None]] = {
        "grade": [speaker.code("grade", grade) for grade in frame["grade"]],
        "review": [speaker.code("review", review) for review in frame["review"]],
        "reasons": [
            [meta.reason_titles.get(code) or speaker.code("reason", code) for code in reasons]
            for reasons in frame["reasons"]
        ],
    }
    plain = {c["label"]: c for c in columns_of(view, frame, speaker)}
    for name in ("id", "grade", "measures", "reasons", "survey_refs", "register_refs", "review", "home"):
        label = speaker.labels(f"column.{name}")
        if name == "measures":
            drawn.columns.append(measure_data(label, list(frame["measures"]), speaker))
        elif name in special:
            drawn.columns.append(column_data(label, special[name], search=False))
        elif label in plain:
            drawn.columns.append(plain[label])
    return drawn
