"""The project's own Word form of a dossier, drawn anew each time: a municipality starts from it.

The form holds names in braces, ``{{ home }}``, which ``word.render_word`` fills with the values that the
PDF prints as well. Nothing of any home is in it.
"""

from collections.abc import Sequence

from docx.shared import Pt

from regularize.publish.word_sheet import Sheet


def dossier_form() -> bytes:
    """The form of the dossier."""
    sheet = Sheet()
    sheet.line("{{ municipality }}", size=9.5, faint=True)
    sheet.heading("{{ fixed.title }}", 0)
    sheet.line("{{ home }}", size=15, bold=True)
    sheet.line("{{ fixed.subtitle }} · {{ as_of }}", faint=True)
    sheet.line("{{ qr }}")
    sheet.line("{{ fixed.candidate }}", size=9.5)
    sheet.heading("{{ fixed.identification }}")
    sheet.beside("identification", "location", "{{ fixed.location }} {{ location_scale }}")
    sheet.heading("{{ fixed.situation }}")
    _picture(sheet, "situation", "{{ fixed.scale }} {{ situation_scale }} · {{ legend }}")
    sheet.mark("if not situation")
    sheet.line("{{ fixed.no_geometry }}")
    sheet.mark("endif")
    sheet.heading("{{ fixed.findings }}")
    _else(sheet, "findings", "no_findings")
    sheet.mark("for x in findings")
    sheet.heading("{{ x.id }} · {{ x.title }}", 2)
    sheet.pairs("x.facts")
    sheet.mark("if x.reasons")
    sheet.line("{{ fixed.reasons }}:", faint=True)
    sheet.mark("for reason in x.reasons")
    sheet.bullet("{{ reason[0] }}", code=" {{ reason[1] }}")
    sheet.mark("endfor")
    sheet.mark("endif")
    sheet.mark("if x.measures.rows")
    sheet.listed("x.measures", "lr", (110, 60))
    sheet.mark("endif")
    sheet.mark("endfor")
    _tables(sheet)
    _procedure(sheet)
    _prospects(sheet)
    _making(sheet)
    sheet.footer("{{ home }} · v{{ version }} · {{ short_hash }}")
    return sheet.bytes()


def letter_form() -> bytes:
    """The form of letters and announcements: one page for each."""
    sheet = Sheet()
    sheet.mark("for letter in letters")
    first = sheet.line("{{ municipality }}", size=13, bold=True)
    first.paragraph_format.page_break_before = True
    sheet.mark("for line in contact")
    sheet.line("{{ line }}", size=10, faint=True)
    sheet.mark("endfor")
    sheet.mark("if letter.to")
    sheet.line("\n{{ letter.to }}", size=12)
    sheet.mark("endif")
    sheet.heading("{{ name }}")
    sheet.mark("for paragraph in letter.paragraphs")
    sheet.line("{{ paragraph }}", size=12).paragraph_format.space_after = Pt(8)
    sheet.mark("endfor")
    sheet.mark("if letter.rows")
    sheet.table("row in letter.rows", ["{{ row[0] }}", "{{ row[1] }}"], widths_mm=(20, 150), size=10.5)
    sheet.mark("endif")
    sheet.mark("if note")
    sheet.line("{{ note }}", size=9.5, faint=True)
    sheet.mark("endif")
    sheet.line("\n\n______________________________", size=10).paragraph_format.keep_with_next = True
    sheet.line("{{ signature }} ({{ sign_here }})", size=10)
    sheet.mark("endfor")
    sheet.footer("{{ made }}")
    return sheet.bytes()


