"""The dossier of one home: a tagged PDF/A-2a, set by typst, the same bytes for the same facts."""

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regularize.publish.paper import Drawing
from regularize.publish.sheet import dossier_sheet
from regularize.publish.situation import COLOURS
from regularize.publish.typesetting import TEMPLATES, compile_pdf
from regularize.publish.writing import Labels

TEMPLATE = TEMPLATES / "dossier.typ"
_LONG = 20  # letters: the template breaks words from here on
_LONG_WORD = re.compile(rf"\S{{{_LONG},}}")
_CODE = re.compile(r"[A-Z_]{1,40}")


def render_dossier(
    facts: Mapping[str, Any],
    *,
    lang: str,
    labels: Labels,
    situation: Drawing | None = None,
    location: Drawing | None = None,
    template: Path | None = None,
) -> bytes:
    """The dossier as PDF.

    Parameters
    ----------
    facts : mapping
        JSON-able; every key may be missing. From ``plan.facts.home_facts``: ``home`` (may also hold
        ``municipality``, ``settlement_name``, ``area``), ``areas``, ``parcels``, ``adjoining``,
        ``street``, ``land``, ``boundary``, ``findings``. To be added by the caller:

        - ``area_tolerance``: name, value (None where the law gives none yet), unit, citation, status
        - ``sources``: origin, layer, source, valid_from, sigma_m
        - ``cases``, each: id, title, state, opened_on, steps (title, state in done/current/due/overdue/
          later, on or due, basis), deadlines (title, due, basis), notes
        - ``documents``: title, state in present/requested/refused/expired/missing/not_needed, basis (what
          it is for), on (day of its state) or due, later (only a later step needs it)
        - ``pathways``: ways, next, norms and evidence of ``workflow.pathway.pathway_facts``
        - ``reviews``: on, finding, state, note
        - ``provenance``: data_on, crs, run, version, dossier_version, chain_head, rules (codes),
          parameters (name, value, unit; those of the law also citation, checked_on, status)
    lang : {"bg", "en"}
    labels : callable
        ``labels(key, lang)``: the ``label`` of a country pack.
    situation, location : Drawing, optional
        See ``publish.situation``; without them the dossier says that no outline is known.
    template : Path, optional
        A municipality's own ``dossier.typ``. Other templates, pictures and fonts of its folder are at
        its hand, nothing else is.

    Returns
    -------
    bytes
        The same for the same arguments: no clock, no user, no path goes in.

    Raises
    ------
    DossierError
        If the template cannot be set; names its line and what to do.
    """
    sheet = dossier_sheet(facts, lang=lang, labels=labels)
    sheet["long_words"] = _has_long_words({**sheet, "basis": {**sheet["basis"], "head": ()}})
    sheet["colours"] = COLOURS
    sheet["situation"], sheet["location"] = _figure(situation), _figure(location)
    sheet["qr"] = qr_svg(" ".join((sheet["home"], f"v{sheet['version']}", sheet["short_hash"] or "-")))
    made = facts.get("provenance") or {}
    return compile_pdf(template or TEMPLATE, sheet, day=str(made.get("data_on") or ""))


def _has_long_words(value: Any) -> bool:
    """Whether a text holds a word that may be too long for its column; the codes of rules never break."""
    if isinstance(value, str):
        return len(value) >= _LONG and any(not _CODE.fullmatch(word) for word in _LONG_WORD.findall(value))
    if isinstance(value, dict):
        return any(map(_has_long_words, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_long_words, value))


def _figure(drawing: Drawing | None) -> dict[str, Any] | None:
    if drawing is None:
        return None
    return {
        "svg": drawing.svg,
        "denominator": drawing.denominator,
        "width_mm": drawing.width_mm,
        "height_mm": drawing.height_mm,
    }


def qr_svg(text: str) -> str:
    """An SVG of the QR code of `text`, cut to what a small code can carry."""
    import segno

    out = io.BytesIO()
    segno.make(text[:200], error="m", micro=False).save(out, kind="svg", border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode("utf-8")
