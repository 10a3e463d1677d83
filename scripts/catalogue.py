"""Compile the message catalogues: every .po of a language into one regularize.mo.

The rooms keep a catalogue each, so that a translator sees one subject at a time and two people
do not meet in one file; gettext gets one domain.
"""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DATE = datetime(2026, 1, 1, tzinfo=UTC)
LOCALE = Path(__file__).parents[1] / "regularize" / "locale"


def compiled(folder: Path) -> bytes:
    """The .mo bytes of all .po files in `folder`; a message with two translations is an error."""
    # The dates are fixed: the same catalogues compile to the same bytes on every day.
    whole = Catalog(
        locale=folder.parent.name,
        domain="regularize",
        charset="utf-8",
        creation_date=DATE,
        revision_date=DATE,
    )
    for file in sorted(folder.glob("*.po")):
        with file.open("rb") as stream:
            part = read_po(stream, locale=folder.parent.name, charset="utf-8")
        for message in part:
            if not message.id or not message.string:
                continue
            known = whole.get(message.id)
            if known is not None and known.string != message.string:
                raise SystemExit(f"{file.name}: another translation stands already for {message.id!r}")
            whole.add(message.id, string=message.string)
    out = BytesIO()
    write_mo(out, whole)
    return out.getvalue()


def main() -> None:
    """Write regularize.mo for every language."""
    for folder in sorted(LOCALE.glob("*/LC_MESSAGES")):
        (folder / "regularize.mo").write_bytes(compiled(folder))


if __name__ == "__main__":
    main()