def _tables(sheet: Sheet) -> None:
    _listed(sheet, "areas", "lrrrrl", (30, 22, 28, 28, 28, 34), note="areas_note")
    sheet.mark("if tolerance")
    sheet.line("{{ tolerance }}", size=9)
    sheet.mark("endif")
    _listed(sheet, "parcels", "lrrll", (36, 30, 36, 34, 34))
    sheet.line("{{ fixed.adjoining }}: {{ adjoining }}", size=9)
    sheet.mark("if land.rows")
    sheet.heading("{{ fixed.land }}", 2)
    sheet.listed("land", "llr", (60, 70, 40))
    sheet.mark("endif")
    sheet.mark("if boundary.rows")
    sheet.heading("{{ fixed.boundary }}")
    sheet.listed("boundary", "rrrrr", (14, 44, 44, 28, 40))
    sheet.line("{{ fixed.boundary_note }} {{ boundary_cut }}", size=8, faint=True)
    sheet.mark("endif")


def _procedure(sheet: Sheet) -> None:
    sheet.heading("{{ fixed.case }}")
    _else(sheet, "cases", "no_case")
    sheet.mark("for case in cases")
    sheet.pairs("case.facts")
    sheet.table(
        "step in case.steps",
        ["{{ step.when }}", "{{ step.title }} {{ step.basis }}", "{{ step.word }}"],
        widths_mm=(30, 110, 30),
    )
    sheet.mark("if case.deadlines.rows")
    sheet.heading("{{ fixed.deadlines }}", 2)
    sheet.listed("case.deadlines", "lrl", (70, 34, 66))
    sheet.mark("endif")
    sheet.mark("for note in case.notes")
    sheet.line("{{ note }}", size=8.5, faint=True)
    sheet.mark("endfor")
    sheet.mark("endfor")


def _prospects(sheet: Sheet) -> None:
    sheet.heading("{{ fixed.ways }}")
    _else(sheet, "ways.rows", "no_ways")
    sheet.mark("if ways.rows")
    sheet.table(
        "way in ways.rows",
        [
            "{{ way.name }}: {{ way.word }}. {{ way.basis }}",
            "{% for lead, names in way.blockers %}{{ lead }}: {{ names }}. {% endfor %}"
            "{% if way.next %}{{ fixed.next_paper }}: {{ way.next }}.{% endif %}",
        ],
        head=["{{ fixed.way }}", "{{ fixed.in_the_way }}"],
        widths_mm=(70, 100),
        size=8.5,
    )
    sheet.line("{{ fixed.ways_note }}", size=8, faint=True)
    for name in ("elsewhere", "not_proposed"):
        sheet.mark(f"if ways.{name}")
        sheet.line(f"{{{{ fixed.{name} }}}}: {{{{ ways.{name} }}}}.", size=8, faint=True)
        sheet.mark("endif")
    sheet.mark("endif")
    sheet.mark("if norms.table.rows or norms.rest")
    sheet.heading("{{ fixed.norms }}", 2)
    sheet.mark("if norms.table.rows")
    sheet.listed("norms.table", "lrrll", (34, 28, 24, 42, 42))
    sheet.mark("endif")
    sheet.mark("if norms.rest")
    sheet.line("{{ fixed.norms_rest }}: {{ norms.rest }}.", size=8, faint=True)
    sheet.mark("endif")
    sheet.mark("if norms.rules")
    sheet.line("{{ norms.rules }}", size=8, faint=True)
    sheet.mark("endif")
    sheet.mark("endif")
    sheet.heading("{{ fixed.evidence }}", 2)
    _else(sheet, "evidence.pieces.rows", "no_evidence")
    sheet.mark("if evidence.pieces.rows")
    sheet.listed("evidence.pieces", "rllrrl", (9, 34, 50, 25, 20, 32))
    sheet.line("{{ evidence.between }}")
    sheet.mark("endif")
    sheet.mark("for cut in evidence.cuts")
    sheet.line("{{ cut.built }} {{ cut.basis }}", size=9)
    sheet.mark("endfor")
    sheet.mark("for would in evidence.would")
    sheet.line("{{ would }}", size=9)
    sheet.mark("endfor")
    sheet.heading("{{ fixed.missing }}")
    sheet.mark("if missing.next")
    sheet.line("{{ fixed.cheapest }}: {{ missing.next.document }} {{ missing.next.way }}.", bold=True)
    sheet.line("{{ missing.next.basis }}", size=8.5, faint=True)
    sheet.mark("endif")
    sheet.mark("if missing.documents.rows")
    sheet.table(
        "row in missing.documents.rows",
        ["{{ row[0] }}", "{{ row[1] }}", "{{ row[2] }}", "{{ row[3:] | join(' · ') }}"],
        widths_mm=(8, 72, 26, 64),
    )
    sheet.mark("endif")
    sheet.mark("if missing.later")
    sheet.line(
        "{{ fixed.later }}: {% for box, name in missing.later %}{{ box }} {{ name }}  {% endfor %}", size=8.5
    )
    sheet.mark("endif")
    sheet.mark("if not missing.next and not missing.documents.rows and not missing.later")
    sheet.line("{{ fixed.nothing_missing }}")
    sheet.mark("endif")
    sheet.mark("if missing.facts")
    sheet.line("{{ fixed.missing_facts }}: {{ missing.facts }}.", size=8, faint=True)
    sheet.mark("endif")


