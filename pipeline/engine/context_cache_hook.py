"""Checks that context caches belong to the model's context encoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from pipeline.registry import HOOKS


@HOOKS.register_module()
class ContextCacheHook(Hook):
    """Compares the context caches of the data sets with the model's context encoder.

    Does nothing if no data set has a cache, or if the model has no context encoder.
    """

    def before_train(self, runner: Runner) -> None:
        """Check the training data.

        Raises:
            ValueError: If a cache belongs to another encoder. The message lists the differences.
        """
        check_context_caches(runner.model, runner.train_dataloader.dataset)

    def before_val(self, runner: Runner) -> None:
        """Check the validation data; see ``before_train``."""
        check_context_caches(runner.model, runner.val_dataloader.dataset)

    def before_test(self, runner: Runner) -> None:
        """Check the test data; see ``before_train``."""
        check_context_caches(runner.model, runner.test_dataloader.dataset)


def check_context_caches(model: Any, dataset: Any) -> None:
    """Compare every cache in ``dataset`` and its nested data sets with the encoder of ``model``.

    Raises:
        ValueError: If a cache belongs to another encoder. The message lists the differences.
    """
    if is_model_wrapper(model):
        model = model.module
    encoder = getattr(model, 'context_encoder', None)
    caches = [cache for cache in _caches(dataset) if cache is not None]
    if not caches or encoder is None:
        return
    fingerprint = encoder.fingerprint
    for cache in caches:
        cache.check(fingerprint)


def _caches(dataset: Any) -> Iterator[Any]:
    yield getattr(dataset, 'context_cache', None)
    for part in getattr(dataset, 'datasets', [getattr(dataset, 'dataset', None)]):
        if part is not None:
            yield from _caches(part)
