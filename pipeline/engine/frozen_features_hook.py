"""Computes the features of a tower's frozen stages once, before the first iteration."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from pipeline.clipter.pretraining.frozen_features import set_frozen_features
from pipeline.registry import HOOKS


@HOOKS.register_module()
class FrozenFeaturesHook(Hook):
    """Sets the features of the data sets of a ``ClipPretrainer``.

    The frozen stages take more time than the trained ones, so an epoch on features is several times
    as fast. The data loaders must run in the main process (``num_workers=0``).

    Args:
        folder: Folder of the features.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def before_train(self, runner: Runner) -> None:
        self._set(runner, runner.train_dataloader)

    def before_val(self, runner: Runner) -> None:
        self._set(runner, runner.val_dataloader)

    def before_test(self, runner: Runner) -> None:
        self._set(runner, runner.test_dataloader)

    def _set(self, runner: Runner, loader: Any) -> None:
        dataset = loader.dataset
        if dataset.features is None:
            model = runner.model.module if is_model_wrapper(runner.model) else runner.model
            set_frozen_features(model, dataset, self.folder)
