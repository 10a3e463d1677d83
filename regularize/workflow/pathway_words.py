"""Ways to regularisation in words and rows, for the terminal and lists."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from regularize.i18n import counted, in_language
from regularize.i18n import marked as _
from regularize.workflow.evidence import deciding_text
from regularize.workflow.projects import Opened


def rows(here: Opened, records: Iterable[Mapping[str, Any]], *, lang: str) -> list[dict[str, str]]:
    """One row per home: ways that are open, how many are undecided, the next document and its way."""
    label = here.pack.label
    out = []
    for record in records:
        concerned = [way for way in record["ways"] if way["concerns"] != "not_met" and way["proposed"]]
        following = record["next"]
        out.append(
            {
                "home": record["home"],
                "open": "; ".join(
                    label(f"way.{way['way']}", lang) for way in concerned if way["state"] == "open"
                ),
                "undecided": str(sum(way["state"] == "not_assessed" for way in concerned)),
                "next_document": ""
                if following is None
                else label(f"document.{following['document']}", lang),
                "way": "" if following is None else label(f"way.{following['way']}", lang),
            }
        )
    return out


def lines(here: Opened, record: Mapping[str, Any], *, lang: str) -> Iterator[str]:
    """One home with its ways, norms and next document."""
    label = here.pack.label

    def say(message: str) -> str:
        return in_language(message, lang)

    yield f"{record['home']}  {say(_('as of {on}')).format(on=record['on'])}"
    yield rules_text(record, lang=lang)
    for way in record["ways"]:
        if way["concerns"] == "not_met":
            continue
        unread = f"  {_unread(here, lang)}" if way["status"] == "unverified" else ""
        state = label(f"path_state.{way['state']}", lang)
        yield f"{label('way.' + way['way'], lang)}: {state}  ({way['citation']}){unread}"
        for blocker in way["blockers"]:
            yield "    " + _blocker(here, blocker, lang=lang)
            if blocker["deciding"] is not None:
                yield "      " + deciding_text(here, blocker["deciding"], lang=lang)
        if way["next"] is not None:
            yield f"    {say(_('next document'))}: " + _documents(here, way["next"], lang=lang)
    for check in record["norms"]:
        yield _norm(here, check, lang=lang)
    for window in record["history"]:
        yield (
            f"{label('window.' + window['window'], lang)}: {say(_('closed since'))} {window['last_day']}"
            + (f"  ({window['act']})" if window["act"] else "")
            + (f"  {_unread(here, lang)}" if window["status"] == "unverified" else "")
        )
    following = record["next"]
    if following is not None:
        yield say(_("cheapest next document: {document}, on the way: {way}")).format(
            document=label(f"document.{following['document']}", lang),
            way=label(f"way.{following['way']}", lang),
        )
        yield from _costs(here, following, lang=lang)
    for conflict in record["conflicts"]:
        yield say(_("sources disagree on {fact}: {one}, {other}")).format(
            fact=label(f"home_fact.{conflict['fact']}", lang), one=conflict["one"], other=conflict["other"]
        )
    yield say(_("A suggestion for a lawyer, not a decision."))


def rules_text(record: Mapping[str, Any], *, lang: str, written: Callable[[str], str] = str) -> str:
    """Under the law of which day norms and ways were judged; `written` gives a day its form."""
    pinned = record["rule_set"]
    message = (
        _("Norms and ways by the law of {on}")
        if pinned["case"] is None
        else _(
            "Norms and the ways of a plan by the law of {on}, the day of the permission in case {case}; "
            "all else by the law of {day}"
        )
    )
    return in_language(message, lang).format(
        on=written(pinned["on"]), case=pinned["case"], day=written(record["on"])
    )


def unlock_text(here: Opened, entry: Mapping[str, Any], *, lang: str) -> str:
    """What one document would do over the homes, in words."""
    message = (
        _("{document} (one for the area): alone decides {homes}, helps {k}, is next for {m}")
        if entry["scope"] == "area"
        else _("{document} (one for each home): alone decides {homes}, helps {k}, is next for {m}")
    )
    return in_language(message, lang).format(
        document=here.pack.label(f"document.{entry['document']}", lang),
        homes=counted("{n} home", "{n} homes", len(entry["decides"]), lang),
        m=len(entry["next_for"]),
        k=len(entry["part_of"]),
    )


def _blocker(here: Opened, blocker: Mapping[str, Any], *, lang: str) -> str:
    label = here.pack.label
    verdict = label(f"verdict.{blocker['verdict']}", lang)
    why = f", {label('not_assessed.' + blocker['reason'], lang).lower()}" if blocker["reason"] else ""
    missing = ", ".join(label(f"home_fact.{name}", lang).lower() for name in blocker["missing"])
    text = f"{label('condition.' + blocker['condition'], lang)}: {verdict}{why}"
    text += f" ({missing})" if missing else ""
    offered = [
        label(f"condition.{part['condition']}", lang) for part in blocker["parts"] if part["provision"]
    ]
    if offered:
        text += "  " + in_language(_("the law offers: {ways}"), lang).format(ways=", ".join(offered).lower())
    unread = blocker["status"] == "unverified" and blocker["reason"] != "law_unverified"  # said above
    return text + (f"  {_unread(here, lang)}" if unread else "")


def _unread(here: Opened, lang: str) -> str:
    """The mark of what nobody has compared with the law."""
    return f"[{here.pack.label('parameter_status.unverified', lang)}]"


def _documents(here: Opened, plan: Mapping[str, Any], *, lang: str) -> str:
    """The next document and those after it."""
    names = [here.pack.label(f"document.{name}", lang) for name in plan["documents"]]
    rest = ", ".join(names[1:])
    text = names[0]
    if rest:
        text += " " + in_language(_("(then: {documents})"), lang).format(documents=rest)
    return text + (f"  {_unread(here, lang)}" if plan["status"] == "unverified" else "")


def _costs(here: Opened, plan: Mapping[str, Any], *, lang: str) -> Iterator[str]:
    """What the documents cost, each with its source; what nobody has stated is not known."""

    def say(message: str) -> str:
        return in_language(message, lang)

    unknown = say(_("not known"))
    for name in plan["documents"]:
        cost = plan["costs"].get(name, {})
        fee = unknown if cost.get("fee") is None else f"{cost['fee']:.2f} {cost['currency']}"
        days = unknown if cost.get("days") is None else f"{cost['days']:g}"
        source = f"  ({cost['source']}, {cost['on']})" if cost else ""
        document = here.pack.label(f"document.{name}", lang)
        yield (
            "  "
            + say(_("{document}: fee {fee}, days {days}")).format(document=document, fee=fee, days=days)
            + source
        )
    if plan["basis"] == "number_of_documents":
        yield "  " + say(_("Not all costs are known: the fewest documents are sought."))


def _norm(here: Opened, check: Mapping[str, Any], *, lang: str) -> str:
    """One norm: measured, limit, verdict, what is lacking, what the law offers."""
    label = here.pack.label
    unit = "" if check["unit"] == "1" else " " + label(f"unit.{check['unit']}", lang)
    doubt = "" if check["sigma"] is None else f" ± {check['sigma']:.2f}"
    measured = "-" if check["measured"] is None else f"{check['measured']:.2f}{doubt}{unit}"
    if check["nothing"] is not None:
        measured = label(f"nothing.{check['nothing']}", lang)
    limit = "-" if check["limit"] is None else f"{check['limit']:.2f}{unit}"
    verdict = label(f"verdict.{check['verdict']}", lang)
    text = f"{label('norm.' + check['norm'], lang)}: {measured} / {limit}: {verdict}"
    if check["reason"]:
        missing = ", ".join(label(f"home_fact.{name}", lang).lower() for name in check["missing"])
        text += f", {label('not_assessed.' + check['reason'], lang).lower()}"
        text += f" ({missing})" if missing else ""
    if check["deficit"] is not None:
        text += f"  −{check['deficit']:.2f}{unit}"
    unread = _unread(here, lang)
    offered = [
        label(f"way_out.{way['id']}", lang) + (f" {unread}" if way["status"] == "unverified" else "")
        for way in check["ways_out"]
    ]
    if check["verdict"] == "not_met" and offered:
        text += "  " + in_language(_("the law offers: {ways}"), lang).format(ways=", ".join(offered))
    return f"{text}  [{check['citation']}]" + (f"  {unread}" if check["status"] == "unverified" else "")
