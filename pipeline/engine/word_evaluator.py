"""Evaluation per word for data sets whose samples are images."""

from __future__ import annotations

from typing import Any

from mmengine.dist import all_gather_object, broadcast_object_list, is_main_process
from mmengine.evaluator import Evaluator
from mmengine.registry import EVALUATOR


@EVALUATOR.register_module()
class WordEvaluator(Evaluator):
    """MMEngine's ``Evaluator`` for data sets whose samples contain several words.

    MMEngine keeps as many results as the data set has samples and drops the rest as padding. With
    ten words per image it would score one word in ten, without a warning. This evaluator scores all
    results of all processes. Its sampler must not pad: ``dict(type='DefaultSampler', shuffle=False,
    round_up=False)``.

    Use ``val_evaluator = dict(type='WordEvaluator', metrics=[...])``.
    """

    def evaluate(self, size: int) -> dict[str, Any]:
        """Compute all metrics.

        Args:
            size: Number of samples of the data set; not used, because it is not the number of
                words.

        Returns:
            Metric values by name with prefix, equal on every process.

        Raises:
            ValueError: If two metrics have a value of the same name.
        """
        values: dict[str, Any] = {}
        for metric in self.metrics:
            results = [word for part in all_gather_object(metric.results) for word in part]
            metric.results.clear()
            found: list[Any] = [None]
            if is_main_process():
                prefix = f'{metric.prefix}/' if metric.prefix else ''
                computed = metric.compute_metrics(results)
                found = [{f'{prefix}{name}': value for name, value in computed.items()}]
            broadcast_object_list(found)
            double = set(values) & set(found[0])
            if double:
                raise ValueError(
                    f'two metrics have {sorted(double)}: change the prefix of one of them.'
                )
            values.update(found[0])
        return values
