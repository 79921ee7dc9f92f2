"""Report on a detector: ``report.md``, its figure and its images."""

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
    'quad': 'whole-number quads, as in ICDAR 2015',
    'polygon': 'polygons to the hundredth of a pixel, as in Total-Text',
    'ltrb': 'axis-aligned boxes, as in ICDAR 2013',
}
_RULES = (
    "ICDAR 2015's rules: a gt word and a found word match if their IoU is over 0.5, first come "
    "first served; found words with more than half of their area in one don't-care word are left "
    'out. The thresholds are those of the config; no search was made for the best ones. AP is the '
    'mean over gt words of the precision at each matched word, by falling score: the detection '
    'score for the detector, and the word score (detection times recognition) for the spotter.'
)
_HEIGHTS = (
    'Height is the smaller one of two mean lengths, that of the two ends and that of the two long '
    'sides, in pixels of the image. The angle is between the longer axis and the horizontal.'
)
_SHAPES = (
    'A word is curved if it has more than four points and fills less than '
    f'{CURVED_FILL:g} of the smallest rectangle around it. IoU is that of the scored polygons.'
)
_TEXTLESS = (
    'These images are assumed to contain no text. A sign in the background counts as false words; '
    'check the pictures.'
)


def write_detector_report(
    measured: DetectorMeasurement,
    out: Path,
    data: Sequence[str],
    settings: Mapping[str, str],
    textless: Sequence[FalseWords] | None = None,
    worst: int = 10,
) -> str:
    """Write the report into a folder.

    Args:
        measured: Measurements of the detector.
        out: Folder to create, for ``report.md``, ``precision_recall.png``, ``worst/`` and
            ``textless/``.
        data: Names of the data, for the heading.
        settings: Settings of the spotter, name -> value.
        textless: Words found in images without text, or None without such images.
        worst: Largest number of drawn images.

    Returns:
        A summary of several lines.
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
        f'## The {len(judged)} images with the most detection errors',
        table(
            ['image', 'missed', 'spurious', 'matched', "don't care"],
            [
                [f'[{name}]({name})', *(photo.counts[kind] for kind in _COLUMNS)]
                for name, photo in zip(pictures, judged)
            ],
        ),
    ]  # fmt: skip
    if textless is not None:
        parts += ['## Images without text', false_word_table(textless), _TEXTLESS]
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
        f'{len(measured.photos)} images with {len(measured.tally.polygons)} counted words and '
        f"{ignored} don't-care words"
    )


def _setting_list(measured: DetectorMeasurement, settings: Mapping[str, str]) -> str:
    compared = _FORMATS[measured.line_format]
    lines = [_count_line(measured), f'polygons compared as {compared}']
    lines += [f'{name}: {value}' for name, value in settings.items()]
    return '\n'.join(f'- {line}' for line in lines)


def _curve_note(measured: DetectorMeasurement) -> str:
    if measured.curve_from is None:
        return 'The curve of the detector contains all its boxes.'
    if measured.curve is measured.stages['detector'].ranked:
        return (
            f'The curve of the detector ends at a score of {measured.curve_from:g}, its threshold '
            '(`--curve-from` sets a lower one for the curve only).'
        )
    return (
        'The curve of the detector and its AP in the figure contain boxes down to a score of '
        f'{measured.curve_from:g}. The tables use the threshold of the detector.'
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
