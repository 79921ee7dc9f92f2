"""Markdown tables of a detector report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from pipeline.analysis.bins import group_by_angle, group_by_short_side
from pipeline.analysis.bootstrap import ImageBootstrap, hmean_of_sums
from pipeline.analysis.context.table import interval
from pipeline.analysis.detector.findings import STAGE_NAMES, STAGES
from pipeline.analysis.detector.measurement import DetectorMeasurement
from pipeline.analysis.detector.misses import MISS_NAMES
from pipeline.analysis.detector.textless import FalseWords, most_false_first
from pipeline.analysis.detector.words import GtTally
from pipeline.analysis.markdown import code, number, percent, ratio, table
from pipeline.analysis.word_groups import WordGroup
from pipeline.analysis.word_shape import is_curved
from pipeline.evaluation.scoring import SetScore


def score_table(measured: DetectorMeasurement) -> str:
    """Precision, recall and hmean of both stages, and end to end if there are gt texts."""
    rows = []
    for stage in STAGES:
        scored = measured.stages[stage]
        cells = _cells(scored.scores['detection'], scored.ranked.score.ap)
        rows.append([f'detection, {STAGE_NAMES[stage]}', *cells])
    if any(text and text != '###' for words in measured.gt.values() for text in words.texts):
        end_to_end = measured.stages['spotter'].scores['e2e']
        rows.append(['end to end, no lexicon', *_cells(end_to_end, None)])
    header = ['', 'precision', 'recall', 'hmean [95 % over photos]', 'AP']
    return table([*header, 'matched', 'gt', 'found'], rows)


def recall_tables(tally: GtTally) -> str:
    """Recall of both stages by height and by angle."""
    return '\n\n'.join(
        _recall_table(f'recall by {what}', groups, tally)
        for what, groups in (
            ('word height (short side)', group_by_short_side(tally.polygons)),
            ("angle of the word's long axis", group_by_angle(tally.polygons)),
        )
    )


def shape_table(tally: GtTally) -> str:
    """Recall and mean IoU of the matched words, for straight and for curved words."""
    curved = np.array([is_curved(polygon) for polygon in tally.polygons], dtype=bool)
    rows = []
    for name, rows_of in (('straight', ~curved), ('curved', curved), ('all', curved | ~curved)):
        cells: list[object] = [name, int(rows_of.sum())]
        for stage in STAGES:
            cells += _recall_and_iou(tally.iou[stage][rows_of])
        rows.append(cells)
    header = ['words', 'number']
    for stage in STAGES:
        header += [f'recall, {STAGE_NAMES[stage]}', 'mean IoU of matched']
    return table(header, rows)


def miss_table(tally: GtTally) -> str:
    """Number of words of each kind of miss, and of words that are dropped after recognition."""
    detected, kept = (tally.found(stage) for stage in STAGES)
    counts = {meaning: tally.misses[kind] for kind, meaning in MISS_NAMES.items()}
    counts['missed by the detector'] = int((~detected).sum())
    counts['found, but dropped after recognition (empty, or below min_score)'] = int(
        (detected & ~kept).sum()
    )
    if (kept & ~detected).any():  # A dropped box can free a gt word for the next box.
        counts['missed, but matched after recognition'] = int((kept & ~detected).sum())
    counts['missed by the spotter'] = int((~kept).sum())
    rows = [[name, count, percent(count, len(kept))] for name, count in counts.items()]
    return table(['missed words', 'number', 'of the counted words'], rows)


def false_word_table(results: Sequence[FalseWords]) -> str:
    """False words in images without text: total, and per image."""
    rows = []
    for stage in STAGES:
        counts = [result.count(stage) for result in results]
        hit = sum(count > 0 for count in counts)
        rows.append(
            [
                STAGE_NAMES[stage], len(counts), sum(counts), ratio(sum(counts), len(counts)),
                f'{hit} ({percent(hit, len(counts))})', max(counts, default=0),
            ]
        )  # fmt: skip
    header = ['', 'images', 'false words', 'per image', 'images with any', 'most in an image']
    return table(header, rows)


def false_photo_table(results: Sequence[FalseWords]) -> str:
    """Number and texts of the false words of each image that has any."""
    rows = [
        [
            code(PurePath(result.item.source).name),
            *(result.count(stage) for stage in STAGES),
            ' '.join(code(text) for text in result.found['spotter'].texts),
        ]
        for result in most_false_first(results)
    ]  # fmt: skip
    return table(['image', *(STAGE_NAMES[stage] for stage in STAGES), 'read as'], rows)


def _cells(result: SetScore, ap: float | None) -> list[object]:
    score = result.score
    photos = [image.score for image in result.images.values()]
    per_photo = np.array([(s.matched, s.det_care, s.gt_care) for s in photos])
    bootstrap = ImageBootstrap(np.zeros(0, dtype=np.int64), len(per_photo), seed=0)
    hmean = bootstrap.statistic(hmean_of_sums, *per_photo.T).as_dict()
    return [
        number(score.precision), number(score.recall), interval(hmean), number(ap),
        score.matched, score.gt_care, score.det_care,
    ]  # fmt: skip


def _recall_table(title: str, groups: Sequence[WordGroup], tally: GtTally) -> str:
    rows = [
        [
            group.name,
            int(group.rows.sum()),
            *(_recall_and_iou(tally.iou[stage][group.rows])[0] for stage in STAGES),
        ]
        for group in groups
    ]
    return table([title, 'words', *(STAGE_NAMES[stage] for stage in STAGES)], rows)


def _recall_and_iou(iou: np.ndarray) -> list[str]:
    matched = iou[~np.isnan(iou)]
    return [ratio(len(matched), len(iou)), ratio(matched.sum(), len(matched))]
