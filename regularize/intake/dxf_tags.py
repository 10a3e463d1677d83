"""A drawing as it stands in the file: pairs of group code and value, gathered to entities.

Read here and not by loading a whole drawing: one broken entity would take the others with it, and a
file that was cut would be refused. So each entity stands or falls alone, and how many there are is
known before any of them is understood.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake import bulk, encoding

BINARY_MAGIC = b"AutoCAD Binary DXF\r\n\x1a\x00"
MAX_BYTES = 400 * 1024**2
# Since this version text is UTF-8, whatever $DWGCODEPAGE says.
_UNICODE_SINCE = "AC1021"
# A line from its first letter outside ASCII on: a pattern that began before it would go long ways.
_MARKED_LINE = re.compile(rb"[\x80-\xff][^\r\n]*")
# Entities that belong to the one before them.
_PARTS = frozenset({"VERTEX", "ATTRIB", "SEQEND"})
_PAPER_SPACE = 67

Tag = tuple[int, str]


@dataclass
class Entity:
    """One entity: its type, its tags, and the entities that belong to it (vertices, attributes)."""

    type: str
    tags: list[Tag]
    parts: list["Entity"] = field(default_factory=list)

    def first(self, code: int, default: str = "") -> str:
        """The first value of `code`."""
        return next((value for c, value in self.tags if c == code), default)

    def number(self, code: int, default: float = 0.0) -> float:
        """The first value of `code` as a number. Raises ``ValueError``."""
        text = self.first(code)
        return float(text) if text else default

    def integer(self, code: int, default: int = 0) -> int:
        """The first value of `code` as a whole number. Raises ``ValueError``."""
        return int(self.number(code, default))

    @property
    def layer(self) -> str:
        """Name of its layer; "0" where none is written."""
        return self.first(8).strip() or "0"

    @property
    def handle(self) -> str | None:
        """Its handle, the name that CAD programs keep for it."""
        return self.first(5).strip() or None

    @property
    def on_paper(self) -> bool:
        """Whether it is part of a printed sheet, not of the model."""
        return self.first(_PAPER_SPACE).strip() == "1"


@dataclass
class Scan:
    """All that matters of one drawing.

    Parameters
    ----------
    version : str
        ``AC1009`` is R12, ``AC1032`` R2018.
    entities : list of Entity
        Of the model, in the order of the file.
    blocks : dict
        Folded name -> base point and entities.
    skipped_lines : int
        Lines passed over because they belong to no pair.
    is_whole : bool
        Whether the end mark was reached.
    is_cut : bool
        Whether the file ends inside its last entity.
    """

    version: str
    choice: encoding.Choice
    entities: list[Entity] = field(default_factory=list)
    blocks: dict[str, "Block"] = field(default_factory=dict)
    skipped_lines: int = 0
    is_whole: bool = False
    is_cut: bool = False


@dataclass
class Block:
    """A block: what every insertion of it shows."""

    base: tuple[float, float, float]
    entities: list[Entity] = field(default_factory=list)


def scan(path: Path, content: bytes, wanted: str | None) -> Scan:
    """Gather the entities of a drawing, text or binary.

    Parameters
    ----------
    wanted : str or None
        Encoding that the user names.

    Raises
    ------
    InputError
        If it is larger than what is read, or its encoding cannot be told.
    """
    if len(content) > MAX_BYTES:
        raise InputError(
            _("{file}: the drawing is larger than {limit} MB").format(file=path, limit=MAX_BYTES // 1024**2),
            hint=_("keep only the layers that are needed, or split it, and give the parts"),
        )
    if content.startswith(BINARY_MAGIC):
        content = _as_text(path, content)
    head = _header(content)
    marked = [match.group() for match in _MARKED_LINE.finditer(content)]
    choice = encoding.choose(marked, declared_as=_declared(head, marked), wanted=wanted)
    choice.require(path, "DXF", marked)
    found = Scan(head.get("$ACADVER", "AC1009"), choice)
    text = content.decode(choice.encoding or "ascii", errors="replace").removeprefix("\ufeff")
    _gather(found, _pairs(StringIO(text, newline=None), found))
    return found


def _header(content: bytes) -> dict[str, str]:
    """The variables that tell the version and the code page."""
    found = {}
    for name in ("$ACADVER", "$DWGCODEPAGE"):
        pattern = rb"\s9\s+" + re.escape(name.encode()) + rb"\s+[13]\s+(\S+)"
        match = re.search(pattern, content[: 64 * 1024])
        if match:
            found[name] = match.group(1).decode("ascii", errors="replace")
    return found


def _declared(head: dict[str, str], marked: list[bytes]) -> str | None:
    if head.get("$ACADVER", "") >= _UNICODE_SINCE:
        return "utf-8"
    page = encoding.declared(re.sub(r"\D", "", head.get("$DWGCODEPAGE", "")))
    # Western is what programs write who were never told: it counts only where the words are Western.
    return None if page == "cp1252" and not encoding.detect(marked).latin else page


def _as_text(path: Path, content: bytes) -> bytes:
    """A binary drawing in the text form, its strings byte for byte as they were."""
    load_ezdxf()
    from ezdxf.lldxf.tagger import binary_tags_loader
    from ezdxf.tools.codepage import toencoding

    head = re.search(rb"\$DWGCODEPAGE\x00\x03\x00?([\w-]+)\x00", content[:4096])
    version = re.search(rb"\$ACADVER\x00\x01\x00?(AC\d{4})", content[:4096])
    is_unicode = version is not None and version.group(1).decode("ascii") >= _UNICODE_SINCE
    page = "utf8" if is_unicode else toencoding(head.group(1).decode("ascii")) if head else "cp1252"
    lines: list[bytes] = []
    try:
        for code, value in binary_tags_loader(content, errors="surrogateescape"):
            lines.append(b"%d" % code)
            if isinstance(value, str):
                raw = value.encode(page, errors="surrogateescape")
                lines.append(raw.replace(b"\n", b" ").replace(b"\r", b" "))
            else:
                lines.append(value if isinstance(value, bytes) else repr(value).encode("ascii"))
    except (IndexError, ValueError, struct.error):
        # The file ends, or is garbled, here: what was read so far has no end mark, and that is said.
        if not lines:
            raise bulk.unreadable(path, _("it is garbled from the start")) from None
    except load_ezdxf() as error:
        raise bulk.unreadable(path, error) from error
    return b"\n".join(lines) + b"\n"


def _pairs(stream: StringIO, found: Scan) -> Iterator[Tag]:
    """Pairs of code and value; a line that can be no code is passed over."""
    line = stream.readline()
    while line:
        try:
            code = int(line)
        except ValueError:
            found.skipped_lines += bool(line.strip())
            line = stream.readline()
            continue
        value = stream.readline()
        if not value.endswith("\n") and value.strip() != "EOF":
            return  # cut inside the pair
        yield code, value.rstrip("\n")
        line = stream.readline()


def _gather(found: Scan, pairs: Iterator[Tag]) -> None:
    section = ""
    block: Block | None = None
    entity: Entity | None = None
    opening: Entity | None = None  # a SECTION or BLOCK whose name is to come
    for code, value in pairs:
        if code == 999:
            continue
        if code != 0:
            if entity is not None:
                entity.tags.append((code, value))
            elif opening is not None:
                opening.tags.append((code, value))
                if opening.type == "SECTION" and code == 2:
                    section = value.strip().upper()
            continue
        if opening is not None and opening.type == "BLOCK":
            block = _open_block(found, opening)
        entity = opening = None
        name = value.strip().upper()
        if name == "EOF":
            found.is_whole = True
            return
        if name in {"SECTION", "BLOCK"}:
            opening = Entity(name, [])
        elif name == "ENDBLK":
            block = None
        elif name == "ENDSEC":
            section = ""
        elif section in {"ENTITIES", "BLOCKS"}:
            home = found.entities if section == "ENTITIES" else block.entities if block else []
            entity = Entity(name, [])
            if name in _PARTS and home:
                home[-1].parts.append(entity)
            else:
                home.append(entity)
    found.is_cut = entity is not None and section == "ENTITIES"


def _open_block(found: Scan, opening: Entity) -> Block:
    try:
        base = (opening.number(10), opening.number(20), opening.number(30))
    except ValueError:
        base = (0.0, 0.0, 0.0)
    return found.blocks.setdefault(opening.first(2).strip().casefold(), Block(base))


def load_ezdxf() -> type[Exception]:
    """Load ezdxf, quietly, and give the root of its errors."""
    import logging

    # Without a handler of the application, Python prints library warnings to the terminal.
    logging.getLogger("ezdxf").addHandler(logging.NullHandler())
    from ezdxf.lldxf.const import DXFError

    return DXFError
