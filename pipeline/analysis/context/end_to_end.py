"""End-to-end scores of detected words under each condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData
from torch import Tensor

from pipeline.analysis.bootstrap import Estimate, ImageBootstrap, hmean_of_sums
from pipeline.analysis.gt_images import GtImage
from pipeline.evaluation import E2EHmeanMetric, ScoringRules
from pipeline.evaluation.protocols import Protocol
from pipeline.evaluation.sample_words import gt_words, predicted_lines, words_of_lines
from pipeline.evaluation.scoring import score_image
from pipeline.recognition.crop_reader import read_crops_under, to_reading
from pipeline.recognition.ctc_reader import Reading
from pipeline.torch_spotter import TorchTextSpotter, to_instances
from pipeline.word_reading import CropBatch, WordBatch


def detect_photos(
    spotter: TorchTextSpotter,
    photos: Sequence[GtImage],
    report: Callable[[int], Any] = lambda count: None,
) -> list[WordBatch]:
    """Detect the words of all images once, for several readings.

    Args:
        spotter: Spotter whose detector is used.
        photos: I images.
        report: Called with 1 after each image.
    """
    found = []
    for photo in photos:
        with torch.inference_mode():
            found.append(spotter.detect([photo.load()]))
        report(1)
    return found


def count_end_to_end(
    spotter: TorchTextSpotter,
    photos: Sequence[GtImage],
    tokens: Mapping[str, Tensor | None],
    detections: Sequence[WordBatch],
    protocol: Protocol,
    report: Callable[[int], Any] = lambda count: None,
) -> dict[str, np.ndarray]:
    """Read the detected words of all images under each condition and match them.

    Detection, rectification and the features before the fusion are computed once.

    Args:
        spotter: Spotter whose recognizer has context.
        photos: I images with all their words.
        tokens: Condition -> (I, S, C) scene tokens, or None for no context.
        detections: Detections of each image; see :func:`detect_photos`.
        protocol: Protocol of :class:`E2EHmeanMetric`, whose rules are used.
        report: Called with 1 after each image.

    Returns:
        Condition -> (3, I) numbers of matched, predicted and gt words that count.
    """
    metric = E2EHmeanMetric(protocol=protocol)
    counts = {name: np.zeros((3, len(photos))) for name in tokens}
    for i, photo in enumerate(photos):
        images = [photo.load()]
        crops = spotter.rectify(images, detections[i])
        own = {
            name: None if given is None else given[i : i + 1].to(spotter.device)
            for name, given in tokens.items()
        }
        read = read_crops_under(spotter.recognizer, crops.crops, own, crops.image_index)
        for name, given in own.items():
            readings = [to_reading(pred_text) for pred_text in read[name]]
            with _first_readings(spotter, crops, readings):
                found = spotter.recognize(images, crops, given)
            (words,) = spotter.collect(found, [images[0].shape[:2]])
            counts[name][:, i] = _count(photo, to_instances(words), metric)
        report(1)
    return counts


@contextmanager
def _first_readings(
    spotter: TorchTextSpotter, crops: CropBatch, readings: list[Reading]
) -> Iterator[None]:
    """Return ``readings`` for ``crops``. Parts of split words are still read."""
    read = spotter.read_oriented

    def read_oriented(batch: CropBatch, context: Tensor | None) -> list[Reading]:
        return readings if batch is crops else read(batch, context)

    spotter.read_oriented = read_oriented  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        del spotter.read_oriented  # the method of the class again


def score_counts(counts: Mapping[str, np.ndarray], bootstrap: ImageBootstrap) -> dict[str, Any]:
    """Scores of matched words.

    Args:
        counts: Result of :func:`count_end_to_end`.
        bootstrap: Bootstrap over the same images.

    Returns:
        Condition -> ``precision``, ``recall``, ``hmean`` with interval. If there is a condition
        ``off``, the others have ``hmean_over_off``, the paired difference from it.
    """
    result: dict[str, Any] = {}
    for name, (matched, found, wanted) in counts.items():
        entry = {
            'precision': bootstrap.ratio(matched, found).value,
            'recall': bootstrap.ratio(matched, wanted).value,
            'hmean': bootstrap.statistic(hmean_of_sums, matched, found, wanted).as_dict(),
        }
        if name != 'off' and 'off' in counts:
            entry['hmean_over_off'] = hmean_difference(
                counts[name], counts['off'], bootstrap
            ).as_dict()
        result[name] = entry
    return result


def hmean_difference(counts: np.ndarray, others: np.ndarray, bootstrap: ImageBootstrap) -> Estimate:
    """Paired difference of two hmeans; both arguments are (3, I) numbers of words."""
    return bootstrap.statistic(
        lambda sums: hmean_of_sums(sums[:3]) - hmean_of_sums(sums[3:]), *counts, *others
    )


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
