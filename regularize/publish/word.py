"""The dossier as a Word file, on the form of the project or on a municipality's own.

The same values as in the PDF. Every text is turned into character references before the form sees it:
neither the form's own language nor Word's XML can take it for anything but text.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from regularize.errors import MissingExtraError
from regularize.i18n import in_language
from regularize.i18n import translate as _
from regularize.publish.dossier import qr_svg
from regularize.publish.paper import Drawing
from regularize.publish.sheet import dossier_sheet
from regularize.publish.text import printable
from regularize.publish.typesetting import DossierError, render_png
from regularize.publish.writing import Labels

_LARGEST_FORM = 20_000_000
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEGEND = (
    "figure_survey",
    "figure_register",
    "figure_parcel",
    "figure_plot",
    "figure_building",
    "figure_observed",
    "figure_street",
)
_PPI = 200


def render_word(
    facts: Mapping[str, Any],
    *,
    lang: str,
    labels: Labels,
    situation: Drawing | None = None,
    location: Drawing | None = None,
    form: Path | None = None,
) -> bytes:
    """The dossier as a Word file: parameters and promises of ``dossier.render_dossier``.

    Parameters
    ----------
    form : Path, optional
        A municipality's own form. It may use the names that :func:`regularize.publish.word_form.dossier_form`
        uses; a name that does not exist is an error.

    Raises
    ------
    DossierError
        If the form cannot be filled; says near which words.
    MissingExtraError
        If docxtpl is not installed.
    """
    sheet = dossier_sheet(facts, lang=lang, labels=labels)
    fixed = sheet["fixed"]
    qr = " ".join((sheet["home"], f"v{sheet['version']}", sheet["short_hash"] or "-"))
    pictures = {
        "qr": (render_png(qr_svg(qr), 24.0, 24.0, ppi=_PPI), 24.0),
        **{
            name: (render_png(drawing.svg, drawing.width_mm, drawing.height_mm, ppi=_PPI), drawing.width_mm)
            for name, drawing in (("situation", situation), ("location", location))
            if drawing is not None
        },
    }
    values = {
        **sheet,
        "situation_scale": "" if situation is None else f"1:{situation.denominator}",
        "location_scale": "" if location is None else f"1:{location.denominator}",
        "legend": in_language("outlines: {names}", lang).format(
            names=", ".join(fixed[name] for name in _LEGEND)
        ),
        "situation": None,
        "location": None,
    }
    made = facts.get("provenance") or {}
    title = f"{fixed['title']} {sheet['home']}"
    return fill(form, values, pictures, title=title, lang=lang, day=str(made.get("data_on") or ""))


def fill(
    form: Path | bytes | None,
    values: Mapping[str, Any],
    pictures: Mapping[str, tuple[bytes, float]],
    *,
    title: str,
    lang: str,
    day: str,
) -> bytes:
    """A filled form, with the same bytes for the same values.

    Parameters
    ----------
    form : Path, bytes or None
        None is the dossier's own.
    pictures : mapping
        Name to PNG and its width on paper in millimetres.
    day : str
        ISO date that the file carries as its own.
    """
    try:
        from docx.shared import Mm
        from docxtpl import DocxTemplate, InlineImage
        from jinja2 import StrictUndefined, TemplateError
        from jinja2.sandbox import SandboxedEnvironment
    except ImportError as error:
        raise MissingExtraError(
            _("Word files need the optional part docx"), hint="pip install 'regularize[docx]'"
        ) from error

    name = form.name if isinstance(form, Path) else _("of the program")
    source = _read(form) if isinstance(form, Path) else form or program_form()
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    hint = _("compare it with the form of the program: regularize dossier form -o FILE.docx")
    try:
        document = DocxTemplate(io.BytesIO(source))
        document.init_docx()
        core = document.docx.core_properties
        core.author = core.last_modified_by = core.comments = core.title = core.subject = core.identifier = ""
        context = {key: _inert(value) for key, value in values.items()}
        for key, (png, width_mm) in pictures.items():
            context[key] = InlineImage(document, io.BytesIO(png), width=Mm(width_mm))
        document.render(context, environment)
        for inline in document.docx.element.body.iter("{*}inline"):
            for side in "TBLR":  # what is not stated, some programs take for 3 mm, and the picture sticks out
                inline.set(f"dist{side}", "0")
        core = document.docx.core_properties
        core.title, core.language, core.revision = title, lang, 1
        core.author = core.last_modified_by = ""
        core.created = core.modified = _moment(day)
        out = io.BytesIO()
        document.save(out)
    except TemplateError as error:
        near = " ".join(" ".join(getattr(error, "docx_context", ())).split())[:80]
        reason = f"{error.message}" + (f" («{near}»)" if near else "")
        raise DossierError(
            _("the form {file} cannot be filled: {reason}").format(file=name, reason=reason), hint=hint
        ) from error
    except (
        LookupError,
        ValueError,
        ArithmeticError,  # of a sum that the form asks for
        AttributeError,
        TypeError,
        RuntimeError,  # a part that is locked, or nested without end
        OSError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        SyntaxError,
    ) as error:
        raise DossierError(
            _("the form {file} is no Word document that can be filled ({kind})").format(
                file=name, kind=type(error).__name__
            ),
            hint=hint,
        ) from error
    return settled(out.getvalue())


def settled(docx: bytes) -> bytes:
    """`docx` with nothing in it that tells when or where it was packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            plain = zipfile.ZipInfo(item.filename, _EPOCH)
            plain.compress_type, plain.external_attr, plain.create_system = zipfile.ZIP_DEFLATED, 0, 0
            target.writestr(plain, source.read(item), compresslevel=9)
    return out.getvalue()


