"""``regularize case parties|objection|consultation``: who is to be heard, and what was said."""

from datetime import date

import click

from regularize.cli.base import (
    COUNT,
    DATE,
    NUMBER,
    Command,
    Group,
    Session,
    by_option,
    json_option,
    on_option,
    option,
    pass_session,
    print_json,
    print_table,
)
from regularize.errors import OptionError
from regularize.i18n import marked
from regularize.i18n import translate as _

date_option = option("--date", "on", type=DATE, help=marked("The day it happened."))


@click.command(
    "parties",
    cls=Command,
    help=marked(
        "List the parcels whose holders of rights are to be heard: inside the plan part, and beside it.\n\n"
        "Cadastral identifiers only, never persons. Households that would be affected are counted apart, "
        "with --voluntary; they are no part of the statutory list."
    ),
    example="regularize case parties C-1",
)
@click.argument("case_id", metavar="CASE")
@option("--voluntary", is_flag=True, help=marked("Instead, the counts of affected households."))
@option(
    "--households", type=COUNT, metavar="N", help=marked("Record so many affected households, and list them.")
)
@option("--block", metavar="NAME", help=marked("The block or street that --households counts."))
@on_option
@by_option
@json_option
@pass_session
def parties(
    session: Session,
    case_id: str,
    voluntary: bool,
    households: int | None,
    block: str | None,
    on: date | None,
    by: str,
    as_json: bool,
) -> None:
    """List interested parties."""
    from regularize.workflow import parties as work
    from regularize.workflow import projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    if households is None and block is not None:
        raise OptionError(_("--block says what --households counts"), hint=_("give --households N"))
    if households is not None:
        work.record_households(opened, case_id, households=households, block=block, on=on, actor=by)
    if voluntary or households is not None:
        counts = work.voluntary(opened, case_id, on=on)
        if as_json:
            print_json(counts)
            return
        print_table(
            (_("block"), _("households"), _("date")),
            [(row["block"] or "-", row["households"], row["on"]) for row in counts["recorded"]],
        )
        if counts["without_parcel"] is not None:
            session.say(
                _(
                    "surveyed buildings in the plan that stand in no parcel: {buildings}; dwellings stated: "
                    "{dwellings}, not stated for {not_stated} buildings"
                ).format(**counts["without_parcel"])
            )
        session.say(_("a voluntary list of counts; it is no part of the statutory list"))
        return
    record = work.statutory(opened, case_id, on=on)
    if as_json:
        print_json(record)
        return
    print_table(
        (_("identifier"), _("reason"), _("inside, m²"), _("border, m"), _("verdict"), _("basis")),
        [
            (
                row["identifier"],
                opened.pack.label(f"party_reason.{row['reason']}", lang),
                f"{row['area_inside_m2']:.1f}" if row["area_inside_m2"] else "",
                f"{row['border_m']:.1f}",
                opened.pack.label(f"verdict.{row['verdict']}", lang)
                + (
                    f" ({opened.pack.label('not_assessed.' + row['because'], lang)})"
                    if row["because"]
                    else ""
                ),
                row["citation"],
            )
            for row in record["parties"]
        ],
    )
    for note in record["notes"]:
        session.say(f"{note['code']}: {note['text']}")
    unnamed = record["unnamed"]
    if unnamed["inside"] or unnamed["adjoining"]:
        session.say(_("parcels without identifier: {inside} inside, {adjoining} adjoining").format(**unnamed))


@click.group(
    "objection",
    cls=Group,
    help=marked("Objections: what for and where, clustered by cause; never by whom."),
)
def objection() -> None:
    """Objections."""


@objection.command(
    "add",
    cls=Command,
    help=marked(
        "Record an objection against the plan of a case. Without --cause the causes are listed.\n\n"
        "Do not write names: a running number is enough, the paper lies in the office."
    ),
    example="regularize case objection add C-1 --cause access --parcel 00990.501.12 --date 2026-03-20",
)
@click.argument("case_id", metavar="CASE")
@option("--cause", metavar="CODE", help=marked("What it is about."))
@date_option
@option("--home", metavar="ID", help=marked("The home it concerns."))
@option("--parcel", metavar="IDENTIFIER", help=marked("The parcel it concerns."))
@option("--at", metavar="EASTING,NORTHING", help=marked("The point it concerns, in the project's CRS."))
@option("--whole", is_flag=True, help=marked("It concerns the whole plan part."))
@option("--note", metavar="TEXT", default="", help=marked("What it asks for, without names."))
@by_option
@json_option
@pass_session
def add(
    session: Session,
    case_id: str,
    cause: str | None,
    on: date | None,
    home: str | None,
    parcel: str | None,
    at: str | None,
    whole: bool,
    note: str,
    by: str,
    as_json: bool,
) -> None:
    """Record an objection."""
    from regularize.workflow import objections, projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    if cause is None:
        for code, words in objections.causes(opened).items():
            click.echo(f"{code}  {words[lang]}")
        return
    record = objections.add(
        opened,
        case_id,
        cause=cause,
        on=on,
        home=home,
        parcel=parcel,
        at=at,
        whole=whole,
        note=note,
        actor=by,
    )
    if as_json:
        print_json(record)
        return
    for remark in record["remarks"]:
        session.say(remark)
    session.say(_("objection {number} recorded in case {case}").format(**record))


