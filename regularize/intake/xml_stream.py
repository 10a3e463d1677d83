"""XML from outside, feature by feature: no entity is expanded, no link followed, no schema fetched.

A file that breaks in the middle gives what stands before the break; how many features come after it
is counted in the text, so that none of them vanishes.
"""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError  # types only: the parser is defusedxml's

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake import encoding

MAX_BYTES = 400 * 1024**2
MAX_DEPTH = 100

_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]*?\?>")
_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([\w.:-]+)[\"']")
# A text from its first letter outside ASCII on: a pattern that began before it would go long ways.
_MARKED = re.compile(rb"[\x80-\xff][^<>\"]*")
# What XML 1.0 forbids; some programs write it into texts all the same.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_ROOT = re.compile(rb"<(?![?!])[^\s/>]+")
_PREFIX = re.compile(rb"[</\s]([A-Za-z_][\w.-]*):[A-Za-z_]")
_BOUND = re.compile(rb"xmlns:([\w.-]+)\s*=")
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def local(tag: object) -> str:
    """The name of an element without its namespace; empty for what is no element.

    Examples
    --------
    >>> local("{http://www.opengis.net/kml/2.2}Placemark")
    'Placemark'
    """
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Element, *path: str) -> Element | None:
    """The first element under `element` along local names."""
    found: Element | None = element
    for name in path:
        if found is None:
            return None
        found = next((each for each in found if local(each.tag) == name), None)
    return found


def text_of(element: Element | None) -> str | None:
    """The trimmed text of an element; None where there is none."""
    text = element.text if element is not None else None
    return (text.strip() or None) if text else None


_LINE_END = re.compile(rb"\r\n|\r|\n")


class Stream:
    """One XML file.

    Parameters
    ----------
    wanted : str or None
        Encoding that the user names.

    Attributes
    ----------
    choice : encoding.Choice
    broken : str or None
        Why the file could not be read to its end, once ``features`` has run.
    rest : str
        What stands after the break, without comments.
    unfinished : list of Element or None
        The feature in which it broke, after the elements around it.

    Raises
    ------
    InputError
        If it is too large, or its encoding cannot be told.
    """

    def __init__(self, path: Path, content: bytes, wanted: str | None) -> None:
        self._path = path
        self.broken: str | None = None
        self.rest = ""
        self.unfinished: list[Element] | None = None
        if len(content) > MAX_BYTES:
            raise InputError(
                _("{file} is larger than {limit} MB").format(file=path, limit=MAX_BYTES // 1024**2),
                hint=_("keep only what is needed, or split it, and give the parts"),
            )
        head = _DECLARATION.match(content.removeprefix(b"\xef\xbb\xbf"))
        named = _DECLARED.search(head.group()) if head else None
        declared = encoding.declared(named.group(1).decode("ascii")) if named else None
        wide = _BOMS.get(content[:2])
        if wide and wanted is None:
            self.choice = encoding.Choice(wide, ())
        else:
            marked = [match.group() for match in _MARKED.finditer(content)]
            self.choice = encoding.choose(marked, declared_as=declared or "utf-8", wanted=wanted)
            self.choice.require(path, "XML", marked)
        text = content.decode(self.choice.encoding or "utf-8", errors="replace").removeprefix("\ufeff")
        text = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
        # The declaration goes: it names the encoding that the text was in, not the one it is in now.
        text = re.sub(r"\A\s*<\?xml\b[^>]*?\?>", "", text)
        self._data = _bound(text.encode("utf-8"))

    def features(
        self, is_feature: Callable[[list[Element], Element], bool]
    ) -> Iterator[tuple[list[Element], Element]]:
        """Each feature with the elements around it, outermost first; features do not nest.

        Raises
        ------
        InputError
            If the file defines entities or a document type, or is nested too deep.
        """
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import iterparse

        around: list[Element] = []
        open_feature: Element | None = None
        wrapper: Element | None = None
        element: Element
        try:
            for event, element in iterparse(BytesIO(self._data), ("start", "end"), forbid_dtd=True):
                if event == "start":
                    if open_feature is None and is_feature(around, element):
                        open_feature = element
                    around.append(element)
                    if len(around) > MAX_DEPTH:
                        raise self._refusal(_("it is nested too deep"))
                    continue
                around.pop()
                if open_feature is not None and element is open_feature:
                    open_feature = None
                    yield around, element
                    if around:
                        around[-1].remove(element)
                        wrapper = around[-1]
                elif element is wrapper and not len(element) and around:
                    around[-1].remove(element)  # else the empty members of a collection pile up
        except DefusedXmlException as error:
            raise self._refusal(_("it defines a document type or entities")) from error
        except ParseError as error:
            line, column = error.position
            self.broken = _("the XML breaks at line {line}, column {column}").format(line=line, column=column)
            if open_feature is not None:
                self.unfinished = around[: around.index(open_feature) + 1]
            self.rest = _HIDDEN.sub("", self._after(line, column))

    def _after(self, line: int, column: int) -> str:
        # The parser counts letters, not bytes, and a lone carriage return ends a line.
        ends = islice(_LINE_END.finditer(self._data), line - 1)
        at = max((end.end() for end in ends), default=0)
        return self._data[at:].decode("utf-8", errors="replace")[column:]

    def _refusal(self, reason: str) -> InputError:
        return InputError(
            _("{file} is refused: {reason}").format(file=self._path, reason=reason),
            hint=_("export the layer again, best as GeoPackage"),
        )


def _bound(data: bytes) -> bytes:
    """`data` with every namespace prefix declared: some programs forget, and mean well."""
    root = _ROOT.search(data)
    if root is None:
        return data
    used = {match.group(1) for match in _PREFIX.finditer(data)} - {b"xml", b"xmlns"}
    missing = sorted(used - {match.group(1) for match in _BOUND.finditer(data)})
    # Prefixes inside texts ("http://", "no: 5") are declared in vain and harm nothing.
    added = b"".join(b' xmlns:%s="urn:undeclared:%s"' % (name, name) for name in missing[:50])
    return data[: root.end()] + added + data[root.end() :]
