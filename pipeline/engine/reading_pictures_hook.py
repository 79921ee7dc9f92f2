"""Pictures of what the recognizer reads while it learns."""

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
    """Draws crops with their gold and predicted text into the visualizer.

    In training some crops of the current batch are read every ``interval`` iterations, in
    evaluation mode (``train_readings``); in validation the first batch is drawn with the
    predictions that it has anyway (``val_readings``). In scene runs the photo of the first crop
    stands above. Runs without texts, such as a detector's, draw nothing.

    Args:
        interval: Iterations between two pictures in training.
        max_words: Crops of a picture.
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
        """Read and draw a part of the batch."""
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
            [_as_picture(crop) for crop in batch['inputs']],
            [sample.gt_text.item for sample in batch['data_samples']],
            [sample.pred_text.item for sample in samples],
            _first_photo(batch),
        )
        # No slash in the name: MMEngine's local files would go to a folder that is not there.
        runner.visualizer.add_image(name, sheet[..., ::-1], step=step)


def take_words(batch: dict[str, Any], count: int) -> dict[str, Any]:
    """The first words of a scene batch, with the photos that they come from.

    Args:
        batch: What a loader gave; it stays as it is.
        count: Words to keep, at most.
    """
    part: dict[str, Any] = {
        key: batch[key][:count] for key in ('inputs', 'data_samples', 'image_index') if key in batch
    }
    if 'image_index' in batch:
        photos = int(part['image_index'].max()) + 1  # photos are numbered in the words' order
        if not photos:
            del part['image_index']
        else:
            part.update({key: batch[key][:photos] for key in _SCENE_KEYS[:2] if key in batch})
    return part


def _has_texts(batch: Any) -> bool:
    samples: Any = batch.get('data_samples') if isinstance(batch, dict) else None
    return bool(samples) and 'gt_text' in samples[0]


def _as_picture(crop: Tensor) -> np.ndarray:
    picture = crop.detach().cpu().permute(1, 2, 0).to(torch.uint8).numpy()
    return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture


def _first_photo(batch: dict[str, Any]) -> np.ndarray | None:
    """The photo of the first word that has one, out of the batch or from its file."""
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
