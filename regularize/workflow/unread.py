"""A delivery of which no row could be read: its place in the report of a check, and how to mend it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regularize.errors import InputError, RegularizeError
from regularize.i18n import translate as _
from regularize.intake.shapefile import missing_members
from regularize.model import Issue, Severity
from regularize.privacy import redact
from regularize.workflow.issues import issue_lines, issue_record
from regularize.workflow.projects import Reference

CODE = "FILE_REFUSED"


@dataclass(frozen=True)
class Unread:
    """A delivery of which no row could be read: why, beside the others in the report.

    Parameters
    ----------
    path : Path
    issues : tuple of Issue
        What is wrong, at least one.
    error : RegularizeError
        As the command ends with it.
    """

    path: Path
    issues: tuple[Issue, ...]
    error: RegularizeError
    reference: Reference
    refused: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As of one that was read, with nothing in it."""
        return {
            "path": redact(self.path.name)[0],
            "layer": None,
            "origin": None,
            "origin_assumed": False,
            "read": 0,
            "stored": 0,
            "quarantined": 0,
            "crs": None,
            "encoding": None,
            "encoding_judged": False,
            "sigma_m": None,
            "sigma_stated": False,
            "ignored_columns": [],
            "issues": [{**issue_record(issue), "identifier": None} for issue in self.issues],
            "passed": [],
            "not_assessed": {},
            "error": _of(self.path, self.error.message),
            "hint": _of(self.path, self.error.hint),
        }

    def lines(self) -> Iterator[str]:
        """What to tell the user."""
        yield _("{file}: not read").format(file=self.path.name)
        if self.issues[0].code != CODE:  # else the error says it all
            yield from issue_lines(self.issues, verbose=False)

    def for_page(self, lang: str) -> dict[str, Any]:
        """As of one that was read: one problem, and nothing that was in order."""
        code = self.issues[0].code
        rule = self.reference.pack.rule(code)
        return {
            "path": redact(self.path.name)[0],
            "is_read": False,
            "read": 0,
            "accepted": 0,
            "refused": 0,
            "problems": [
                {
                    "code": code,
                    "title": rule.title[lang],
                    "text": rule.text[lang],
                    "trap": rule.trap.get(lang, ""),
                    "severity": str(Severity.ERROR),
                    "n": len(self.issues),
                    "advice": _of(self.path, self.error.hint) if code == CODE else "",
                    "places": [
                        {"feature": None, "easting": None, "northing": None, "message": issue.message}
                        for issue in self.issues
                    ],
                }
            ],
            "passed": [],
        }


def unread(reference: Reference, path: Path, error: RegularizeError, *, is_placed: bool) -> Unread:
    """What the report says of a delivery that ended in `error`.

    Parameters
    ----------
    is_placed : bool
        Whether the user says where it lies, so that a ``.prj`` is not needed.
    """
    lacking: tuple[Issue, ...] = ()
    if isinstance(error, InputError):
        lacking = missing_members(path, error, is_placed=is_placed)
    whole = Issue(CODE, Severity.ERROR, _of(path, error.message))
    return Unread(path, lacking or (whole,), error, reference)


def _of(path: Path, text: str) -> str:
    """`text` as a report may hold it: without the folders of this computer and personal data."""
    return redact(text.replace(str(path), path.name))[0]
