"""Outcomes of words, and the precision-recall curve."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.pr_curve import precision_recall_points, thin_points
from pipeline.evaluation.scoring import TASKS, ScoringRules, score_image, score_images
from pipeline.evaluation.word_outcomes import classify_words, count_errors, count_kinds
from pipeline.evaluation.words import Words

SQUARE = np.array([[0, 0], [20, 0], [20, 10], [0, 10]], dtype=float)


def at(column: int) -> np.ndarray:
    return SQUARE + [40 * column, 0]


def drawn_photo(rng: np.random.Generator) -> tuple[Words, Words]:
    """Gold and predicted words in a row, some don't-care, some predicted twice."""
    texts = ['CAT', 'DOG', 'BIRD', '12', '###']
    gt = [(place, rng.choice(texts)) for place in range(8) if rng.random() < 0.8]
    found = [(int(rng.integers(10)), rng.choice(texts[:4])) for _ in range(rng.integers(12))]
    return (
        Words([at(p) for p, _ in gt], [str(t) for _, t in gt]),
        Words(
            [at(p) + rng.uniform(-6, 6) for p, _ in found],
            [str(t) for _, t in found],
            confidences=rng.integers(0, 8, len(found)) / 8,
        ),
    )


def test_classify_words_returns_each_kind() -> None:
    gt = Words([at(0), at(1), at(2), at(3)], ['CAT', 'DOG', 'BIRD', '###'])
    det = Words([at(5), at(3), at(1), at(0)], ['FISH', 'X', 'DIG', 'cat'])

    outcomes = classify_words(gt, det, score_image(gt, det, ScoringRules())['e2e'])

    assert [(w.kind, w.gt_text, w.det_text) for w in outcomes] == [
        ('matched', 'CAT', 'cat'),
        ('misread', 'DOG', 'DIG'),
        ('missed', 'BIRD', None),
        ('dont_care', '###', None),
        ('spurious', None, 'FISH'),
        ('dont_care', None, 'X'),
    ]
    assert count_errors(outcomes) == 3
    assert outcomes[0].polygon is gt.polygons[0]
    assert outcomes[4].polygon is det.polygons[0]


def test_classify_words_keeps_submission_indices() -> None:
    gt = Words([at(0)], ['CAT'])
    det = Words([at(0), at(0), at(4)], ['CUT', 'CAT', 'DOG'], confidences=[0.2, 0.9, 0.5])
    image = score_image(gt, det, ScoringRules(confidences=True))['e2e']

    outcomes = classify_words(gt, det, image)

    assert [(w.kind, w.det_index, w.det_text) for w in outcomes] == [
        ('matched', 1, 'CAT'),
        ('spurious', 0, 'CUT'),
        ('spurious', 2, 'DOG'),
    ]


def test_classify_words_contains_the_compared_text() -> None:
    gt = Words([at(0), at(1)], ["Joe's", '12'])
    det = Words([at(0)], ['JOE'])

    outcomes = classify_words(gt, det, score_image(gt, det, ScoringRules())['spotting'])

    assert [(w.kind, w.gt_text, w.compared_text) for w in outcomes] == [
        ('matched', "Joe's", 'Joe'),
        ('dont_care', '12', '12'),
    ]


@pytest.mark.parametrize('confidences', [False, True], ids=['file order', 'by confidence'])
def test_classify_words_counts_agree_with_the_score(confidences: bool) -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        gt, det = drawn_photo(rng)
        for task, image in score_image(gt, det, ScoringRules(confidences=confidences)).items():
            outcomes = classify_words(gt, det, image)
            kinds = count_kinds(outcomes)

            paired = kinds['matched'] + kinds['misread']
            assert kinds['matched'] == image.score.matched
            assert paired + kinds['missed'] == image.score.gt_care
            assert paired + kinds['spurious'] == image.score.det_care
            assert task != 'detection' or not kinds['misread']
            used = [w.det_index for w in outcomes if w.det_index is not None]
            assert sorted(used) == list(range(len(det)))


def test_classify_words_rejects_a_score_of_other_words() -> None:
    gt, det = Words([at(0)], ['CAT']), Words([at(0)], ['CAT'])
    image = score_image(gt, det, ScoringRules())['e2e']

    with pytest.raises(ValueError, match='1 gt words, got 0'):
        classify_words(Words(), det, image)
    with pytest.raises(ValueError, match='other predictions than the 0 given'):
        classify_words(gt, Words(), image)


def test_precision_recall_points_equal_scores_at_thresholds() -> None:
    rng = np.random.default_rng(5)
    photos = {str(i): drawn_photo(rng) for i in range(12)}
    gt = {name: words for name, (words, _) in photos.items()}
    det = {name: words for name, (_, words) in photos.items()}
    rules = ScoringRules(confidences=True)
    whole = score_images(gt, det, rules)
    compared = 0
    for task in TASKS:
        images = whole[task].images.values()
        points = precision_recall_points(
            [c for image in images for c in image.confidences],
            [c for image in images for c in image.correct],
            whole[task].score.gt_care,
        )
        for point in points:
            kept = {
                name: words.take(np.flatnonzero(words.confidences >= point.confidence).tolist())
                for name, words in det.items()
            }
            again = score_images(gt, kept, rules, [task])[task].score
            assert (point.score.precision, point.score.recall, point.score.hmean) == (
                again.precision,
                again.recall,
                again.hmean,
            )
            compared += 1
        assert points[-1].score.hmean == whole[task].score.hmean
    assert compared > 20


def test_precision_recall_points_merge_equal_confidences() -> None:
    points = precision_recall_points([0.5, 0.9, 0.5], [True, True, False], gt_care=4)

    assert [(p.confidence, p.score.matched, p.score.det_care) for p in points] == [
        (0.9, 1, 1),
        (0.5, 2, 3),
    ]
    assert points[1].score.precision == 2 / 3
    assert points[1].score.recall == 0.5


def test_precision_recall_points_without_predictions() -> None:
    assert precision_recall_points([], [], gt_care=3) == []
    with pytest.raises(ValueError, match='1 confidences require 1 flags'):
        precision_recall_points([0.5], [], gt_care=1)


def test_thin_points_keeps_both_ends() -> None:
    points = precision_recall_points([i / 100 for i in range(100)], [True] * 100, gt_care=100)

    thin = thin_points(points, 7)

    assert len(thin) == 7
    assert (thin[0], thin[-1]) == (points[0], points[-1])
    assert thin_points(points[:3], 7) == points[:3]