def _making(sheet: Sheet) -> None:
    _listed(sheet, "reviews", "llll", (26, 24, 34, 86))
    sheet.mark("if sources.rows")
    sheet.heading("{{ fixed.sources }}")
    sheet.listed("sources", "lllrr", (28, 38, 50, 30, 24))
    sheet.mark("endif")
    sheet.heading("{{ fixed.basis }}")
    sheet.pairs("basis.facts")
    sheet.line("{{ basis.head[0] }}: {{ basis.head[1] }}", size=8.5)
    sheet.line("{{ fixed.rules }}.", size=8.5, bold=True)
    for lead, test in (("rules_spoke", "selectattr"), ("rules_silent", "rejectattr")):
        rules = f"basis.rules | {test}('spoke') | list"
        sheet.mark(f"if {rules}")
        sheet.line(
            f"{{{{ fixed.{lead} }}}}: {{% for rule in {rules} %}}{{{{ rule.name }}}}"
            "{% if rule.name != rule.code %} ({{ rule.code }}){% endif %}"
            "{% if not loop.last %} · {% endif %}{% endfor %}",
            size=8,
            faint=True,
        )
        sheet.mark("endif")
    for key, align, widths in (
        ("law", "lrllrl", (34, 20, 14, 52, 24, 26)),
        ("parameters", "lrl", (110, 30, 30)),
    ):
        sheet.mark(f"if basis.{key}.rows")
        sheet.line(f"{{{{ fixed.{key} }}}}", size=8.5, bold=True)
        sheet.listed(f"basis.{key}", align, widths)
        sheet.mark("endif")
    sheet.mark("for signature in signatures")
    paragraph = sheet.line("\n______________________________", size=10)
    paragraph.paragraph_format.keep_with_next = True
    sheet.line("{{ signature }} ({{ fixed.sign_here }})", size=9, faint=True)
    sheet.mark("endfor")


def _else(sheet: Sheet, key: str, message: str) -> None:
    """What is said where `key` is empty."""
    sheet.mark(f"if not {key}")
    sheet.line(f"{{{{ fixed.{message} }}}}")
    sheet.mark("endif")


def _listed(sheet: Sheet, key: str, align: str, widths_mm: Sequence[float], *, note: str = "") -> None:
    """A section of one table, or the words that say that there is none."""
    sheet.heading(f"{{{{ fixed.{key} }}}}")
    _else(sheet, f"{key}.rows", f"no_{key}")
    sheet.mark(f"if {key}.rows")
    sheet.listed(key, align, widths_mm)
    if note:
        sheet.line(f"{{{{ fixed.{note} }}}}", size=8, faint=True)
    sheet.mark("endif")


def _picture(sheet: Sheet, key: str, under: str) -> None:
    sheet.mark(f"if {key}")
    sheet.line(f"{{{{ {key} }}}}")
    sheet.line(under, size=8.5)
    sheet.mark("endif")
