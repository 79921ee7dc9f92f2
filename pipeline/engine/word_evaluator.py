"""Evaluation that counts words where samples are photos."""

from __future__ import annotations

from typing import Any

from mmengine.dist import all_gather_object, broadcast_object_list, is_main_process
from mmengine.evaluator import Evaluator
from mmengine.registry import EVALUATOR


@EVALUATOR.register_module()
class WordEvaluator(Evaluator):
    """MMEngine's ``Evaluator`` for data sets whose samples hold several words.

    MMEngine keeps as many results as the data set has samples and takes the others for padding:
    of photos with ten words each it would score one word in ten, without saying so. This one
    scores every result that any process has. Its sampler must not pad either:
    ``dict(type='DefaultSampler', shuffle=False, round_up=False)``.

    Use it as ``val_evaluator = dict(type='WordEvaluator', metrics=[...])``.
    """

    def evaluate(self, size: int) -> dict[str, Any]:
        """Compute all metrics.

        Args:
            size: Number of samples of the data set; not used, since it is not that of words.

        Returns:
            Values by name, prefixes included; the same on every process.

        Raises:
            ValueError: If two metrics give values of one name.
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
                    f'two metrics give {sorted(double)}: set another prefix for one of them.'
                )
            values.update(found[0])
        return values
