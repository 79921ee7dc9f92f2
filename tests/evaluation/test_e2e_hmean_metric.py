from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from golden_cases import GOLDEN
from mmengine.structures import InstanceData

import pipeline.registration  # noqa: F401
from pipeline.evaluation import E2EHmeanMetric, evaluate_files
from pipeline.evaluation.file_evaluation import LexiconChoice
from pipeline.evaluation.protocols import load_words
from pipeline.registry import METRICS

QUAD = np.array([10, 10, 110, 10, 110, 40, 10, 40], dtype=np.float32)


def sample(texts: list[str], predicted: list[str], scores: list[float] | None = None) -> dict:
    """A data sample with words in a row. Predictions are shifted by 0.4 pixels."""
    quads = [QUAD + 200 * i for i in range(max(len(texts), len(predicted)))]
    return {
        'img_path': 'photos/img_1.jpg',
        'gt_instances': InstanceData(
            polygons=quads[: len(texts)],
            texts=texts,
            ignored=torch.tensor([text == 'blurred' for text in texts]),
        ),
        'pred_instances': InstanceData(
            polygons=[quad + 0.4 for quad in quads[: len(predicted)]],
            scores=torch.tensor(scores or [1.0] * len(predicted)),
            texts=predicted,
        ),
    }


def score(metric: E2EHmeanMetric, samples: list[dict]) -> dict[str, float]:
    metric.process(None, samples)
    return metric.evaluate(len(samples))


def test_e2e_hmean_metric_reports_every_task() -> None:
    metric = METRICS.build({'type': 'E2EHmeanMetric'})

    result = score(metric, [sample(['Hello!', 'blurred', 'world'], ['hello', 'x', 'word'])])

    assert result['detection/hmean'] == 1.0
    assert result['e2e/none_recall'] == 0.5
    assert result['e2e/none_precision'] == 0.5  # The prediction on the blurred word is left out.
    assert result['spotting/none_hmean'] == 0.5


def test_e2e_hmean_metric_min_score_drops_predictions() -> None:
    samples = [sample(['one', 'two'], ['one', 'ghost'], scores=[0.9, 0.1])]

    assert score(E2EHmeanMetric(min_score=0.5), samples)['e2e/none_precision'] == 1.0
    assert score(E2EHmeanMetric(), samples)['e2e/none_precision'] == 0.5


def test_e2e_hmean_metric_is_averaged_over_words() -> None:
    samples = [sample(['one'], ['one']), sample(['two', 'three', 'four'], ['x', 'y', 'z'])]

    assert score(E2EHmeanMetric(), samples)['e2e/none_recall'] == 1 / 4


def test_e2e_hmean_metric_reports_each_lexicon(tmp_path: Path) -> None:
    (tmp_path / 'strong').mkdir()
    (tmp_path / 'strong' / 'voc_img_1.txt').write_text('HELLO\n')
    (tmp_path / 'weak.txt').write_text('HULLO\n')
    lexicons = {'strong': str(tmp_path / 'strong'), 'weak': str(tmp_path / 'weak.txt')}

    result = score(E2EHmeanMetric(lexicons=lexicons), [sample(['Hello'], ['hallo'])])

    assert result['e2e/none_hmean'] == 0.0
    assert result['e2e/strong_hmean'] == result['spotting/strong_hmean'] == 1.0
    assert result['e2e/weak_hmean'] == 0.0


def test_e2e_hmean_metric_equals_evaluate_files() -> None:
    case = GOLDEN / 'lexicon_quad_strong_weak_generic'
    strong = str(case / 'lexicons' / 'new_strong_lexicon')
    gt, det = load_words(case / 'gt', case / 'pred', 'icdar2015')
    samples = [
        {
            'img_path': f'img_{name}.jpg',
            'gt_instances': {
                'polygons': [polygon.ravel() for polygon in words.polygons],
                'texts': words.texts,
            },
            'pred_instances': {
                'polygons': [polygon.ravel() for polygon in det[name].polygons],
                'texts': det[name].texts,
            },
        }
        for name, words in gt.items()
    ]

    result = score(E2EHmeanMetric(lexicons={'strong': strong}), samples)

    for level, lexicon in (('none', None), ('strong', LexiconChoice(strong, 'strong'))):
        files = evaluate_files(case / 'gt', case / 'pred', 'icdar2015', lexicon=lexicon)
        assert result[f'e2e/{level}_hmean'] == files['hmean']
        assert result[f'spotting/{level}_hmean'] == files['spotting']['hmean']


def test_e2e_hmean_metric_rejects_an_unknown_protocol() -> None:
    with pytest.raises(ValueError, match="got 'coco'"):
        E2EHmeanMetric(protocol='coco')
