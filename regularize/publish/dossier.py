"""The dossier of one home: a tagged PDF/A-2a, set by typst, the same bytes for the same facts.

Text from data reaches typst only as JSON values, never as markup, and the compiler sees nothing but a
fresh folder that holds the template.
"""

import io
import json
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from regularize.errors import RegularizeError
from regularize.i18n import translate as _
from regularize.project import scratch
from regularize.publish.compact import compact
from regularize.publish.paper import Drawing
from regularize.publish.sheet import dossier_sheet
from regularize.publish.situation import COLOURS
from regularize.publish.writing import Labels

TEMPLATE = Path(__file__).parent / "templates" / "dossier.typ"
_BESIDE = frozenset({".typ", ".svg", ".png", ".jpg", ".jpeg", ".otf", ".ttf"})
_OURS = TEMPLATE.parent
_LONG = 20  # letters: the template breaks words from here on
_LONG_WORD = re.compile(rf"\S{{{_LONG},}}")
_CODE = re.compile(r"[A-Z_]{1,40}")
_PLACE = re.compile(r"┌─ \S*?([^/\\\s:]+):(\d+):\d+")


class DossierError(RegularizeError):
    """One dossier could not be set. Others of the same batch are not concerned."""

    exit_code = 1


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


def compile_pdf(template: Path, data: Mapping[str, Any], *, day: str) -> bytes:
    """Set `template` with `data` as PDF/A-2a; `day` (ISO) is the date that the file carries.

    Raises
    ------
    DossierError
        Whatever typst dies of, a panic of its own included.
    """
    return compact(_compiled(template, data, format="pdf", pdf_standards=["a-2a"], timestamp=_timestamp(day)))


def render_png(svg: str, width_mm: float, height_mm: float, *, ppi: float) -> bytes:
    """A drawing as PNG, for files that cannot carry SVG. Raises ``DossierError``."""
    data = {"svg": svg, "width_mm": width_mm, "height_mm": height_mm, "bare": True}
    return _compiled(_OURS / "map.typ", data, format="png", ppi=ppi)


def _compiled(template: Path, data: Mapping[str, Any], **output: Any) -> bytes:
    import typst

    try:
        with scratch() as root:
            compiler = typst.Compiler(
                str(_lay_out(template, root)),
                root=str(root),
                font_paths=_faces() if template.parent == _OURS else _faces(str(root)),
                sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
            )
            made, warnings = compiler.compile_with_warnings(**output)
    except (KeyboardInterrupt, SystemExit):
        raise
    except OSError as error:
        raise DossierError(
            _("the template {file} cannot be used: {reason}").format(
                file=template.name, reason=error.strerror or type(error).__name__
            ),
            hint=_("check the file and the free space of the disk, or run without a template of your own"),
        ) from error
    # A panic in the compiler arrives as a BaseException that is no Exception; it must cost this
    # dossier, not the batch, and its text may hold paths of this machine.
    except BaseException as error:
        raise _template_error(template, error) from error
    missing = [w.message for w in warnings if "unknown font family" in w.message]
    if missing:
        raise DossierError(
            _("the template {file} asks for a font that is not there: {reason}").format(
                file=template.name, reason=missing[0]
            ),
            hint=_("put the font file beside the template, or use Libertinus Serif"),
        )
    if not isinstance(made, bytes):
        raise TypeError("typst gave no file")
    return made


@lru_cache(maxsize=1)
def _own_faces() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _faces(folder: str | None = None) -> Any:
    """The typesetter's own faces, read once; for a municipality's template also those beside it."""
    import typst

    if folder is None:
        return _own_faces()
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])


def _lay_out(template: Path, root: Path) -> Path:
    """Copy the template, and what lies beside a municipality's own one, into the fresh folder."""
    if template.parent != _OURS:
        for file in sorted(template.parent.iterdir()):
            if file.suffix.lower() in _BESIDE and file.is_file():
                shutil.copyfile(file, root / file.name)
    main = root / template.name
    shutil.copyfile(template, main)
    return main


def _template_error(template: Path, error: BaseException) -> DossierError:
    place = _PLACE.search(str(getattr(error, "diagnostic", "")))
    message = str(getattr(error, "message", "")) or type(error).__name__
    hints = "; ".join(str(h) for h in getattr(error, "hints", ()) or ())
    where = _("{file}, line {line}").format(file=place[1], line=place[2]) if place else template.name
    return DossierError(
        _("the page cannot be set ({where}): {reason}").format(where=where, reason=message),
        hint=hints or _("mend the template at that line, or run without a template of your own"),
    )


def _timestamp(day: str) -> int:
    """Midnight UTC of an ISO date; the first day of 1980 where there is none."""
    try:
        return int(datetime.fromisoformat(day[:10]).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())


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
