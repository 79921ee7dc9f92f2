from __future__ import annotations

from typing import Any

import pytest
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.registry import EVALUATOR, METRICS

from pipeline.engine import WordEvaluator


@METRICS.register_module()
class CountMetric(BaseMetric):
    """Counts the words it receives."""

    def process(self, data_batch: Any, data_samples: Any) -> None:
        self.results.extend(data_samples)

    def compute_metrics(self, results: list) -> dict[str, int]:
        return {'count': len(results)}


def fill(evaluator: Evaluator) -> Evaluator:
    for metric in evaluator.metrics:
        metric.process(None, list(range(30)))
    return evaluator


def test_word_evaluator_counts_all_words_of_few_images():
    evaluator = EVALUATOR.build({'type': 'WordEvaluator', 'metrics': [CountMetric(prefix='word')]})
    assert fill(evaluator).evaluate(3) == {'word/count': 30}
    assert fill(Evaluator([CountMetric()])).evaluate(3) == {'count': 3}  # why it is needed


def test_word_evaluator_clears_results_between_epochs():
    evaluator = WordEvaluator([CountMetric()])
    fill(evaluator).evaluate(3)
    assert fill(evaluator).evaluate(3) == {'count': 30}


def test_word_evaluator_rejects_duplicate_names():
    with pytest.raises(ValueError, match='count'):
        fill(WordEvaluator([CountMetric(), CountMetric()])).evaluate(3)
