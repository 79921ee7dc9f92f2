"""End-to-end scores of detected words under each condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData
from torch import Tensor, nn

from pipeline.analysis.bootstrap import ImageBootstrap, hmean_of_sums
from pipeline.analysis.gt_images import GtImage
from pipeline.detection.detections import Detections
from pipeline.evaluation import E2EHmeanMetric, ScoringRules
from pipeline.evaluation.protocols import Protocol
from pipeline.evaluation.sample_words import gt_words, predicted_lines, words_of_lines
from pipeline.evaluation.scoring import score_image
from pipeline.torch_spotter import TorchTextSpotter


class GivenTokens(nn.Module):
    """Replacement of a context encoder that returns given tokens for any image.

    Args:
        tokens: (I, S, C) scene tokens to return.
    """

    def __init__(self, tokens: Tensor) -> None:
        super().__init__()
        self.tokens = tokens

    def forward(self, images: Sequence[Any]) -> Tensor:
        return self.tokens


class GivenDetections(nn.Module):
    """Replacement of a detector that returns given detections, so detection runs only once."""

    def __init__(self, found: list[Detections]) -> None:
        super().__init__()
        self.found = found

    def forward(self, images: Sequence[Any]) -> list[Detections]:
        return self.found


def score_end_to_end(
    spotter: TorchTextSpotter,
    photos: Sequence[GtImage],
    tokens: Mapping[str, Tensor | None],
    protocol: Protocol,
    bootstrap: ImageBootstrap,
) -> dict[str, Any]:
    """Spot the words of all images under each condition and score them without a lexicon.

    Args:
        spotter: Spotter whose recognizer has context. Its detector runs once per image.
        photos: I images with all their words.
        tokens: Condition -> (I, S, C) scene tokens, or None for no context.
        protocol: Protocol of :class:`E2EHmeanMetric`, whose rules are used.
        bootstrap: Bootstrap over the same images.

    Returns:
        Condition -> ``precision``, ``recall``, ``hmean`` with interval. If there is a condition
        ``off``, the others have ``hmean_over_off``, the paired difference from it.
    """
    metric = E2EHmeanMetric(protocol=protocol)
    counts = {name: np.zeros((3, len(photos))) for name in tokens}
    detector, encoder = spotter.detector, spotter.recognizer.context_encoder
    was_on = spotter.recognizer.use_context
    try:
        for i, photo in enumerate(photos):
            image = photo.load()
            with torch.inference_mode():
                spotter.detector = GivenDetections(detector([image]))  # type: ignore[assignment]
            for name, given in tokens.items():
                spotter.use_context(given is not None)
                if given is not None:
                    row = given[i : i + 1].to(spotter.device)
                    spotter.recognizer.context_encoder = GivenTokens(row)
                found = spotter([image], mode='predict')[0].pred_instances
                counts[name][:, i] = _count(photo, found, metric)
    finally:
        spotter.detector, spotter.recognizer.context_encoder = detector, encoder
        spotter.use_context(was_on)
    result: dict[str, Any] = {}
    for name, (matched, found, wanted) in counts.items():
        entry = {
            'precision': bootstrap.ratio(matched, found).value,
            'recall': bootstrap.ratio(matched, wanted).value,
            'hmean': bootstrap.statistic(hmean_of_sums, matched, found, wanted).as_dict(),
        }
        if name != 'off' and 'off' in counts:
            entry['hmean_over_off'] = bootstrap.statistic(
                lambda sums: hmean_of_sums(sums[:3]) - hmean_of_sums(sums[3:]),
                *(matched, found, wanted), *counts['off'],
            ).as_dict()  # fmt: skip
        result[name] = entry
    return result


def _count(photo: GtImage, found: InstanceData, metric: E2EHmeanMetric) -> tuple[int, int, int]:
    """Numbers of matched, predicted and gt words of an image that count."""
    gt = InstanceData(
        polygons=[word.polygon.flatten() for word in photo.words],
        texts=[word.text for word in photo.words],
        ignored=[word.ignore for word in photo.words],
    )
    lines = predicted_lines(found, metric.line_format)
    words = words_of_lines(lines, metric.line_format)
    rules: ScoringRules = metric.rules
    score = score_image(gt_words(gt, metric.line_format), words, rules, ('e2e',))['e2e'].score
    return score.matched, score.det_care, score.gt_care
