from __future__ import annotations

import numpy as np
import pytest

from pipeline.evaluation.scores import average_precision, score_image_counts
from pipeline.evaluation.scoring import ScoringRules, score_images
from pipeline.evaluation.words import Words


def words(*items: tuple[int, str], scores: tuple[float, ...] = ()) -> Words:
    """Words in a row: (place, text)."""
    corners = np.array([[0, 0], [80, 0], [80, 20], [0, 20]])
    polygons = [corners + np.array([100 * place, 0]) for place, _ in items]
    return Words(polygons, [text for _, text in items], scores)


def test_score_images_scores_every_task() -> None:
    gt = {'1': words((0, 'Hello!'), (1, 'no'), (2, '###'), (3, 'WORLD'))}
    det = {'1': words((0, 'hello'), (1, 'on'), (2, 'what'), (3, 'word'), (7, 'ghost'))}

    scores = {task: result.score for task, result in score_images(gt, det).items()}

    assert (scores['detection'].matched, scores['detection'].det_care) == (3, 4)
    assert (scores['e2e'].matched, scores['e2e'].gt_care) == (1, 3)
    # 'no' is too short to be spotted, so the prediction on it is left out too.
    assert (scores['spotting'].gt_care, scores['spotting'].det_care) == (2, 3)
    assert scores['e2e'].precision == 1 / 4
    assert scores['e2e'].recall == 1 / 3


def test_score_images_keeps_the_first_pair() -> None:
    gt = {'1': words((0, 'right'))}
    det = {'1': words((0, 'wrong'), (0, 'right'))}

    assert score_images(gt, det)['e2e'].score.matched == 0


def test_score_images_orders_by_confidence() -> None:
    gt = {'1': words((0, 'right'))}
    det = {'1': words((0, 'wrong'), (0, 'right'), scores=(0.3, 0.9))}

    result = score_images(gt, det, ScoringRules(confidences=True))['e2e']

    assert result.score.matched == 1
    assert result.score.ap == 1.0
    assert result.images['1'].order == [1, 0]


def test_score_images_counts_images_without_predictions() -> None:
    gt = {'1': words((0, 'one')), '2': words((0, 'two'), (1, 'three'))}

    score = score_images(gt, {'1': words((0, 'one'))})['e2e'].score

    assert (score.recall, score.precision) == (1 / 3, 1.0)


def test_score_images_rejects_an_unknown_image() -> None:
    with pytest.raises(ValueError, match='without ground truth'):
        score_images({'1': words((0, 'one'))}, {'2': words((0, 'one'))})


def test_score_images_ignores_flagged_words() -> None:
    gt = Words(words((0, 'blurred')).polygons, ['blurred'], ignored=[True])

    score = score_images({'1': gt}, {'1': words((0, 'blurred'))})['e2e'].score

    assert (score.gt_care, score.det_care) == (0, 0)


def test_score_images_rejects_missing_confidences() -> None:
    gt = {'1': words((0, 'one'))}

    with pytest.raises(ValueError, match='requires predictions with confidences'):
        score_images(gt, gt, ScoringRules(confidences=True))


@pytest.mark.parametrize(
    ('det_care', 'precision', 'hmean'),
    [(0, 1.0, 1.0), (2, 0.0, 0.0)],
    ids=['no predictions', 'predictions'],
)
def test_score_image_counts_without_gt_words(det_care: int, precision: float, hmean: float) -> None:
    score = score_image_counts(0, 0, det_care)

    assert (score.recall, score.precision, score.hmean, score.ap) == (
        1.0,
        precision,
        hmean,
        precision,
    )


def test_average_precision_equals_a_manual_sum() -> None:
    # By confidence: right, wrong, right; of four gt words.
    ap = average_precision([0.5, 0.9, 0.7], [True, True, False], gt_care=4)

    assert ap == pytest.approx((1 / 1 + 2 / 3) / 4)


@pytest.mark.parametrize('rules', [{'iou': 1.5}, {'area_precision': -0.1}, {'strip': 'none'}])
def test_scoring_rules_rejects_invalid_values(rules: dict) -> None:
    with pytest.raises(ValueError, match='must'):
        ScoringRules(**rules)


def test_words_rejects_unequal_lengths() -> None:
    with pytest.raises(ValueError, match='1 polygons require 1 texts, got 2'):
        Words([np.zeros((4, 2))], ['a', 'b'])
