"""What is odd in a ``.cad`` file: real files are exact, so every deviation is worth a word.

Numbers of objects are named in messages; what stands in rows of tables never is.
"""

import re
from collections.abc import Sequence

from regularize.i18n import translate as _
from regularize.intake.cad import layers
from regularize.intake.cad.attributes import Attributes, orphans
from regularize.intake.cad.header import CoordinateSystem
from regularize.intake.cad.layers import LayerKind
from regularize.intake.cad.outlines import (
    Outlines,
    areas_that_differ,
    interior_points_outside,
    overused_lines,
)
from regularize.intake.cad.records import Content, Contour, Control, Section
from regularize.intake.cad.scanner import LONGEST_ALLOWED
from regularize.intake.dataset import Fault
from regularize.intake.rows import Ledger
from regularize.model import Severity

_NUMBER = re.compile(r"\d+(?:\.\d+)+")
# What the control block calls the kinds of records.
_CONTROLLED = {"POINTS": "P", "LINES": "L", "SYMBOLS": "S", "TEXTS": "T", "CONTURS": "C"}
# So many numbers are named; of the rest only how many.
_NAMED = 5


def identifier(ekatte: str | None, number: bytes) -> str | None:
    """Settlement and number as one identifier; None where the number has not its form.

    Examples
    --------
    >>> identifier("00990", b"501.7.1"), identifier("00990", b"1234"), identifier(None, b"501.7")
    ('00990.501.7.1', None, None)
    """
    text = number.decode("ascii", errors="replace")
    return f"{ekatte}.{text}" if ekatte is not None and _NUMBER.fullmatch(text) else None


def unreadable_record() -> Fault:
    """The fault of a record that is not whole."""
    return Fault("CAD_RECORD_UNREADABLE", _("its record cannot be read whole"))


def unreadable_line() -> Fault:
    """The fault of a line that is not whole."""
    return Fault("CAD_LINE_UNREADABLE", _("the line cannot be read whole"))


def judge_file(
    content: Content,
    layer: LayerKind,
    system: CoordinateSystem,
    ekatte: str | None,
    historic: int,
    ledger: Ledger,
) -> None:
    """Header, blocks, counts, and what was left out."""
    _judge_header(content, layer, system, ekatte, ledger)
    if content.cut_in is not None:
        ledger.note(
            "CAD_CUT",
            _("the file ends inside {block}: something of it is missing").format(block=content.cut_in),
        )
    if content.unclosed:
        ledger.note("CAD_BLOCK_UNCLOSED", _("{n} blocks begin or end out of turn").format(n=content.unclosed))
    if content.long_lines:
        ledger.note(
            "CAD_LINE_TOO_LONG",
            _("{n} lines are longer than the {most} characters that the format allows").format(
                n=content.long_lines, most=LONGEST_ALLOWED
            ),
            Severity.INFO,
        )
    _judge_counts(content, layer, ledger)
    if historic:
        ledger.note(
            "CAD_HISTORIC",
            _("{n} objects are marked as ended: they are not read").format(n=historic),
            Severity.INFO,
        )
    if others := layers.left_out(content):
        ledger.note(
            "CAD_NOT_READ",
            _("the file holds more that is not read: {records}").format(
                records=", ".join(f"{name}: {n}" for name, n in others.items())
            ),
            Severity.INFO,
        )


def _judge_header(
    content: Content, layer: LayerKind, system: CoordinateSystem, ekatte: str | None, ledger: Ledger
) -> None:
    if system.state in {"unknown", "missing"}:
        ledger.note(
            "CAD_COORDTYPE_UNKNOWN",
            _("the header does not name a coordinate system that is known: {text}").format(
                text=system.text or "-"
            ),
        )
    if "REFERENCE" not in content.header:
        ledger.note(
            "CAD_REFERENCE_MISSING",
            _("the header has no reference point: coordinates are taken as they stand"),
        )
    if ekatte is None and layer.section == "CADASTER":
        ledger.note(
            "CAD_EKATTE_MISSING",
            _("the header has no settlement code: the numbers cannot be completed to identifiers"),
        )


def _judge_counts(content: Content, layer: LayerKind, ledger: Ledger) -> None:
    section = content.sections.get(layer.section, Section())
    control = content.controls.get(layer.section)
    if section.repeated_lines:
        ledger.note(
            "CAD_LINE_REPEATED",
            _("{n} lines bear a number that another line has: the first one counts").format(
                n=section.repeated_lines
            ),
        )
    if section.unreadable:
        ledger.note(
            "CAD_LINE_NUMBER",
            _("{n} lines have no number that can be read: they bound nothing").format(n=section.unreadable),
        )
    if control is None:
        ledger.note(
            "CAD_CONTROL_MISSING",
            _("the layer {layer} has no control block: areas and counts cannot be checked").format(
                layer=layer.section
            ),
        )
        return
    for word, letter in _CONTROLLED.items():
        found = section.records[letter]
        stated = control.counts.get(word)
        # Whether multipolygons count as contours the format does not say.
        fits = {found, found + section.records["M"]} if letter == "C" else {found}
        if stated is not None and stated not in fits:
            ledger.note(
                "CAD_CONTROL_COUNT",
                _("{word}: the control block states {stated}, the file has {found}").format(
                    word=f"NUMBER_{word}", stated=stated, found=found
                ),
            )


