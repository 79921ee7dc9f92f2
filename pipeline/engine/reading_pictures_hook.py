"""Images of the recognizer's predictions during training."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor

from pipeline.io import ImageReadError, read_image
from pipeline.registry import HOOKS
from pipeline.visualization.draw_readings import draw_readings

_SCENE_KEYS = ('images', 'context_tokens', 'image_index')


@HOOKS.register_module()
class ReadingPicturesHook(Hook):
    """Draws crops with their ground-truth and predicted texts for the visualizer.

    In training, every ``interval`` iterations some crops of the current batch are recognized in
    evaluation mode (``train_readings``). In validation, the first batch is drawn with its
    predictions (``val_readings``). If crops have images, the image of the first crop is drawn
    above. Runs without texts, such as a detector's, draw nothing.

    Args:
        interval: Number of training iterations between two drawings.
        max_words: Maximum number of crops per drawing.
    """

    priority = 'LOW'

    def __init__(self, interval: int = 1000, max_words: int = 16) -> None:
        if interval < 1 or max_words < 1:
            raise ValueError(
                f'interval and max_words must be at least 1, got {interval} and {max_words}.'
            )
        self.interval = interval
        self.max_words = max_words

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Recognize and draw a part of the batch."""
        if not self.every_n_train_iters(runner, self.interval) or not is_main_process():
            return
        if not _has_texts(data_batch):
            return
        batch = take_words(data_batch, self.max_words)
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        was_training = model.training
        model.eval()
        try:
            with torch.no_grad():
                samples = model.val_step(copy.deepcopy(batch))
        finally:
            model.train(was_training)
        self._draw(runner, 'train_readings', batch, samples, runner.iter + 1)

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Draw the first batch."""
        if batch_idx == 0 and is_main_process() and _has_texts(data_batch):
            batch = take_words(data_batch, self.max_words)
            samples = list(outputs or [])[: self.max_words]
            self._draw(runner, 'val_readings', batch, samples, runner.iter)

    def _draw(
        self, runner: Runner, name: str, batch: dict[str, Any], samples: Sequence[Any], step: int
    ) -> None:
        sheet = draw_readings(
            [_to_image(crop) for crop in batch['inputs']],
            [sample.gt_text.item for sample in batch['data_samples']],
            [sample.pred_text.item for sample in samples],
            _first_image(batch),
        )
        # The name has no slash, because MMEngine's local backend does not create folders.
        runner.visualizer.add_image(name, sheet[..., ::-1], step=step)


def take_words(batch: dict[str, Any], count: int) -> dict[str, Any]:
    """The first words of a scene batch, with their images.

    Args:
        batch: Batch of a dataloader, which is not modified.
        count: Maximum number of words.
    """
    part: dict[str, Any] = {
        key: batch[key][:count] for key in ('inputs', 'data_samples', 'image_index') if key in batch
    }
    if 'image_index' in batch:
        images = int(part['image_index'].max()) + 1  # images are numbered in the order of words
        if not images:
            del part['image_index']
        else:
            part.update({key: batch[key][:images] for key in _SCENE_KEYS[:2] if key in batch})
    return part


def _has_texts(batch: Any) -> bool:
    samples: Any = batch.get('data_samples') if isinstance(batch, dict) else None
    return bool(samples) and 'gt_text' in samples[0]


def _to_image(crop: Tensor) -> np.ndarray:
    image = crop.detach().cpu().permute(1, 2, 0).to(torch.uint8).numpy()
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def _first_image(batch: dict[str, Any]) -> np.ndarray | None:
    """The image of the first word that has one, from the batch or from its file."""
    if 'image_index' not in batch:
        return None
    if 'images' in batch:
        return np.asarray(batch['images'][0])
    first = int((batch['image_index'] >= 0).nonzero()[0])
    path = batch['data_samples'][first].get('img_path')
    try:
        return None if path is None else read_image(path)
    except ImageReadError:
        return None
