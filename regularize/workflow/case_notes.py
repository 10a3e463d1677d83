"""What the law notes on a case, in words: the title of its code, what it is about, where it says so."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from regularize.i18n import in_language, language
from regularize.i18n import marked as _
from regularize.law.records import Gap, LintNote
from regularize.workflow.projects import Opened

Words = Callable[[Any], str]


def note_text(
    here: Opened,
    note: LintNote | Gap,
    *,
    kind: str,
    lang: str | None = None,
    cited: bool = False,
    coded: bool = True,
) -> str:
    """A note on a case of the procedure `kind` for people, in the language in use where none is named."""
    return record_text(here, note.as_dict(), kind=kind, lang=lang, cited=cited, coded=coded)


def record_text(
    here: Opened,
    note: Mapping[str, Any],
    *,
    kind: str,
    lang: str | None = None,
    cited: bool = False,
    coded: bool = True,
) -> str:
    """The same from the note's record with its stable English keys; on paper without the code."""
    lang = lang or language()
    rule = here.pack.rules.get(note["code"])
    title = rule.title[lang] if rule is not None else note["code"]
    about = ", ".join(_about(here, note["params"], kind, lang))
    source = rule.citation if cited and rule is not None else ""
    title = f"{note['code']}: {title}" if coded else title
    return title + (f" ({about})" if about else "") + (f"; {source}" if source else "")


def fact_words(here: Opened, name: str, value: Any, *, lang: str) -> str:
    """A fact of a case with its value."""
    word = str(value).lower() if isinstance(value, bool) else str(value)
    keys = (f"fact_value.{name}.{word}", f"fact_value.{word}")
    said = next((here.pack.label(key, lang) for key in keys if here.pack.has_label(key)), word)
    return f"{here.pack.label(f'fact.{name}', lang)}: {said}"


def _about(here: Opened, params: Mapping[str, Any], kind: str, lang: str) -> Iterator[str]:
    """What a note is about, item by item; what has no words of its own stays as it is."""

    def label(head: str) -> Words:
        return lambda name: here.pack.label(f"{head}.{name}", lang)

    def within(message: str, words: Words = str) -> Words:
        return lambda value: in_language(message, lang).format(value=words(value))

    step = label(f"step.{kind}")
    words: Mapping[str, Words] = {
        "seq": within(_("entry {value}")),
        "corrects": within(_("entry {value}")),
        "row": within(_("row {value}")),
        "event": label("event"),
        "events": label("event"),
        "step": within(_("the case stands at: {value}"), step),
        "to": within(_("this leads to: {value}"), step),
        "milestone": within(_("missing: {value}"), step),
        "missing": within(_("missing: {value}"), step),
        "clock": label(f"clock.{kind}"),
        "announced": within(_("announced {value}"), _day),
        "due": within(_("the term ends on {value}"), _day),
        "served": within(_("notices received: {value}")),
        "expected": within(_("notices sent: {value}")),
        "fact": label("fact"),
        "facts": label("fact"),
        "part": within(_("part {value}")),
    }
    for name, value in params.items():
        if value is None:
            continue
        of = words.get(name, str)
        yield " / ".join(map(of, value)) if isinstance(value, (list, tuple)) else of(value)


def _day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