def judge_outlines(
    outlines: Outlines,
    contours: Sequence[Contour],
    control: Control | None,
    origin: tuple[float, float],
    ledger: Ledger,
) -> None:
    """Areas, interior points, nesting, neighbours, conflicts and accuracy of the contours of a layer."""
    shapes = outlines.geometries
    for row in outlines.lost_holes:
        ledger.warn(
            row,
            "CAD_NESTED_MISSING",
            _("{number}: what the control block nests in it is not in the file, or not sound").format(
                number=_name(contours[row])
            ),
        )
    if control is not None:
        for row, own_m2, stated_m2 in areas_that_differ(outlines, contours, control):
            ledger.warn(
                row,
                "CAD_CONTROL_AREA",
                _("{number}: {own:.2f} m² by its outline, {stated:.2f} m² by the control block").format(
                    number=_name(contours[row]), own=own_m2, stated=stated_m2
                ),
            )
        _judge_conflicts(contours, control, ledger)
    for row in interior_points_outside(outlines, contours, origin):
        ledger.warn(
            row,
            "CAD_INTERIOR_POINT",
            _("{number}: its interior point lies outside its outline").format(number=_name(contours[row])),
        )
    drawn = [at for at, shape in enumerate(shapes.tolist()) if shape is not None]
    for number, sides in sorted(overused_lines([contours[at] for at in drawn]).items()):
        ledger.warn(
            drawn[sides[0]],
            "CAD_LINE_SHARED",
            _("line {line} bounds {n} objects: {numbers}; there is room for two").format(
                line=number, n=len(sides), numbers=_listed([contours[drawn[at]].number for at in sides])
            ),
        )
    missing = sum(identifier("00000", contour.number) is None for contour in contours)
    if missing and any(layers.type_of(c) in {layers.PARCEL, layers.BUILDING} for c in contours):
        ledger.note(
            "CAD_NUMBER_FORM",
            _(
                "{n} objects have numbers that are no part of an identifier: they are kept as reference"
            ).format(n=missing),
        )
    note_unknown_accuracy(outlines.sigmas_m, ledger)
    if outlines.open_ended:
        ledger.note(
            "CAD_ACCURACY_OPEN",
            _(
                "{n} objects have vertices of the last accuracy class, worse than 1.80 m: 3.60 m is taken"
            ).format(n=outlines.open_ended),
        )


def _judge_conflicts(contours: Sequence[Contour], control: Control, ledger: Ledger) -> None:
    rows = {contour.number: row for row, contour in enumerate(contours)}
    for one, other in control.conflicts:
        for number, against in ((one, other), (other, one)):
            if number in rows:
                ledger.warn(
                    rows[number],
                    "CAD_CONTUR_CONFLICT",
                    _("{number}: by the control block its outline crosses that of {other}").format(
                        number=_text(number), other=_text(against)
                    ),
                )


def note_unknown_accuracy(sigmas_m: Sequence[float | None], ledger: Ledger) -> None:
    """Say how many objects have no accuracy of their own."""
    unknown = sum(sigma is None for sigma in sigmas_m)
    if unknown:
        ledger.note(
            "CAD_ACCURACY_UNKNOWN",
            _("{n} of {of} objects have no accuracy coded: the usual one is taken; state it: --sigma").format(
                n=unknown, of=len(sigmas_m)
            ),
            Severity.INFO,
        )


def judge_table(
    layer: LayerKind, attributes: Attributes, numbers: Sequence[bytes], ledger: Ledger, *, has_table: bool
) -> None:
    """Rows of a table against the objects that they belong to."""
    if not has_table:
        ledger.note(
            "CAD_TABLE_MISSING",
            _("the table {table} is not in the file: there are no attributes").format(table=layer.table),
        )
        return
    if attributes.wrong_width:
        ledger.note(
            "CAD_ROW_WIDTH",
            _(
                "{table}: {n} rows have more or fewer values than the table has fields: they are not read"
            ).format(table=layer.table, n=attributes.wrong_width),
        )
    if attributes.repeated:
        ledger.note(
            "CAD_ROW_REPEATED",
            _("{table}: {n} rows are of an object that has one already: the first one counts").format(
                table=layer.table, n=attributes.repeated
            ),
        )
    if attributes.without_key:
        ledger.note(
            "CAD_ROW_WITHOUT_KEY",
            _("{table}: {n} rows do not say which object they are of").format(
                table=layer.table, n=attributes.without_key
            ),
        )
    if attributes.ended:
        ledger.note(
            "CAD_ROW_ENDED",
            _("{table}: {n} rows have ended: they are not read").format(
                table=layer.table, n=attributes.ended
            ),
            Severity.INFO,
        )
    bare, orphaned = orphans(attributes, numbers)
    for row in bare:
        ledger.warn(
            row,
            "CAD_OBJECT_WITHOUT_ROW",
            _("{number}: the table {table} has no row for it").format(
                number=_text(numbers[row]), table=layer.table
            ),
        )
    if orphaned:
        ledger.note(
            "CAD_ROW_WITHOUT_OBJECT",
            _("{table}: {n} rows are of objects that are not drawn: {numbers}").format(
                table=layer.table, n=len(orphaned), numbers=_listed(orphaned)
            ),
        )


def _listed(numbers: Sequence[bytes]) -> str:
    shown = ", ".join(_text(number) for number in numbers[:_NAMED])
    more = len(numbers) - _NAMED
    return shown if more <= 0 else _("{shown} and {n} more").format(shown=shown, n=more)


def _name(contour: Contour) -> str:
    return _text(contour.number)


def _text(number: bytes) -> str:
    """The number of an object; whatever else stands in its place is not repeated."""
    text = number.decode("ascii", errors="replace")
    return text if re.fullmatch(r"[\w.\-]{1,20}", text) and not re.search(r"\d{9}", text) else "?"
