"""The one writer of map pages: one HTML file that needs no network and runs no text from data.

folium draws the frame and gets nothing but numbers of our own. branca, on which it stands, compiles
what it renders a second time as a template, so text from files never passes through it: all of it
goes afterwards into one inert JSON block, which our constant script shows with ``textContent``.
The Content-Security-Policy names the scripts and styles of the page by hash and allows nothing else.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
from xstatic.pkg import leaflet

SCRIPTS = ("inflate.js", "unpack.js", "words.js", "canvas.js", "panel.js", "measure.js", "time.js", "main.js")
# Texts in Leaflet's source that look like addresses; none of them is ever called.
KNOWN_ADDRESSES = frozenset({"http://www.w3.org/2000/svg", "https://leafletjs.com"})

_ADDRESS = re.compile(r"(?:https?:)?//[A-Za-z0-9-]+\.[A-Za-z0-9./_-]*[A-Za-z0-9/_-]")
_CSS_ADDRESS = re.compile(r"url\(\s*['\"]?(?!data:)|@import", re.IGNORECASE)
_INERT = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "script", "body", "div", "noscript", "section"}
    | {"h1", "h2", "p", "table", "tbody", "tr", "td", "img"}
)
_ATTRIBUTES = frozenset({"lang", "charset", "http-equiv", "content", "name", "id", "class", "type"})
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+=*")
_POLICY_MARK = "regularize-policy"


class PageError(RuntimeError):
    """The page would not be safe or not work: it is not written."""


@dataclass(frozen=True)
class StaticText:
    """What stands in the page where no script runs, such as previews on phones.

    Parameters
    ----------
    title : str
    lines : sequence of str
        Kind of map, place, date, recipient.
    tables : sequence of (str, sequence of (str, str))
        Heading and rows: the legend with its counts.
    picture : str
        The map as a picture, a PNG as data URI; empty for none.
    """

    title: str
    lines: Sequence[str] = ()
    tables: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()
    picture: str = ""


def inert_json(value: object) -> str:
    """`value` as JSON that no HTML parser can read as anything but text.

    Examples
    --------
    >>> inert_json("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return _INERT.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def write_page(payload: Mapping[str, Any], static: StaticText, *, lang: str) -> str:
    """The whole page.

    Parameters
    ----------
    payload : mapping
        JSON-able: everything that ``assets/main.js`` needs, ``packed`` geometry included.
    static : StaticText
    lang : str
        Language of the page, ``bg`` or ``en``.

    Returns
    -------
    str
        The same text for the same input: ids derive from the content.

    Raises
    ------
    PageError
        If folium and the shipped Leaflet differ, or if the page would call or hold an unknown address.
    """
    body = inert_json(payload)
    digest = hashlib.sha256(body.encode("utf-8")).hexdigest()[:16]
    block = inert_json({**payload, "map_id": f"map_{digest}"})
    pieces = {
        "<html>": f'<html lang="{html.escape(lang)}">',
        "<head>": '<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY_MARK}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{html.escape(static.title)}</title>",
        "</head>": f"<style>{_leaflet_css()}</style>\n<style>{_asset('page.css')}</style>\n"
        f"<script>{_leaflet_js()}</script>\n</head>",
        "</body>": f"<noscript>{_static_html(static)}</noscript>\n"
        f'<script id="regularize-data" type="application/json">{block}</script>\n</body>',
        "</html>": f"<script>{_own_script()}</script>\n</html>",
    }
    frame = _frame(digest)
    for mark in pieces:
        if frame.count(mark) != 1:
            raise PageError(f"folium's frame holds {mark} {frame.count(mark)} times")
    text = re.sub("|".join(pieces), lambda found: pieces[found.group()], frame)
    text = text.replace(_POLICY_MARK, _policy(text), 1)
    check_page(text)
    return text


def check_page(text: str) -> None:
    """Refuse a page that could call anyone or that holds an element we do not write.

    Raises
    ------
    PageError
    """
    checker = _Checker()
    checker.feed(text)
    checker.close()
    if checker.faults:
        raise PageError("; ".join(checker.faults[:5]))


def data_block(text: str) -> Any:
    """What the data block of a page holds (for checks of what a page really carries)."""
    found = re.search(r'<script id="regularize-data" type="application/json">(.*?)</script>', text, re.DOTALL)
    if found is None:
        raise PageError("the page has no data block")
    return json.loads(found.group(1))


class _Checker(HTMLParser):
    """Collects what may not stand in a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Only elements and attributes that we write ourselves."""
        if tag not in _TAGS:
            self.faults.append(f"element {tag}")
        names = dict(attrs)
        allowed = _ATTRIBUTES
        if tag == "img" and _PICTURE.fullmatch(names.get("src") or ""):
            allowed = _ATTRIBUTES | {"src", "alt"}
        self.faults.extend(f"attribute {name} of {tag}" for name in names if name not in allowed)
        self._inside = tag if tag in {"script", "style"} else None
        if tag == "script" and names.get("type") == "application/json":
            self._inside = None

    def handle_endtag(self, tag: str) -> None:
        """Leave scripts and styles."""
        if tag == self._inside:
            self._inside = None

    def handle_data(self, data: str) -> None:
        """Scripts and styles name no address but the known ones."""
        if self._inside is None:
            return
        if self._inside == "style" and _CSS_ADDRESS.search(data):
            self.faults.append("address in a style")
        unknown = set(_ADDRESS.findall(data)) - KNOWN_ADDRESSES
        self.faults.extend(f"unknown address {address} in a {self._inside}" for address in sorted(unknown))


def _frame(digest: str) -> str:
    """folium's page around an empty map, without its links to other hosts."""
    drawn = folium.Map(
        location=[0, 0],
        zoom_start=2,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        max_zoom=22,
    )
    drawn._id = digest  # ids are random otherwise, and pages would differ
    drawn.default_js = [link for link in drawn.default_js if link[0] == "leaflet"]
    drawn.default_css = [link for link in drawn.default_css if link[0] == "leaflet_css"]
    figure: Any = drawn.get_root()
    figure.render()
    for name, address in (*drawn.default_js, *drawn.default_css):
        if f"leaflet@{leaflet.VERSION}/" not in address:
            raise PageError(f"folium wants {address}, but Leaflet {leaflet.VERSION} is shipped")
        del figure.header._children[name]  # branca offers no other way to drop a link
    # A second render() would bring the links back: the template alone does not.
    frame: str = figure._template.render(this=figure, kwargs={})
    return frame.replace("maximum-scale=1.0, user-scalable=no", "viewport-fit=cover")


def _policy(text: str) -> str:
    """A policy that lets exactly the scripts and styles of `text` run, and nothing else."""
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hashes(blocks: Sequence[str]) -> str:
    digests = (hashlib.sha256(block.encode("utf-8")).digest() for block in blocks)
    return " ".join(f"'sha256-{base64.b64encode(d).decode('ascii')}'" for d in digests)


def _static_html(static: StaticText) -> str:
    parts = [f"<h1>{html.escape(static.title)}</h1>"]
    parts += [f"<p>{html.escape(line)}</p>" for line in static.lines if line]
    if static.picture:
        if not _PICTURE.fullmatch(static.picture):
            raise PageError("the picture is no PNG in the page itself")
        parts.append(f'<img src="{static.picture}" alt="{html.escape(static.title)}">')
    for heading, rows in static.tables:
        cells = "".join(f"<tr><td>{html.escape(a)}</td><td>{html.escape(b)}</td></tr>" for a, b in rows)
        parts.append(f"<h2>{html.escape(heading)}</h2><table><tbody>{cells}</tbody></table>")
    return f'<section class="without-script">{"".join(parts)}</section>'


def _asset(name: str) -> str:
    text = files("regularize.publish").joinpath("assets", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _own_script() -> str:
    joined = "\n".join(_asset(name) for name in SCRIPTS)
    if "</script" in joined.lower():
        raise PageError("a script of ours would end itself")
    return f'(() => {{\n"use strict";\n{joined}\n}})();'


@cache
def _leaflet_js() -> str:
    text = (Path(leaflet.BASE_DIR) / "leaflet.js").read_text(encoding="utf-8").replace("\r\n", "\n")
    return re.sub(r"//# sourceMappingURL=.*", "", text)


@cache
def _leaflet_css() -> str:
    text = (Path(leaflet.BASE_DIR) / "leaflet.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)

    def inline(found: re.Match[str]) -> str:
        path = Path(leaflet.BASE_DIR) / found.group(1)
        if path.suffix != ".png":
            return "none"  # behaviours of browsers long gone
        return f"url(data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')})"

    return re.sub(r"url\(['\"]?([^)'\"]+)['\"]?\)", inline, text)
