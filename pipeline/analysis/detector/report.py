"""The report of a detector: ``report.md``, its figure and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.analysis.detector.draw_outcomes import draw_outcomes
from pipeline.analysis.detector.figure import write_curve
from pipeline.analysis.detector.measurement import DetectorMeasurement
from pipeline.analysis.detector.tables import (
    false_photo_table,
    false_word_table,
    miss_table,
    recall_tables,
    score_table,
    shape_table,
)
from pipeline.analysis.detector.textless import FalseWords, most_false_first
from pipeline.analysis.detector.worst_images import draw_worst, find_worst, write_picture
from pipeline.analysis.markdown import code, table
from pipeline.evaluation.word_outcomes import WordKind, WordOutcome
from pipeline.evaluation.words import Words
from pipeline.geometry import CURVED_FILL
from pipeline.io.naming import safe_name
from pipeline.utils.atomic_write import write_whole

_FORMATS = {
    'quad': 'whole-number quads, as ICDAR 2015 has them',
    'polygon': 'polygons to the hundredth of a pixel, as Total-Text has them',
    'ltrb': 'upright boxes, as ICDAR 2013 has them',
}
_RULES = (
    "ICDAR 2015's rules: a pair is a gold and a found word of an IoU over 0.5, first come first "
    "served; found words with more than half in one don't-care word are left out. The numbers are "
    'those of the thresholds as configured, none was searched for. AP (the mean over gt words of '
    'the precision at each matched one, by falling score) is of the ranking by the detection '
    "score, for the spotter by the word's score (detection times reading)."
)
_HEIGHTS = (
    'Height is the shorter of the mean length of the two ends and that of the two sides, in pixels '
    'of the photo. The angle is that of the longer axis against the horizontal.'
)
_SHAPES = (
    f'Curved is a word of more than four points that fills less than {CURVED_FILL:g} of the '
    'smallest rectangle around it. IoU is of the polygons as they were scored.'
)
_TEXTLESS = (
    'That these photos have no text is taken on trust: a sign in the background of one counts as '
    'false words here. The pictures tell.'
)


def write_detector_report(
    measured: DetectorMeasurement,
    out: Path,
    data: Sequence[str],
    settings: Mapping[str, str],
    textless: Sequence[FalseWords] | None = None,
    worst: int = 10,
) -> str:
    """Write the report into a folder, which is made.

    Args:
        measured: The numbers.
        out: Gets ``report.md``, ``precision_recall.png``, ``worst/`` and ``textless/``.
        data: What was measured on, for the heading.
        settings: Of the spotter, name -> value.
        textless: What was found in photos without text, where that was looked at.
        worst: How many photos are drawn.

    Returns:
        A summary in a few lines.
    """
    write_curve(measured, out / 'precision_recall.png')
    judged = find_worst(measured, worst)
    pictures = draw_worst(measured, judged, out)
    parts = [
        f'# Detector report: {", ".join(data)}',
        _setting_list(measured, settings),
        score_table(measured), _RULES,
        f'![Precision against recall](precision_recall.png)\n\n{_curve_note(measured)}',
        '## Recall', recall_tables(measured.tally), _HEIGHTS,
        '## Straight and curved words', shape_table(measured.tally), _SHAPES,
        '## How words were missed', miss_table(measured.tally),
        f'## The {len(judged)} photos with the most errors of the detector alone',
        table(
            ['photo', 'missed', 'spurious', 'matched', "don't care"],
            [
                [f'[{name}]({name})', *(photo.counts[kind] for kind in _COLUMNS)]
                for name, photo in zip(pictures, judged)
            ],
        ),
    ]  # fmt: skip
    if textless is not None:
        parts += ['## Photos without text', false_word_table(textless), _TEXTLESS]
        if most_false_first(textless):
            parts += [false_photo_table(textless), _draw_false_words(textless, out, worst)]
    write_whole(out / 'report.md', '\n\n'.join(parts) + '\n')
    summary = [_count_line(measured), score_table(measured), miss_table(measured.tally)]
    if textless is not None:
        summary.append(false_word_table(textless))
    return '\n\n'.join(summary)


_COLUMNS: tuple[WordKind, ...] = ('missed', 'spurious', 'matched', 'dont_care')


def _count_line(measured: DetectorMeasurement) -> str:
    ignored = sum(int(words.dont_care().sum()) for words in measured.gt.values())
    return (
        f'{len(measured.photos)} photos with {len(measured.tally.polygons)} words that count and '
        f"{ignored} don't-care words"
    )


def _setting_list(measured: DetectorMeasurement, settings: Mapping[str, str]) -> str:
    compared = _FORMATS[measured.line_format]
    lines = [_count_line(measured), f'polygons compared as {compared}']
    lines += [f'{name}: {value}' for name, value in settings.items()]
    return '\n'.join(f'- {line}' for line in lines)


def _curve_note(measured: DetectorMeasurement) -> str:
    if measured.curve_from is None:
        return 'The curve of the detector is of all boxes that it gives out.'
    if measured.curve is measured.stages['detector'].ranked:
        return (
            f'The curve of the detector ends at a score of {measured.curve_from:g}: boxes below '
            'it are not given out (`--curve-from` lowers that for the curve alone).'
        )
    return (
        f'The curve of the detector, and the AP beside it, go on to a score of '
        f'{measured.curve_from:g}, below its threshold, at which the tables stop.'
    )


def _draw_false_words(textless: Sequence[FalseWords], out: Path, most: int) -> str:
    links = []
    for place, result in enumerate(most_false_first(textless)[:most], start=1):
        outcomes = [*_as_spurious(result.found['detector'])]
        drawn = draw_outcomes(result.load(), outcomes, result.item.name)
        name = write_picture(drawn, out, f'textless/{place:02d}_{safe_name(result.item.name)}')
        links.append(f'[{code(name)}]({name})')
    return f"Drawn, with the detector's boxes: {', '.join(links)}"


def _as_spurious(words: Words) -> list[WordOutcome]:
    return [
        WordOutcome('spurious', det_index=i, det_polygon=polygon)
        for i, polygon in enumerate(words.polygons)
    ]
