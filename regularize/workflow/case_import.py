"""Cases that ran in spreadsheets: one row per event, read as text, stored all or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.intake.sheet import read_sheet
from regularize.workflow.case_columns import assigned
from regularize.workflow.case_rows import RowReader
from regularize.workflow.projects import Opened, store_of


def import_file(here: Opened, path: Path, *, dry_run: bool, actor: str) -> dict[str, Any]:
    """Read a table of cases and store them in one transaction, unless `dry_run` or a row is wrong.

    Returns
    -------
    dict
        Stable English keys: ``read``, ``stored``, ``refused`` rows, ``cases`` with what was noted on
        each, ``problems`` by row and column, columns ``ignored`` and ``refused_columns``. Where there
        are problems, nothing was stored. A file that was imported before has ``again`` and adds nothing.

    Raises
    ------
    InputError
        If the file cannot be read, or lacks the columns of case and kind.
    OptionError
        If a case of the file came from another one; nothing is stored.
    """
    sheet = read_sheet(path)
    columns = assigned(here, path, sheet)
    with store_of(here, read_only=dry_run) as store:
        before = store.imported()
        record: dict[str, Any] = {
            "file": privacy.redact(path.name)[0],
            "dry_run": dry_run,
            "again": sheet.sha256 in before.files,
            "read": len(sheet.rows),
            "ignored": list(columns.ignored),
            "refused_columns": list(columns.refused),
            "other_sheets": list(sheet.others),
            "problems": [],
        }
        if record["again"]:
            known = before.files[sheet.sha256]
            record |= {"stored": len(sheet.rows), "refused": 0, "redacted": 0}
            record["cases"] = [{"key": key, "id": id_} for key, id_ in known.items()]
            return record
        reader = RowReader(here, store, columns, before.keys)
        found = reader.read(sheet.rows)
        record["problems"] = [vars(problem) for problem in reader.problems]
        refused = {problem.row for problem in reader.problems}
        ids: Mapping[str, str] = {}
        if not reader.problems and not dry_run:
            incoming = [one for one, _said in found]
            ids = store.import_cases(
                incoming, sha256=sheet.sha256, source=record["file"], actor=privacy.redact(actor)[0]
            ).ids
        record |= {
            "stored": len(sheet.rows) if ids else 0,
            "refused": len(refused),
            "redacted": reader.redacted,
            "cases": [{**said, "id": ids.get(one.key)} for one, said in found],
        }
    return record
