"""The frame of pages without a map: no script, no picture, no request, print-ready."""

import base64
import hashlib
from html import escape

STYLE = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:#1B2128;background:#fff;
max-width:46rem;margin:2rem auto;padding:0 1.2rem}
h1{font-size:1.7rem;line-height:1.2;margin:0;color:#1F4E5F}
h2{font-size:1.15rem;margin:2rem 0 .5rem;color:#1F4E5F}
.under{color:#59636E;margin:.2rem 0 1.2rem}
.word{border-left:4px solid #1F4E5F;background:#EEF4F6;padding:.6rem .9rem;margin:1rem 0}
table{border-collapse:collapse;width:100%;border-top:2px solid #1F4E5F;border-bottom:2px solid #1F4E5F}
th{text-align:left;font-weight:600}
th,td{padding:.3rem .5rem;border-bottom:1px solid #E6E9EC;vertical-align:top}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
svg{width:100%;height:auto;max-width:40rem}
footer{margin-top:2.5rem;color:#59636E;font-size:.88rem;border-top:1px solid #C9CFD5;padding-top:.6rem}
@page{size:A4;margin:18mm}
@media print{body{margin:0;max-width:none;font-size:10.5pt}h2{break-after:avoid}table,svg{break-inside:avoid}}
"""

CARDS = """
body{max-width:72rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1.1rem}
.card{display:flex;flex-direction:column;border:1px solid #C9CFD5;border-radius:6px;overflow:hidden;
color:inherit;text-decoration:none;padding-bottom:.7rem}
.card:hover,.card:focus-visible{border-color:#1F4E5F;outline:2px solid #1F4E5F}
.card img,.card .none{display:block;width:100%;aspect-ratio:10/7;object-fit:cover;background:#F7F8F9;
border-bottom:1px solid #E6E9EC;margin:0 0 .55rem;padding:0}
.leading{margin:0 0 1.3rem;border:1px solid #C9CFD5;border-radius:6px;overflow:hidden;background:#F7F8F9}
.leading svg{display:block;width:100%;max-width:none}
.leading path{fill:#1F4E5F;fill-opacity:0;stroke:#1F4E5F;stroke-opacity:.55;stroke-width:.7}
.leading a:hover path,.leading a:focus-visible path{fill-opacity:.14;stroke-opacity:1;stroke-width:1.4}
.leading text{font-size:6px;font-weight:700;fill:#1F4E5F;text-anchor:middle;paint-order:stroke;stroke:#fff;
stroke-width:1.6px;pointer-events:none}
.whole{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline;padding:.7rem .9rem;color:inherit;
text-decoration:none;background:#fff;border-top:1px solid #E6E9EC}
.whole:hover b,.whole:focus-visible b{text-decoration:underline}
.whole b{font-size:1.05rem}.whole span{color:#59636E;font-size:.9rem}
@media(max-width:600px){.leading text{font-size:11px;stroke-width:2.6px}}
.card b{padding:0 .9rem;font-size:1.05rem;line-height:1.3}
.card span{padding:0 .9rem;color:#59636E;font-size:.9rem}
"""

# The width of a print is paper: long tables of origins shrink, and no row is cut by a page.
REPORTS = """
body{max-width:54rem}
.small{font-size:.86rem}.small h2{font-size:1rem}
td{overflow-wrap:break-word}
th.n{white-space:normal}
.key{font-size:.86rem;color:#59636E;margin:.35rem 0 0}
@media print{tr{break-inside:avoid}table{break-inside:auto}thead{display:table-header-group}}
"""


def plain_page(body: str, *, title: str, lang: str, cards: bool = False, reports: bool = False) -> str:
    """A whole page around `body`.

    Parameters
    ----------
    body : str
        HTML in which every text has been escaped by the caller.
    title : str
        Not escaped yet.
    lang : str
    cards : bool
        Whether the page holds cards with pictures of its own (data URIs).
    reports : bool
        Whether it is a report with long tables.
    """
    style = STYLE + (CARDS if cards else "") + (REPORTS if reports else "")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    pictures = "img-src data:; " if cards else ""
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; {pictures}base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="{escape(lang)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>{body}</body></html>\n"
    )
