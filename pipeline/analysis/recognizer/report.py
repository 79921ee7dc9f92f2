"""Report on a recognizer: ``report.md``, its figure and its image of misread words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from pipeline.analysis.markdown import percent, ratio
from pipeline.analysis.recognizer.accuracy import judge_readings
from pipeline.analysis.recognizer.calibration import (
    expected_calibration_error,
    keep_words,
    reliability_bins,
)
from pipeline.analysis.recognizer.confusions import count_confusions
from pipeline.analysis.recognizer.failures import choose_failures, draw_failures
from pipeline.analysis.recognizer.figure import write_calibration
from pipeline.analysis.recognizer.readings import WordReading
from pipeline.analysis.recognizer.tables import (
    accuracy_table,
    case_table,
    confusion_table,
    coverage_table,
    look_tables,
    reliability_table,
)
from pipeline.geometry import CURVED_FILL
from pipeline.rectification import Rectifier
from pipeline.utils.atomic_write import write_whole

THRESHOLDS = tuple(step / 10 for step in range(1, 10))
_RULES = (
    'Words are read in crops at the gt polygons, rectified by the spotter; word crops are read as '
    'they are. "Letters and digits, case ignored" removes symbols from both texts, unless a text '
    'has no letter or digit. "Exact" compares every character and its case. 1-NED is the mean of '
    '1 - edit distance / length of the longer text, over letters and digits without case.'
)
_KINDS = (
    'Kinds overlap. A word is curved if it has more than four points and fills less than '
    f'{CURVED_FILL:g} of the smallest rectangle around it. Vertical words include single narrow '
    'letters.'
)


def write_recognizer_report(
    readings: Sequence[WordReading],
    rectifier: Rectifier,
    out: Path,
    data: Sequence[str],
    settings: Mapping[str, str],
    failures: int = 30,
    seed: int = 0,
) -> str:
    """Write the report into a folder.

    Args:
        readings: At least one word.
        rectifier: Rectifier of the spotter, for the image of misread words.
        out: Folder to create, for ``report.md``, ``calibration.png`` and ``failures.png``.
        data: Names of the data, for the heading.
        settings: Settings of the spotter, name -> value.
        failures: Largest number of drawn misread words.
        seed: Random seed of their choice.

    Returns:
        A summary of several lines.
    """
    judged = judge_readings(readings)
    right, scores = judged['alphanumeric'], [reading.score for reading in readings]
    bins, kept = reliability_bins(scores, right), keep_words(scores, right, THRESHOLDS)
    exact_error = expected_calibration_error(reliability_bins(scores, judged['exact']))
    write_calibration(scores, right, kept, out / 'calibration.png')
    calibrated = (
        f'Expected calibration error in {len(bins)} bins (Guo et al., ICML 2017, arXiv '
        f'1706.04599): {expected_calibration_error(bins):.3f} for letters and digits, '
        f'{exact_error:.3f} for exact texts. Scores are those of the recognizer, without the '
        'detection score.'
    )
    parts = [
        f'# Recognizer report: {", ".join(data)}',
        '\n'.join(f'- {line}' for line in (_count_line(readings), *_lines(settings))),
        accuracy_table(readings), _RULES, _KINDS,
        '## By height, length, blur and angle', look_tables(readings),
        '## Characters', _confusion_part(readings),
        '## Scores', '![Reliability, and accuracy against coverage](calibration.png)',
        calibrated, reliability_table(bins), coverage_table(kept),
        '## Misread words', _failure_part(readings, right, rectifier, out, failures, seed),
    ]  # fmt: skip
    write_whole(out / 'report.md', '\n\n'.join(parts) + '\n')
    return '\n\n'.join([_count_line(readings), accuracy_table(readings), calibrated])


def _count_line(readings: Sequence[WordReading]) -> str:
    crops = sum(reading.is_crop for reading in readings)
    photos = len({reading.path for reading in readings if not reading.is_crop})
    parts = [f'{len(readings) - crops} words of {photos} images'] if photos else []
    parts += [f'{crops} word crops'] if crops else []
    return ' and '.join(parts)


def _lines(settings: Mapping[str, str]) -> list[str]:
    # min_score has no effect here: no word is dropped.
    return [f'{name}: {value}' for name, value in settings.items() if 'min_score' not in name]


def _confusion_part(readings: Sequence[WordReading]) -> str:
    found = count_confusions([r.gt_text for r in readings], [r.text for r in readings])
    case = sum(found.case.values())
    inserted = sum(count for (written, _), count in found.cells.items() if not written)
    deleted = sum(count for (_, read), count in found.cells.items() if not read)
    head = (
        f'{found.errors} errors in {found.characters} characters, case ignored '
        f'({ratio(found.errors, found.characters)} per character): '
        f'{found.errors - inserted - deleted} substitutions, {deleted} deletions, {inserted} '
        f'insertions. In addition, {case} letters ({percent(case, found.characters)}) were read in '
        'the other case. Texts are aligned by the fewest edits, case ignored.'
    )
    parts = [head]
    if found.cells:
        parts.append(confusion_table(found))
    if found.case:
        parts.append(case_table(found))
    return '\n\n'.join(parts)


def _failure_part(
    readings: Sequence[WordReading],
    right: np.ndarray,
    rectifier: Rectifier,
    out: Path,
    most: int,
    seed: int,
) -> str:
    chosen = choose_failures(readings, right, most, np.random.default_rng(seed))
    wrong = int((~right).sum())
    if not chosen:
        return f'{wrong} words are misread; none is drawn.'
    _, code = cv2.imencode('.png', draw_failures(chosen, rectifier))
    write_whole(out / 'failures.png', code.tobytes())
    return (
        f'{len(chosen)} of the {wrong} words that are wrong by letters and digits, a random choice '
        f'(seed {seed}). Below each crop are the gt text (gray), and score and predicted text '
        '(red).\n\n![Misread words](failures.png)'
    )
