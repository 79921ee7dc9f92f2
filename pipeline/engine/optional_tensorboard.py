"""TensorBoard backend that is skipped if TensorBoard is not installed."""

from __future__ import annotations

import importlib.util
import logging
from typing import Any

from mmengine.logging import print_log
from mmengine.registry import VISBACKENDS
from mmengine.visualization import TensorboardVisBackend


@VISBACKENDS.register_module()
class OptionalTensorboardVisBackend(TensorboardVisBackend):
    """MMEngine's ``TensorboardVisBackend``, which does nothing if TensorBoard is not installed.

    It then logs one warning when the first value is recorded.

    Args:
        save_dir: Folder of the event files; the Runner's ``vis_data`` by default.
    """

    def __init__(self, save_dir: str) -> None:
        super().__init__(save_dir)
        self._missing = importlib.util.find_spec('tensorboard') is None
        self._warned = False

    def add_config(self, config: Any, **kwargs: Any) -> None:
        """Record the config, if TensorBoard is installed."""
        if not self._skip():
            super().add_config(config, **kwargs)

    def add_image(self, name: str, image: Any, step: int = 0, **kwargs: Any) -> None:
        """Record an (H, W, 3) RGB image, if TensorBoard is installed."""
        if not self._skip():
            super().add_image(name, image, step, **kwargs)

    def add_scalar(self, name: str, value: Any, step: int = 0, **kwargs: Any) -> None:
        """Record a number, if TensorBoard is installed."""
        if not self._skip():
            super().add_scalar(name, value, step, **kwargs)

    def add_scalars(
        self, scalar_dict: dict, step: int = 0, file_path: str | None = None, **kwargs: Any
    ) -> None:
        """Record numbers, if TensorBoard is installed."""
        if not self._skip():
            super().add_scalars(scalar_dict, step, file_path, **kwargs)

    def _skip(self) -> bool:
        if self._missing and not self._warned:
            self._warned = True
            print_log(
                'TensorBoard is not installed, so curves and images are only written to '
                'vis_data/. To view them: pip install tensorboard',
                logger='current',
                level=logging.WARNING,
            )
        return self._missing
