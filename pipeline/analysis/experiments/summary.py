"""Numbers of the experiments: accuracies, paired differences, groups of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.analysis.agreement import judge
from pipeline.analysis.bootstrap import ImageBootstrap, hmean_of_sums
from pipeline.analysis.context.end_to_end import hmean_difference
from pipeline.analysis.experiments.plan import Run
from pipeline.analysis.gt_images import GtImage
from pipeline.analysis.word_groups import (
    WordGroup,
    group_by_height,
    group_by_sharpness,
    group_by_vocabulary,
)

RULE = 'alphanumeric'
Results = Mapping[str, Mapping[int, Mapping[str, Any]]]
"""Name of the run -> seed -> result of a run."""


def summarize(
    runs: Sequence[Run],
    results: Results,
    photos: Mapping[str, Sequence[GtImage]],
    sharpness: Mapping[str, Sequence[float]],
    train_words: Sequence[str],
    resamples: int = 2000,
) -> dict[str, Any]:
    """All numbers of the experiments.

    Accuracies are means over the seeds. Intervals are of the bootstrap over images; those of
    differences are paired.

    Args:
        runs: Runs in the order of the tables.
        results: Results of the runs.
        photos: Test set -> images.
        sharpness: Test set -> sharpness of each readable word.
        train_words: Words of the training, for accuracy in and out of vocabulary.
        resamples: Number of bootstrap resamples.
    """
    summary: dict[str, Any] = {'sets': {}, 'runs': {}}
    for run in runs:
        if run.name in results:
            summary['runs'][run.name] = _describe(run, results[run.name])
    for name, images in photos.items():
        summary['sets'][name] = _summarize_set(
            name, images, runs, results, sharpness[name], train_words, resamples
        )
    return summary


def _describe(run: Run, seeds: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Settings, gates, cost and misleading context of one run."""
    some = next(iter(seeds.values()))
    misleading = [result['misleading'] for result in seeds.values() if result['misleading']]
    return {
        'title': run.title,
        'group': run.group,
        'control': run.control,
        'iters': some['iters'],
        'seeds': sorted(seeds),
        'gate': [result['gate'] for result in seeds.values()] if run.with_context else None,
        'seconds': [result['seconds'] for result in seeds.values()],
        'cost': some['cost'],
        'misleading': misleading[0] if misleading else None,
    }


def _summarize_set(
    name: str,
    images: Sequence[GtImage],
    runs: Sequence[Run],
    results: Results,
    sharpness: Sequence[float],
    train_words: Sequence[str],
    resamples: int,
) -> dict[str, Any]:
    words = [word for image in images for word in image.readable]
    index = np.array([i for i, image in enumerate(images) for _ in image.readable], dtype=np.int64)
    bootstrap = ImageBootstrap(index, len(images), seed=0, resamples=resamples)
    texts = [word.text for word in words]
    groups = [
        *group_by_vocabulary(texts, train_words),
        *group_by_sharpness(sharpness),
        *group_by_height([word.polygon for word in words]),
    ]
    entries: dict[str, Any] = {}
    for run in runs:
        if run.name not in results or run.from_scratch:
            continue
        own = _right(results[run.name], name, texts, 'on' if run.with_context else 'off')
        entry: dict[str, Any] = {'accuracy': bootstrap.mean(own).as_dict()}
        counts = _counts(results[run.name], name)
        entry['hmean'] = bootstrap.statistic(hmean_of_sums, *counts).as_dict()
        if run.control is not None and run.control in results:
            control = _right(results[run.control], name, texts, 'off')
            entry['over_control'] = bootstrap.mean(own - control).as_dict()
            entry['hmean_over_control'] = hmean_difference(
                counts, _counts(results[run.control], name), bootstrap
            ).as_dict()
            entry['groups'] = _compare(groups, own, control, bootstrap)
            for condition in ('off', 'swapped'):
                other = _right(results[run.name], name, texts, condition)
                entry[f'over_{condition}'] = bootstrap.mean(own - other).as_dict()
        entries[run.name] = entry
    return {'images': len(images), 'words': len(words), 'runs': entries}


def _right(
    seeds: Mapping[int, Mapping[str, Any]], name: str, texts: Sequence[str], condition: str
) -> np.ndarray:
    """(N,) share of the seeds that read each word correctly."""
    read = [result['readings'][name][condition] for result in seeds.values()]
    return np.mean([judge(each, texts, RULE) for each in read], axis=0)


def _counts(seeds: Mapping[int, Mapping[str, Any]], name: str) -> np.ndarray:
    """(3, I) numbers of matched, predicted and gt words, means over the seeds."""
    return np.mean([result['end_to_end'][name] for result in seeds.values()], axis=0)


def _compare(
    groups: Sequence[WordGroup], own: np.ndarray, control: np.ndarray, bootstrap: ImageBootstrap
) -> list[dict[str, Any]]:
    return [
        {
            'name': group.name,
            'words': int(group.rows.sum()),
            'control': bootstrap.mean(control, group.rows).value,
            'own': bootstrap.mean(own, group.rows).value,
            'over_control': bootstrap.mean(own - control, group.rows).as_dict(),
        }
        for group in groups
        if group.rows.any()
    ]
