"""Accuracy of recognized words by several rules, and groups of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.analysis.agreement import judge, normalize
from pipeline.analysis.bins import group_by_angle, group_by_short_side
from pipeline.analysis.recognizer.readings import WordReading
from pipeline.analysis.word_groups import WordGroup, group_by_length, group_by_sharpness
from pipeline.analysis.word_shape import is_curved, is_vertical


def judge_readings(readings: Sequence[WordReading]) -> dict[str, np.ndarray]:
    """Return which words are read correctly by each rule.

    Returns:
        Rule -> (N,) bool. ``alphanumeric``: only letters and digits are compared, case ignored;
        this is the main rule of the report. ``exact``: all characters and their case are compared.
        ``case ignored``: all characters are compared, case ignored.
    """
    texts, gt_texts = [r.text for r in readings], [r.gt_text for r in readings]
    return {
        'alphanumeric': judge(texts, gt_texts, 'alphanumeric'),
        'exact': judge(texts, gt_texts, 'exact'),
        'case ignored': np.array(
            [text.casefold() == wanted.casefold() for text, wanted in zip(texts, gt_texts)],
            dtype=bool,
        ),
    }


def edit_similarity(readings: Sequence[WordReading]) -> np.ndarray:
    """Edit similarity of each word, (N,).

    The similarity is 1 - D / max(length of gt text, length of predicted text), where D is the
    Levenshtein distance over letters and digits without case. Its mean is the 1-NED of the ICDAR
    2019 contests (ReCTS, arXiv 1912.09641; ArT, arXiv 1909.07145).
    """
    return np.array(
        [
            Levenshtein.normalized_similarity(normalize(r.gt_text), normalize(r.text))
            for r in readings
        ]
    )


def group_by_kind(readings: Sequence[WordReading]) -> list[WordGroup]:
    """Groups of all words and of kinds of words. The kinds overlap."""
    curved = np.array([is_curved(r.polygon) for r in readings], dtype=bool)
    vertical = np.array([is_vertical(r.polygon) for r in readings], dtype=bool)
    symbols = np.array([not r.gt_text.isalnum() for r in readings], dtype=bool)
    digits = np.array([r.gt_text.isdecimal() for r in readings], dtype=bool)
    return [
        WordGroup('all', np.ones(len(readings), dtype=bool)),
        WordGroup('straight', ~curved),
        WordGroup('curved', curved),
        WordGroup('vertical (taller than wide)', vertical),
        WordGroup('with symbols', symbols),
        WordGroup('digits only', digits),
    ]


def group_by_look(readings: Sequence[WordReading]) -> dict[str, list[WordGroup]]:
    """Property -> groups of words, by height, length, blur and angle.

    Word crops are in no angle group, because their angle in the image is unknown.
    """
    polygons = [r.polygon for r in readings]
    in_photo = np.array([not r.is_crop for r in readings], dtype=bool)
    angles = [WordGroup(g.name, g.rows & in_photo) for g in group_by_angle(polygons)]
    groups = {
        'word height (short side)': group_by_short_side(polygons),
        'length': group_by_length([r.gt_text for r in readings]),
        'blur (variance of the Laplacian of the crop; thirds)': group_by_sharpness(
            [r.sharpness for r in readings]
        ),
    }
    return {**groups, "angle of the word's long axis": angles} if in_photo.any() else groups
