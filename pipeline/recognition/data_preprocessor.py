"""Batching and normalization of word crops."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from pipeline.registry import MODELS


@MODELS.register_module()
class CropDataPreprocessor(BaseDataPreprocessor):
    """Stack word crops, convert their channel order and normalize them.

    Crops are BGR, as loaded by OpenCV and MMOCR's transforms. Unlike MMOCR's preprocessor, this
    class requires no metainfo, because the crops already have the recognizer's size. It sets
    ``batch_input_shape``. It also sets ``valid_ratio``, which some of MMOCR's encoders require,
    to 1 if no transform has set it.

    Args:
        bgr_to_rgb: Whether to reverse the channels. Required: a wrong value lowers accuracy
            without an error.
        mean: Mean of each channel, 0-255 scale, in the order after ``bgr_to_rgb``.
        std: Standard deviation of each channel. The defaults map 0-255 to [-1, 1].
        pad_right: Number of zero columns that are added at the right after normalization.
            Recognizers that were trained on padded crops misread the last characters of unpadded
            crops. ``valid_ratio`` is multiplied by the fraction of the width that is crop.

    Raises:
        ValueError: If ``pad_right`` is negative.
    """

    def __init__(
        self,
        bgr_to_rgb: bool,
        mean: Sequence[float] = (127.5, 127.5, 127.5),
        std: Sequence[float] = (127.5, 127.5, 127.5),
        pad_right: int = 0,
    ) -> None:
        super().__init__()
        if pad_right < 0:
            raise ValueError(f'pad_right must be at least 0, got {pad_right}.')
        self.pad_right = pad_right
        self.bgr_to_rgb = bgr_to_rgb
        self.register_buffer('mean', torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer('std', torch.tensor(std).view(-1, 1, 1), persistent=False)

    def forward(self, data: dict, training: bool = False) -> dict:
        """Make one normalized batch.

        Args:
            data: ``inputs``, a list of (3, H, W) crops or one (N, 3, H, W) tensor, 0-255; and
                ``data_samples``, a list or None.
            training: Not used; part of MMEngine's interface.

        Returns:
            ``inputs`` (N, 3, H, W) float32 and ``data_samples``.

        Raises:
            ValueError: If the crops differ in size or do not have three channels.
        """
        data = self.cast_data(data)
        crops = data['inputs']
        if not isinstance(crops, Tensor):
            sizes = {tuple(crop.shape) for crop in crops}
            if len(sizes) > 1:
                raise ValueError(
                    f'All crops of a batch need the same size, got {sorted(sizes)}. Resize them in '
                    'the data pipeline or rectifier.'
                )
            crops = torch.stack(list(crops))
        if crops.dim() != 4 or crops.size(1) != len(self.mean):
            raise ValueError(
                f'Wanted crops of shape ({len(self.mean)}, H, W), got {tuple(crops.shape[1:])}. '
                'Load images in color.'
            )
        crops = crops.float()
        if self.bgr_to_rgb:
            crops = crops.flip(1)
        crops = (crops - self.mean) / self.std
        width = crops.size(-1)
        if self.pad_right:
            crops = F.pad(crops, (0, self.pad_right))
        data_samples = data.get('data_samples')
        for data_sample in data_samples or []:
            data_sample.set_metainfo(
                {
                    'batch_input_shape': tuple(crops.shape[-2:]),
                    'valid_ratio': data_sample.get('valid_ratio', 1.0) * width / crops.size(-1),
                }
            )
        return {'inputs': crops, 'data_samples': data_samples}
