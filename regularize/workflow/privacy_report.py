"""The inventory of a project: what is stored, why, until when, what was refused, and what has left."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.countries.inventory import load_inventory
from regularize.i18n import in_language, marked
from regularize.store.erasure import DONE
from regularize.store.events import ERASED
from regularize.workflow import sealed
from regularize.workflow.projects import Opened, store_of

REFUSED, MASKED = "PERSONAL_COLUMN_REFUSED", "PERSONAL_DATA_REDACTED"
_DIGEST = re.compile(r"(?<![0-9a-z])[0-9a-f]{32,}(?![0-9a-z])")
_TOUCHES = {
    "none": marked("no personal data"),
    "indirect": marked("leads to persons only by other registers"),
    "free_text": marked("free text, screened on entry"),
}
_STATUS = {
    "verified": marked("compared with the law"),
    "verified_secondary": marked("from a source that quotes the law"),
    "unverified": marked("unverified: to be confirmed by the data protection officer"),
}


@dataclass(frozen=True)
class Looked:
    """Result of the scan: texts looked at, and where personal data was found."""

    texts: int
    found: dict[str, int]


def report(here: Opened, *, scan: bool) -> dict[str, Any]:
    """The inventory with stable English keys.

    Parameters
    ----------
    scan : bool
        Look for personal data in every text of the store, as on entry.
    """
    with store_of(here, read_only=True) as store:
        rows = store.row_counts()
        issues = store.issues()
        log = store.events(subject="store")
        erased = [e for e in store.events() if e.type == DONE]
        layers = store.info()["layers"]
        looked = _looked(store.known_texts()) if scan else None
    named = load_inventory(here.pack)
    listed = {table for kept in named for table in kept.tables}
    return {
        "project": here.project.municipality,
        "inventory": [
            {
                "name": kept.name,
                "personal": kept.personal,
                "rows": {table: rows.get(table, 0) for table in kept.tables},
                "valid_today": {t: layers[t]["live"] for t in kept.tables if t in layers},
                "title": dict(kept.title),
                "purpose": dict(kept.purpose),
                "ground": dict(kept.ground),
                "citation": kept.citation,
                "status": kept.status,
                "keep": dict(kept.keep),
            }
            for kept in named
        ],
        "not_in_inventory": sorted(set(rows) - listed),
        "refused_columns": [
            {"batch": batch, "message": issue.message} for batch, issue in issues if issue.code == REFUSED
        ],
        "masked_texts": sum(1 for _batch, issue in issues if issue.code == MASKED),
        "files": _files(here.project.root),
        "left": sealed.log_of(here),
        "erasures": [{"seq": e.seq, "on": e.on.isoformat(), **(e.payload or {})} for e in erased],
        "blanked_entries": sum(1 for e in log if e.type == ERASED),
        "scan": None if looked is None else {"texts": looked.texts, "found": looked.found},
    }


def _looked(texts: Iterator[tuple[str, str]]) -> Looked:
    n, found = 0, Counter[str]()
    seen: dict[str, int] = {}
    for place, text in texts:
        n += 1
        if text not in seen:
            plain = _DIGEST.sub("", text)  # ten digits of a digest are nobody's
            seen[text] = len(privacy.find_personal(plain, context=_context(place)))
        if seen[text]:
            found[place] += seen[text]
    return Looked(n, dict(found))


def _context(place: str) -> str:
    """Names of streets and areas are not those of persons."""
    return "street_name" if place.endswith(".name") else ""


def _files(root: Path) -> dict[str, dict[str, int]]:
    """Files and bytes by the folder of the project in which they lie."""
    counts: dict[str, dict[str, int]] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            parts = path.relative_to(root).parts
            entry = counts.setdefault(parts[0] if len(parts) > 1 else ".", {"files": 0, "bytes": 0})
            entry["files"] += 1
            entry["bytes"] += path.stat().st_size
    return counts


def lines(record: dict[str, Any], *, lang: str) -> Iterator[str]:
    """The inventory for people."""

    def say(message: str) -> str:
        return in_language(message, lang)

    yield say(marked("What is stored, why, and until when")) + f": {record['project']}"
    for kept in record["inventory"]:
        total = sum(kept["rows"].values())
        yield ""
        yield f"{kept['title'][lang]}: " + say(marked("rows: {n}")).format(n=total)
        yield "  " + ", ".join(f"{table} {n}" for table, n in kept["rows"].items())
        yield "  " + say(marked("touches persons")) + f": {say(_TOUCHES[kept['personal']])}"
        yield "  " + say(marked("what for")) + f": {kept['purpose'][lang]}"
        cited = f" ({kept['citation']})" if kept["citation"] else ""
        yield "  " + say(marked("ground")) + f": {kept['ground'][lang]}{cited}"
        yield "  " + say(marked("until when")) + f": {kept['keep'][lang]}"
        yield "  " + say(marked("status of ground and period")) + f": {say(_STATUS[kept['status']])}"
    yield ""
    yield from _afterwards(record, say)


def _afterwards(record: dict[str, Any], say: Any) -> Iterator[str]:
    refused = Counter(entry["message"] for entry in record["refused_columns"])
    yield say(marked("Columns refused so far")) + f": {len(record['refused_columns'])}"
    for message, n in sorted(refused.items()):
        yield f"  {message}" + (f" ({n})" if n > 1 else "")
    yield say(marked("Texts masked on entry")) + f": {record['masked_texts']}"
    yield say(marked("Has left the project")) + f": {len(record['left'])}"
    for entry in record["left"]:
        form = {"encrypted": say(marked("encrypted")), "plain": say(marked("unencrypted"))}.get(
            entry.get("form"), ""
        )
        parts = (entry["on"], entry.get("what"), form, entry.get("file"), entry.get("purpose"))
        yield "  " + ", ".join(str(part) for part in parts if part)
    yield say(marked("Erasures")) + f": {len(record['erasures'])}"
    for entry in record["erasures"]:
        yield f"  {entry['on']}, {entry.get('reason', '')}"
    scan = record["scan"]
    if scan is not None:
        yield say(marked("Scan of {n} texts for personal data: {found} found")).format(
            n=scan["texts"], found=sum(scan["found"].values())
        )
        for place, n in sorted(scan["found"].items()):
            yield f"  {place}: {n}"