@objection.command(
    "list",
    cls=Command,
    help=marked("List the objections of a case by cause, the most frequent cause first."),
    example="regularize case objection list C-1 --open",
)
@click.argument("case_id", metavar="CASE")
@option("--open", "only_open", is_flag=True, help=marked("Only those without an answer."))
@json_option
@pass_session
def list_(session: Session, case_id: str, only_open: bool, as_json: bool) -> None:
    """List objections."""
    from regularize.workflow import objections, projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    record = objections.listed(opened, case_id, only_open=only_open)
    if as_json:
        print_json(record)
        return
    for cluster in record["clusters"]:
        label = opened.pack.label(f"objection_cause.{cluster['cause']}", lang)
        click.echo(f"{label}: {cluster['n']}, " + _("answered {n}").format(n=cluster["answered"]))
        for row in cluster["objections"]:
            place = opened.pack.label(f"objection_place.{row['place_kind']}", lang)
            place += f" {row['place']}" if row["place"] else ""
            answer_ = ""
            if row["decision"]:
                answer_ = (
                    f"{opened.pack.label('objection_decision.' + row['decision'], lang)} {row['answered_on']}"
                )
                if row["answer_batch"]:
                    answer_ += ", " + _("batch {batch}").format(batch=row["answer_batch"])
            cells = (f"{row['number']:>4}", row["on"], place, row["note"], answer_)
            click.echo("  ".join(filter(None, cells)))


@objection.command(
    "answer",
    cls=Command,
    help=marked("Record how an objection was answered, and which delivery of plan parts answers it."),
    example="regularize case objection answer C-1 2 --decision accepted --batch 7 --date 2026-05-12",
)
@click.argument("case_id", metavar="CASE")
@click.argument("number", metavar="NUMBER", type=NUMBER)
@option("--decision", metavar="CODE", required=True, help=marked("accepted, partly_accepted or rejected."))
@date_option
@option("--note", metavar="TEXT", default="", help=marked("The reasons, without names."))
@option("--batch", type=NUMBER, metavar="BATCH", help=marked("The delivery of plan parts that answers it."))
@by_option
@json_option
@pass_session
def answer(
    session: Session,
    case_id: str,
    number: int,
    decision: str,
    on: date | None,
    note: str,
    batch: int | None,
    by: str,
    as_json: bool,
) -> None:
    """Answer an objection."""
    from regularize.workflow import objections, projects

    opened = projects.opened(session.folder)
    record = objections.answer(
        opened, case_id, number, decision=decision, on=on, note=note, batch=batch, actor=by
    )
    if as_json:
        print_json(record)
        return
    for remark in record["remarks"]:
        session.say(remark)
    session.say(_("objection {number} of case {case} is answered").format(**record))


@click.command(
    "consultation",
    cls=Command,
    help=marked(
        "Record a consultation with residents: its kind, day and how many people, no names.\n\n"
        "One that belongs to no case yet is recorded without CASE. Without --kind the kinds are listed."
    ),
    example="regularize case consultation C-1 --kind meeting --date 2026-04-14 --people 35 --partner ngo",
)
@click.argument("case_id", metavar="[CASE]", required=False)
@option("--kind", metavar="CODE", help=marked("meeting, outreach or mediation."))
@date_option
@option("--people", type=COUNT, metavar="N", help=marked("How many people took part."))
@option("--area", metavar="NAME", help=marked("The area it was about."))
@option(
    "--partner",
    metavar="CODE",
    help=marked("With whom: community_council, ngo, mediator or other_institution."),
)
@by_option
@json_option
@pass_session
def consultation(
    session: Session,
    case_id: str | None,
    kind: str | None,
    on: date | None,
    people: int | None,
    area: str | None,
    partner: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Record a consultation."""
    from regularize.workflow import parties as work
    from regularize.workflow import projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    if kind is None:
        for code, words in opened.pack.codes("consultation_kind").items():
            click.echo(f"{code}  {words[lang]}")
        return
    if people is None:
        raise OptionError(_("how many people took part is not stated"), hint=_("give --people N"))
    record = work.record_consultation(
        opened, case_id, kind=kind, people=people, area=area, on=on, actor=by, partner=partner
    )
    if as_json:
        print_json(record)
        return
    if case_id is None:
        session.say(_("consultation recorded"))
    else:
        session.say(_("consultation recorded in case {id}").format(id=case_id))
