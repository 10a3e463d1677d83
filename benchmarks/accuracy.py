"""How right detection is on generated neighbourhoods: the goals, every setting, and the rules of others.

    python -m benchmarks.accuracy --seeds 0 1 2        any seeds; prints, and writes nothing
    python -m benchmarks.accuracy --write              the test seeds, and writes docs/accuracy.md

Exits with 1 if a goal is missed. Synthetic neighbourhoods show that the logic holds under stated errors;
they are not accuracy in the field. That is what `regularize fieldcheck` is for.
"""

import argparse
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import gates, indicative, peers
from benchmarks.gates import Gate, Run
from regularize.detect.evaluate import Score
from regularize.sample import TEST_SEEDS, TRAIN_SEEDS

PAGE = Path(__file__).parent.parent / "docs" / "accuracy.md"
MARKS = ("<!-- benchmarks/accuracy.py writes from here -->", "<!-- to here -->")
SHOWN = (
    gates.UNREGISTERED, "not_in_cadastre", "adjoining_annex", "not_in_survey", "unchanged", "extended",
    "reduced", "changed", "rebuilt", "merged", "split", "complex",
)  # fmt: skip


def _goals(table: Sequence[Gate]) -> list[str]:
    lines = [
        "| goal | asked | all seeds | worst seed | cases | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for gate in table:
        sign = "≥" if gate.at_least else "≤"
        worst = f"{gate.worst:.3f} (seed {gate.worst_seed})"
        verdict = "reached" if gate.passed else "**missed**"
        lines.append(
            f"| {gate.name} | {sign} {gate.goal:g} | {gate.reached:.4f} | {worst} | {gate.n:,} | {verdict} |"
        )
    return lines


def _pair(score: Score) -> str:
    precision, recall = score.precision, score.recall
    shown = ["-" if value is None else f"{value:.3f}" for value in (precision, recall)]
    return "/".join(shown)


def _settings(done: Mapping[str, Sequence[Run]]) -> list[str]:
    names = list(done)
    lines = [
        "| class | " + " | ".join(names) + " |",
        "|---|" + "---:|" * len(names),
    ]
    for cls in SHOWN:
        cells = [_pair(gates.pooled(gates.of_class(run, cls) for run in done[name])) for name in names]
        lines.append(f"| {cls.replace('+', ' or ')} | " + " | ".join(cells) + " |")
    return lines


def _confusion(done: Sequence[Run]) -> list[str]:
    counts: dict[tuple[str, str], int] = {}
    for run in done:
        for key, n in run.evaluation.confusion.items():
            if key[0] != key[1]:
                counts[key] = counts.get(key, 0) + n
    if not counts:
        return ["Nothing was confused."]
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        "| in truth | found as | buildings |",
        "|---|---|---:|",
        *(f"| {truth} | {found} | {n} |" for (truth, found), n in ordered),
    ]


def _reliability(done: Mapping[str, Sequence[Run]]) -> list[str]:
    bins, error, n = gates.reliability([run for each in done.values() for run in each])
    lines = ["| score | findings | mean score | right |", "|---|---:|---:|---:|"]
    lines += [f"| {b.low:.1f}-{b.high:.1f} | {b.n:,} | {b.mean_score:.3f} | {b.right:.3f} |" for b in bins]
    return [*lines, "", f"Expected calibration error {error:.3f} over {n:,} findings of all settings."]


def _peers(done: Sequence[Run]) -> list[str]:
    lines = [
        "| rule | pairs | new buildings | not found |",
        "|---|---:|---:|---:|",
    ]
    for name, outcome in peers.compared(list(done)).items():
        cells = [
            f"{_pair(score)}/{score.f1:.3f}" if score.f1 is not None else _pair(score)
            for score in (outcome.pairs, outcome.new, outcome.gone)
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _inferred(seeds: Sequence[int]) -> list[str]:
    rows = indicative.measured(seeds)
    return [
        f"{rows[0].n:,} true plots of {len(seeds)} neighbourhoods; of the sides of all plots a share is known"
        f" (with an error of {indicative.NOISE_M} m), the streets always. Each true plot against the inferred"
        " one that fits it best; confidence is the share of the perimeter on a known line or a street.",
        "",
        "| sides known | median IoU | IoU at least 0.8 | mean confidence of those | of the others |",
        "|---:|---:|---:|---:|---:|",
        *(
            f"| {row.known:.0%} | {row.median_iou:.2f} | {row.good:.2f} | {row.confidence_of_good:.2f} |"
            f" {row.confidence_of_others:.2f} |"
            for row in rows
        ),
    ]


def page(seeds: Sequence[int], table: Sequence[Gate], done: Mapping[str, Sequence[Run]]) -> str:
    """All tables as Markdown."""
    buildings = sum(len(run.drawn.observed_buildings) for run in done[gates.MAIN])
    kind = "test seeds, never used for tuning" if not set(seeds) & set(TRAIN_SEEDS) else "seeds"
    return "\n".join(
        [
            "## Goals",
            "",
            f"{len(seeds)} generated neighbourhoods ({kind}: {seeds[0]}-{seeds[-1]}), {buildings:,} surveyed"
            f" buildings in the main setting ({gates.MAIN}). Counts of all seeds together, and the worst"
            " single seed beside them.",
            "",
            *_goals(table),
            "",
            "## Every setting",
            "",
            "Precision/recall of each class. Where outlines are too inaccurate for sizes (tolerance above"
            " 1.05 m) the classes of size are not printed at all, so their recall is 0 by intention and"
            " `unchanged` says only that both sides know the building.",
            "",
            *_settings(done),
            "",
            f"### What was confused: {gates.MAIN}",
            "",
            *_confusion(done[gates.MAIN]),
            "",
            "## Scores",
            "",
            *_reliability(done),
            "",
            "## Rules of others",
            "",
            f"Precision/recall/F1 on the same buildings ({gates.MAIN}), in the same process.",
            "",
            *_peers(done[gates.MAIN]),
            "",
            "## Plots inferred where none were surveyed",
            "",
            *_inferred(seeds[:3]),
        ]
    )


def _write(text: str) -> None:
    """Put `text` between the marks of the page, and leave the rest of the page alone."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Accuracy\n"
    if MARKS[0] not in old:
        old = f"{old.rstrip()}\n\n{MARKS[0]}\n{MARKS[1]}\n"
    between = re.compile(re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1]), re.DOTALL)
    PAGE.write_text(between.sub(lambda _: f"{MARKS[0]}\n{text}\n{MARKS[1]}", old), encoding="utf-8")


def main() -> int:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=list(TEST_SEEDS))
    parser.add_argument("--write", action="store_true", help="write the tables into docs/accuracy.md")
    arguments = parser.parse_args()
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {text}", file=sys.stderr, flush=True)

    table, done = gates.measure(arguments.seeds, say)
    text = page(arguments.seeds, table, done)
    print(text)
    if arguments.write:
        _write(text)
    return 0 if all(gate.passed for gate in table) else 1


if __name__ == "__main__":
    sys.exit(main())
