"""Lists of findings or homes to a file: beyond a few rows only for a stated purpose, which is logged."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.project import today
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.whole import json_text, write_whole

# A list of more rows than this is no longer a look at a few cases: somebody answers for its purpose.
ROWS_WITHOUT_PURPOSE = 20
EXPORTED = "list.exported"


def write_list(
    here: Opened,
    output: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    what: str,
    purpose: str | None,
    content: Any = None,
) -> int:
    """Write `rows` as JSON (``.json``) or CSV with the purpose in the file; returns how many.

    Parameters
    ----------
    what : str
        What is listed: ``findings``, ``pathways``.
    purpose : str or None
        Needed beyond `ROWS_WITHOUT_PURPOSE` rows; stands in the file and, without personal data, in
        the log.
    content : object, optional
        What the JSON holds instead of the plain rows.

    Raises
    ------
    OptionError
        If a purpose is needed and not given.
    """
    stated = stated_purpose(len(rows), purpose)
    day = today()
    if output.suffix.lower() == ".json":
        whole = {"purpose": stated or None, "on": day.isoformat(), what: rows if content is None else content}
        text = json_text(whole) + "\n"
    else:
        text = _csv(rows, [_("purpose: {text}").format(text=stated or "-"), day.isoformat()])
    log_list(here, what, len(rows), stated)
    write_whole(output, text.encode("utf-8-sig" if output.suffix.lower() != ".json" else "utf-8"))
    return len(rows)


def stated_purpose(n_rows: int, purpose: str | None) -> str:
    """The purpose of a list of so many rows, without personal data. Raises `OptionError` if it needs one."""
    stated = privacy.redact((purpose or "").strip())[0]
    if n_rows > ROWS_WITHOUT_PURPOSE and not stated:
        raise OptionError(
            _("a file of more than {n} rows needs a purpose").format(n=ROWS_WITHOUT_PURPOSE),
            hint=_("give --purpose TEXT: it is logged and stands in the file"),
        )
    return stated


def log_list(here: Opened, what: str, n_rows: int, purpose: str) -> None:
    """Record that a list went into a file, where a purpose was stated."""
    if purpose:
        with store_of(here) as store:
            payload = {"what": what, "rows": n_rows, "purpose": purpose}
            store.append_event(EXPORTED, "store", today(), payload)


def _csv(rows: Sequence[Mapping[str, Any]], remarks: Sequence[str]) -> str:
    """Comma-separated values under lines of remarks; a cell never begins like a formula."""
    stream = io.StringIO()
    for remark in remarks:
        stream.write(f"# {' '.join(remark.split())}\n")
    writer = csv.writer(stream, lineterminator="\n")
    if rows:
        writer.writerow(rows[0].keys())
        writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return stream.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
