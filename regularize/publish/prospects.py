"""What may become of a home, in words: ways with their blockers, norms, evidence of age, what is missing.

The facts are those of ``workflow.pathway.pathway_facts``; every code gets its label here.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from regularize.i18n import counted
from regularize.i18n import marked as _
from regularize.publish.text import NO_BREAK, printable
from regularize.publish.writing import Table, Writer, dicts

_ORDER = ("open", "not_assessed", "advice", "closed")
_MOST_CITED = 2  # more provisions than these are named by their articles only
_SHORT_HASH = 12
_EDGE = 0.06  # free share of the time line at either end
_YEAR = re.compile(r"(?<=[0-9]) (?=г\.)")  # "2003 г." stays on one line


class Prospects(Writer):
    """The parts of a dossier that look ahead."""

    @property
    def record(self) -> Mapping[str, Any]:
        found = self.facts.get("pathways")
        return found if isinstance(found, Mapping) else {}

    # -- ways -----------------------------------------------------------------------------------

    def ways(self) -> dict[str, Any]:
        """The ways that may concern the home as rows, the others in one line each."""
        rows, elsewhere, not_proposed = [], [], []
        for way in dicts(self.record.get("ways")):
            name = self.word("way", way.get("way"))
            state = self._state(way)
            if way.get("concerns") == "not_met":
                elsewhere.append(name)
            elif not way.get("proposed") and state == "not_assessed":
                not_proposed.append(name)
            else:
                rows.append(self._way(way, name, state))
        rows.sort(key=lambda row: _ORDER.index(row["state"]))
        return {
            "rows": rows,
            "elsewhere": ", ".join(self.lower(name) for name in elsewhere),
            "not_proposed": ", ".join(self.lower(name) for name in not_proposed),
        }

    def _state(self, way: Mapping[str, Any]) -> str:
        """Open, closed or not assessed; a way that waits for a lawyer and is not proposed: advice."""
        state = way.get("state")
        asks = any(b.get("reason") == "advice_needed" for b in dicts(way.get("blockers")))
        if state == "not_assessed" and asks and not way.get("proposed"):
            return "advice"
        return str(state) if state in {"open", "closed"} else "not_assessed"

    def _way(self, way: Mapping[str, Any], name: str, state: str) -> dict[str, Any]:
        blockers = dicts(way.get("blockers"))
        if state == "closed":
            blockers = [b for b in blockers if b.get("verdict") == "not_met"] or blockers
        by_reason: dict[str, list[str]] = {}
        for blocker in blockers:
            because = blocker.get("reason")
            key, code = ("not_assessed", because) if because else ("verdict", blocker.get("verdict"))
            condition = self.lower(self.word("condition", blocker.get("condition")))
            condition += "" if because == "law_unverified" else self._unread(blocker)
            offered = [p for p in dicts(blocker.get("parts")) if p.get("provision")]
            if offered:
                names = ", ".join(self.lower(self.word("condition", p.get("condition"))) for p in offered)
                condition += f" ({self.say(_('the law offers: {ways}')).format(ways=names)})"
            by_reason.setdefault(self.word(key, code), []).append(condition)
        said = (
            self.word("not_assessed", "advice_needed")
            if state == "advice"
            else self.word("path_state", state)
        )
        return {
            "name": name,
            "state": state,
            "word": self.lower(said),
            "basis": self._basis(way),
            "blockers": [[lead, "; ".join(conditions)] for lead, conditions in by_reason.items()],
            "next": self._papers(way.get("next")),
        }

    def _basis(self, entry: Mapping[str, Any]) -> str:
        """The citation, and whether nobody has read it in the law."""
        return (_whole_years(printable(entry.get("citation"))) + self._unread(entry)).strip()

    def _papers(self, plan: Any) -> str:
        """The next document, and how many after it would settle the way."""
        if not isinstance(plan, Mapping):
            return ""
        more = len(plan.get("documents") or ()) - 1
        name = self.word("document", plan.get("document"))
        return name + (self.say(_(" (and {n} more)")).format(n=more) if more > 0 else "")

    def next_document(self) -> dict[str, str] | None:
        """The cheapest next document of all ways, with what it is for and how that is known."""
        following = self.record.get("next")
        if not isinstance(following, Mapping):
            return None
        basis = (
            self.say(_("No source gives costs, so the fewest documents are sought."))
            if following.get("basis") == "number_of_documents"
            else self.say(_("Fee: {fee}; days: {days}.")).format(
                fee=self.number(following.get("fee")), days=self.number(following.get("days"), 0)
            )
        )
        if following.get("status") == "unverified":
            basis += f" {self.word('parameter_status', 'unverified')}."
        return {
            "document": self.word("document", following.get("document")),
            "way": self.say(_("on the way “{way}”")).format(way=self.word("way", following.get("way"))),
            "basis": basis,
        }

    # -- norms ----------------------------------------------------------------------------------

    def norms(self) -> dict[str, Any]:
        """Norms with a verdict or a measured value as a table; the others, each with its limit."""
        rows, rest = [], []
        for check in dicts(self.record.get("norms")):
            unit = str(check.get("unit"))
            name = self.word("norm", check.get("norm"))
            limit = self._limit(check, unit)
            verdict = self.word("verdict", check.get("verdict"))
            if check.get("reason"):
                verdict += f": {self.lower(self.word('not_assessed', check['reason']))}"
            if check.get("deficit") is not None:
                verdict += f" ({self.pair(check['deficit'], None, unit)})"
            near = check.get("reason") == "within_uncertainty"
            offered = self._offered(check) if near or check.get("verdict") == "not_met" else ""
            verdict += f"; {offered}" if offered else ""
            if check.get("measured") is None and check.get("verdict") == "not_assessed":
                rest.append(f"{self.lower(name)} ({limit})" if limit != "–" else self.lower(name))
                continue
            measured = self.pair(check.get("measured"), check.get("sigma"), unit)
            if check.get("nothing"):
                measured = self.word("nothing", check["nothing"])
            rows.append([name, measured, limit, verdict, self._cited(check)])
        head = (_("Norm"), _("Measured ± σ"), _("Limit"), _("Verdict"), _("Basis"))
        return {
            "table": self.table(head, rows, "lrrll"),
            "rest": "; ".join(rest),
            "rules": self._rules(),
        }

    def _rules(self) -> str:
        """Under the law of which day norms and ways were judged."""
        pinned = self.record.get("rule_set")
        if not isinstance(pinned, Mapping):
            return ""
        on, day = self.day(pinned.get("on")), self.day(self.record.get("on"))
        if not pinned.get("case"):
            return self.say(_("Norms and ways by the law of {on}")).format(on=on)
        message = _(
            "Norms and the ways of a plan by the law of {on}, the day of the permission in case {case}; "
            "all else by the law of {day}"
        )
        return self.say(message).format(on=on, case=printable(pinned["case"]), day=day)

    def _offered(self, check: Mapping[str, Any]) -> str:
        """The reductions and exemptions that the law itself offers, those not read in it marked."""
        ways = []
        for way in dicts(check.get("ways_out")):
            name = self.lower(self.word("way_out", way.get("id")))
            if way.get("limit") is not None:
                sign = {"at_least": "≥", "at_most": "≤"}.get(str(check.get("compare")), "")
                limit = f"{sign}{NO_BREAK}{self.pair(way['limit'], None, str(check.get('unit')))}".strip()
                name += f" ({limit})"
            ways.append(name + self._unread(way))
        return self.say(_("the law offers: {ways}")).format(ways=", ".join(ways)) if ways else ""

    def _unread(self, entry: Mapping[str, Any]) -> str:
        """The mark of what nobody has read in the law."""
        if entry.get("status") != "unverified":
            return ""
        return f" [{self.lower(self.word('parameter_status', 'unverified'))}]"

    def _limit(self, check: Mapping[str, Any], unit: str) -> str:
        if check.get("compare") == "present":
            return self.say(_("present"))
        sign = {"at_least": "≥", "at_most": "≤"}.get(str(check.get("compare")), "")
        if check.get("limit") is None:
            return "–"
        return f"{sign}{NO_BREAK}{self.pair(check['limit'], None, unit)}".strip()

    def _cited(self, check: Mapping[str, Any]) -> str:
        """The provisions; of many only the articles."""
        return self._basis({**check, "citation": short_citation(check.get("citation"))})

    # -- evidence of age ------------------------------------------------------------------------

    def evidence(self) -> dict[str, Any]:
        """The pieces by date with their places on a line of time from 0 to 1, and what they decide."""
        record = self.record.get("evidence")
        record = record if isinstance(record, Mapping) else {}
        pieces = dicts(record.get("pieces"))
        cuts = dicts(record.get("cut_offs"))
        return {
            "line": self._line(pieces, cuts) if pieces else None,
            "pieces": self.table(
                (_("No."), _("Evidence"), _("Source"), _("Date"), _("Accuracy"), _("The building")),
                [
                    [
                        str(n),
                        self.word("evidence_kind", piece.get("kind")),
                        self._source(piece),
                        self.day(piece.get("dated")),
                        self._accuracy(piece.get("accuracy_days")),
                        self.say(_("can be seen") if piece.get("shows") else _("cannot be seen"))
                        + (f" ({self.say(_('contradicted'))})" if piece.get("contradicts") else ""),
                    ]
                    for n, piece in enumerate(pieces, start=1)
                ],
                "rllrrl",
            ),
            "between": self.say(_("Built after: {after}; not later than: {by}")).format(
                after=self._day_or_unknown(record.get("after")), by=self._day_or_unknown(record.get("by"))
            )
            if pieces
            else "",
            "cuts": [self._cut(cut) for cut in cuts],
            "would": self._deciding(cuts),
        }

    def _day_or_unknown(self, day: Any) -> str:
        return self.day(day) if day else self.say(_("unknown"))

    def _source(self, piece: Mapping[str, Any]) -> str:
        """What names the piece, the home it was recorded for if that is another, and its file's digest."""
        parts = [printable(piece.get("ref"), lines=True) or self.say(_("not stated"))]
        if piece.get("origin"):
            message = self.say(_("recorded for home {home}"))
            parts.append(message.format(home=printable(piece["origin"], longest=40)))
        if piece.get("sha256"):
            digest = printable(piece["sha256"], longest=64)[:_SHORT_HASH]
            parts.append(self.say(_("file SHA-256 {digest}…")).format(digest=digest))
        return "; ".join(parts)

    def _accuracy(self, days: Any) -> str:
        """How far the day of a piece may be off."""
        if days is None:
            return "–"
        if not days:
            return self.say(_("to the day"))
        return counted("± {n} day", "± {n} days", int(days), self.lang)

    def _cut(self, cut: Mapping[str, Any]) -> dict[str, str]:
        reason = cut.get("reason")
        verdict = self.lower(self.word("verdict", cut.get("verdict")))
        if reason:
            verdict += f" ({self.lower(self.word('not_assessed', reason))})"
        built = self.say(_("Built by {day}: {verdict}.")).format(
            day=self.day(cut.get("cut_off")), verdict=verdict
        )
        return {"built": built, "basis": self._basis(cut)}

    def _deciding(self, cuts: list[Mapping[str, Any]]) -> list[str]:
        """The pictures that would decide, those of the same kinds in one sentence."""
        days: dict[str, list[str]] = {}
        for cut in cuts:
            deciding = cut.get("deciding")
            if isinstance(deciding, Mapping):
                kinds = (self.lower(self.word("evidence_kind", k)) for k in deciding.get("kinds") or ())
                days.setdefault(", ".join(kinds), []).append(self.day(cut.get("cut_off")))
        message = self.say(_("Would decide: a picture from about {days} ({kinds})."))
        return [message.format(days=" / ".join(known), kinds=kinds) for kinds, known in days.items()]

    def _line(self, pieces: list[Mapping[str, Any]], cuts: list[Mapping[str, Any]]) -> dict[str, Any] | None:
        """Places on the line of time; None where a date cannot be read."""
        try:
            spans = [
                (_ordinal(p.get("earliest")), _ordinal(p.get("dated")), _ordinal(p.get("latest")))
                for p in pieces
            ]
            limits = [_ordinal(c.get("cut_off")) for c in cuts]
        except ValueError:
            return None
        first = min(*(s[0] for s in spans), *limits, *(s[1] for s in spans))
        last = max(*(s[2] for s in spans), *limits, *(s[1] for s in spans))
        length = max(last - first, 365)

        def at(day: int) -> float:
            return round(_EDGE + (1 - 2 * _EDGE) * (day - first) / length, 4)

        return {
            "pieces": [
                {
                    "at": at(middle),
                    "left": at(left),
                    "right": at(right),
                    "shows": bool(piece.get("shows")),
                    "odd": bool(piece.get("contradicts")),
                    "label": str(n),
                }
                for n, (piece, (left, middle, right)) in enumerate(zip(pieces, spans, strict=True), start=1)
            ],
            "cuts": [
                {"at": at(day), "label": self.day(cut.get("cut_off"))}
                for cut, day in zip(cuts, limits, strict=True)
            ],
        }

    # -- what is missing ------------------------------------------------------------------------

    def missing(self) -> dict[str, Any]:
        """Documents with their state, those of later steps, and facts that nobody has stated."""
        papers = dicts(self.facts.get("documents"))
        now = [p for p in papers if not p.get("later")]
        names = (fact for entry in self._undecided() for fact in entry.get("missing") or ())
        facts = [self.lower(self.word("home_fact", name)) for name in dict.fromkeys(names)]
        return {
            "next": self.next_document(),
            "documents": self._table(now),
            "later": [[_box(p), self.text(p.get("title"))] for p in papers if p.get("later")],
            "facts": "; ".join(facts),
        }

    def _undecided(self) -> Iterable[Mapping[str, Any]]:
        for way in dicts(self.record.get("ways")):
            if way.get("concerns") != "not_met" and way.get("state") != "closed":
                yield from dicts(way.get("blockers"))
        yield from dicts(self.record.get("norms"))

    def _table(self, papers: list[Mapping[str, Any]]) -> Table:
        """The documents; a column of days only where one is known."""
        dated = any(p.get("due") or p.get("on") for p in papers)
        rows = []
        for paper in papers:
            cells = [
                _box(paper),
                self.text(paper.get("title")),
                self.word("document", paper.get("state")),
                self.text(paper.get("basis")),
            ]
            if paper.get("due"):
                cells.append(self.say(_("until {day}")).format(day=self.day(paper["due"])))
            elif dated:
                cells.append(self.day(paper.get("on")))
            rows.append(cells)
        head = ["", _("Document"), _("State"), _("Needed for")]
        return self.table([*head, _("Date")] if dated else head, rows, "clllr" if dated else "clll")


def short_citation(citation: Any) -> str:
    """Provisions as they are; of many only the articles, each once."""
    parts = str(citation or "").split("; ")
    if len(parts) > _MOST_CITED:
        short = dict.fromkeys(", ".join(part.split(", ")[:2]) for part in parts)
        parts = [p for p in short if not any(p != other and p.startswith(other) for other in short)]
    return _whole_years(printable("; ".join(parts)))


def _whole_years(text: str) -> str:
    return _YEAR.sub(NO_BREAK, text)


def _box(paper: Mapping[str, Any]) -> str:
    return "■" if paper.get("state") == "present" else "□"


def _ordinal(day: Any) -> int:
    return date.fromisoformat(str(day)[:10]).toordinal()
