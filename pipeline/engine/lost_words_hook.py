"""Counts after a test why words were lost: not detected, badly cropped, or misread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import Any

import numpy as np
import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from pipeline.evaluation import E2EHmeanMetric
from pipeline.evaluation.lost_words import LostWords, count_lost_words
from pipeline.evaluation.sample_words import gt_words, predicted_lines, words_of_lines
from pipeline.evaluation.scoring import score_image
from pipeline.registry import HOOKS


@HOOKS.register_module()
class LostWordsHook(Hook):
    """Recognizes each image's words also at their ground-truth polygons, after the timed inference.

    Adds ``lost/read``, ``lost/not_detected``, ``lost/badly_cropped``, ``lost/misread`` and
    ``lost/read_at_gold`` to the metrics. They count ground-truth words that are not ignored, end to
    end without a lexicon, by the rules of the run's ``E2EHmeanMetric``. See :class:`LostWords` for
    their definitions.
    """

    # After ThroughputHook stops its timer, before LoggerHook logs the metrics.
    priority = 'NORMAL'

    def before_test_epoch(self, runner: Runner) -> None:
        """Start counting.

        Raises:
            ValueError: If the run has no ``E2EHmeanMetric``, which defines the rules.
        """
        found = [m for m in runner.test_evaluator.metrics if isinstance(m, E2EHmeanMetric)]
        if not found:
            raise ValueError(
                'LostWordsHook needs an E2EHmeanMetric in test_evaluator, got '
                f'{[type(m).__name__ for m in runner.test_evaluator.metrics]}.'
            )
        self.metric = found[0]
        self.lost = LostWords()

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Recognize the ground-truth words of a batch and count the lost words."""
        spotter = runner.model.module if is_model_wrapper(runner.model) else runner.model
        samples = outputs or []
        images = [np.ascontiguousarray(image.permute(1, 2, 0)) for image in data_batch['inputs']]
        polygons = [
            [
                np.asarray(polygon, np.float32).reshape(-1, 2)
                for polygon in sample.gt_instances.polygons
            ]
            for sample in samples
        ]
        for sample, readings in zip(samples, spotter.read_polygons(images, polygons)):
            gt = gt_words(sample.gt_instances, self.metric.line_format)
            lines = predicted_lines(
                sample.pred_instances,
                self.metric.line_format,
                self.metric.min_score,
                self.metric.rules.confidences,
            )
            det = words_of_lines(lines, self.metric.line_format, self.metric.rules.confidences)
            score = score_image(gt, det, self.metric.rules, ['e2e'])['e2e']
            texts = [text for text, _ in readings]
            self.lost += count_lost_words(gt, score, texts, self.metric.rules.strip)

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Add the counts, summed over all processes, to the metrics."""
        counts = torch.tensor(astuple(self.lost))
        all_reduce(counts)
        if metrics is not None:
            lost = LostWords(*counts.tolist())
            metrics.update({f'lost/{name}': count for name, count in asdict(lost).items()})
