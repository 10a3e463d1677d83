"""The typesetter: a template and values make a PDF or a picture, the same bytes for the same values.

Text from data reaches typst only as JSON values, never as markup, and the compiler sees nothing but a
fresh folder that holds the template and the values.
"""

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

TEMPLATES = Path(__file__).parent / "templates"
DATA = "data.json"  # in the folder that the compiler sees
_BESIDE = frozenset({".typ", ".svg", ".png", ".jpg", ".jpeg", ".otf", ".ttf"})
_PLACE = re.compile(r"┌─ \S*?([^/\\\s:]+):(\d+):\d+")


class DossierError(RegularizeError):
    """One dossier could not be set. Others of the same batch are not concerned."""

    exit_code = 1


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
    return _compiled(TEMPLATES / "map.typ", data, format="png", ppi=ppi)


def _compiled(template: Path, data: Mapping[str, Any], **output: Any) -> bytes:
    import typst

    is_ours = template.parent == TEMPLATES
    try:
        with scratch() as root:
            compiler = typst.Compiler(
                str(_lay_out(template, data, root)),
                root=str(root),
                font_paths=_faces() if is_ours else _faces(str(root)),
                # where templates that municipalities began with earlier read the values
                sys_inputs={} if is_ours else {"data": _text(data)},
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


def _lay_out(template: Path, data: Mapping[str, Any], root: Path) -> Path:
    """Copy the template, and what lies beside a municipality's own one, into the fresh folder.

    The values go into a file: typst keeps what it has set as long as its own inputs stay the same.
    """
    if template.parent != TEMPLATES:
        for file in sorted(template.parent.iterdir()):
            if file.suffix.lower() in _BESIDE and file.is_file():
                shutil.copyfile(file, root / file.name)
    main = root / template.name
    shutil.copyfile(template, main)
    write_data(data, root)
    return main


def write_data(data: Mapping[str, Any], root: Path) -> None:
    """Write what a template sets to where it reads it."""
    (root / DATA).write_text(_text(data), encoding="utf-8")


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


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