def require_word() -> None:
    """Raise ``MissingExtraError`` where Word files cannot be written, before the first is tried."""
    try:
        import docxtpl  # noqa: F401 - asked for, not used
    except ImportError as error:
        raise MissingExtraError(
            _("Word files need the optional part docx"), hint="pip install 'regularize[docx]'"
        ) from error


@lru_cache(maxsize=2)
def program_form(name: str = "dossier") -> bytes:
    """The program's own form, ``dossier`` or ``letter``. Raises ``MissingExtraError``."""
    try:
        from regularize.publish import word_form
    except ImportError as error:
        raise MissingExtraError(
            _("Word files need the optional part docx"), hint="pip install 'regularize[docx]'"
        ) from error
    return settled(word_form.dossier_form() if name == "dossier" else word_form.letter_form())


def _read(form: Path) -> bytes:
    """The bytes of a municipality's form, refused where it is missing or too large."""
    try:
        if form.stat().st_size > _LARGEST_FORM:
            raise DossierError(
                _("the form {file} is larger than 20 MB").format(file=form.name),
                hint=_("leave the pictures of the form small"),
            )
        return form.read_bytes()
    except OSError as error:
        raise DossierError(
            _("the form {file} cannot be read: {reason}").format(
                file=form.name, reason=error.strerror or type(error).__name__
            ),
            hint=_("check the name and the folder, or run without a form of your own"),
        ) from error


def _inert(value: Any) -> Any:
    """`value` whose texts are character references wherever a form or XML could read more than text."""
    from markupsafe import Markup

    def walk(item: Any) -> Any:
        if isinstance(item, str):
            # each value was cut already where it is too long: what was joined of several is not
            text = escape(printable(item, lines=True, longest=len(item)), quote=True)
            for char in "{}%":
                text = text.replace(char, f"&#{ord(char)};")
            return Markup(text)  # noqa: S704  escaped above, and every brace is a character reference
        if isinstance(item, Mapping):
            return {key: walk(entry) for key, entry in item.items()}
        return [walk(entry) for entry in item] if isinstance(item, list | tuple) else item

    return walk(value)


def _moment(day: str) -> datetime:
    try:
        return datetime.fromisoformat(day[:10]).replace(tzinfo=UTC)
    except ValueError:
        return datetime(1980, 1, 1, tzinfo=UTC)
