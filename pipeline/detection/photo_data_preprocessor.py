"""Image preprocessing for text detectors, in place at inference."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

import torch
from mmengine.model import stack_batch
from mmocr.models.textdet.data_preprocessors import TextDetDataPreprocessor

from pipeline.registry import MODELS


@MODELS.register_module()
class PhotoDataPreprocessor(TextDetDataPreprocessor):
    """MMOCR's ``TextDetDataPreprocessor``, twice as fast at inference.

    Arguments and results are the same. MMOCR's class makes five copies of each image; this class
    computes in place.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """Make one normalized batch.

        Args:
            data: ``inputs``, a list of (3, H, W) images, 0-255; and ``data_samples``, a list or
                None. ``batch_input_shape`` is set in each sample.
            training: Whether to call MMOCR's method, which augments.

        Returns:
            ``inputs`` (I, 3, H', W') float32, padded to one size that is a multiple of
            ``pad_size_divisor``, and ``data_samples``.
        """
        if training or isinstance(data['inputs'], torch.Tensor):
            return super().forward(data, training)
        data = self.cast_data(data)
        images = []
        for image in data['inputs']:
            flipped = image.flip(0) if self._channel_conversion else image
            values = flipped.to(torch.float32, copy=True)
            if self._enable_normalize:
                values.sub_(self.mean).div_(self.std)
            images.append(values)
        sides = images[0].shape[-2:]
        if len(images) == 1 and not any(side % self.pad_size_divisor for side in sides):
            inputs = images[0][None]
        else:
            inputs = stack_batch(images, self.pad_size_divisor, self.pad_value)
        for sample in data['data_samples'] or []:
            sample.set_metainfo({'batch_input_shape': tuple(inputs.shape[-2:])})
        return {'inputs': inputs, 'data_samples': data['data_samples']}
