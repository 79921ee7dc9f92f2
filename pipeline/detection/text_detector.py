"""Text detector around any MMOCR detector: images in, word polygons out."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModule
from mmengine.registry import DefaultScope
from mmocr.structures import TextDetDataSample
from torch import Tensor, nn

from pipeline.detection.detections import Detections
from pipeline.detection.image_pyramid import ImagePyramid
from pipeline.detection.quantize.batch_norm_folding import fold_batch_norm
from pipeline.detection.quantize.int8 import can_quantize, quantize_detector
from pipeline.detection.quantize.int8_ranges import Ranges
from pipeline.registry import MODELS


@MODELS.register_module()
class TextDetector(BaseModule):
    """Finds the words of images with any MMOCR text detector, at one or several sizes.

    Args:
        detector: Config of an MMOCR text detector with its ``data_preprocessor``, or a built
            detector. DRRG requires ``batch_size=1``.
        init_cfg: MMEngine's initialization config, for example a checkpoint to load.
        **pyramid: Arguments of :class:`ImagePyramid`: sizes, batch size, lowest score.

    Raises:
        ValueError: If an argument of the pyramid is invalid.
    """

    def __init__(
        self,
        detector: dict[str, Any] | nn.Module,
        init_cfg: dict[str, Any] | None = None,
        **pyramid: Any,
    ) -> None:
        super().__init__(init_cfg)
        self.pyramid = ImagePyramid(**pyramid)
        # MMOCR's detectors build their data_preprocessor in the current default scope.
        # The type is Any because nn.Module does not declare data_preprocessor.
        with DefaultScope.overwrite_default_scope('mmocr'):
            self.detector: Any = MODELS.build(detector) if isinstance(detector, dict) else detector
        self.reads_in_int8 = False

    def prepare_to_read(
        self, device: str | torch.device = 'cpu', int8_ranges: Ranges | None = None
    ) -> None:
        """Convert the detector, with its weights loaded, for fast inference, in place.

        Batch norm is folded into the convolutions (``fold_batch_norm``). On an x86 CPU, a DBNet
        with ``int8_ranges`` is quantized to 8-bit integers (``quantize_detector``). The converted
        detector cannot be trained or saved, and a quantized detector runs on the CPU only.

        Args:
            device: Device that inference will run on.
            int8_ranges: Activation ranges that ``measure_ranges`` returned for the current
                weights. With None the detector stays in floats. If the ranges do not fit the
                network, the detector stays in floats and a warning is issued.
        """
        self.eval()
        fold_batch_norm(self)
        if not int8_ranges or torch.device(device).type != 'cpu' or not can_quantize():
            return
        try:
            quantize_detector(self, int8_ranges)
            self.reads_in_int8 = True
        except (ValueError, RuntimeError, AttributeError) as error:  # torch's API may change
            warnings.warn(f'the detector computes in floats, half as fast: {error}', stacklevel=2)

    @torch.no_grad()
    def forward(self, images: Sequence[np.ndarray]) -> list[Detections]:
        """Detect words.

        Args:
            images: Images, each (H, W, 3) uint8 BGR. Images with the same working size run in
                one batch.

        Returns:
            One ``Detections`` per image, in input order.
        """
        return self.pyramid.detect(images, self._predict)

    def _predict(
        self, images: list[np.ndarray], ori_shapes: list[tuple[int, int]]
    ) -> list[tuple[Sequence[np.ndarray], np.ndarray]]:
        inputs: list[Tensor] = []
        samples = []
        for image, ori_shape in zip(images, ori_shapes):
            inputs.append(torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))))
            shape = image.shape[:2]
            sample = TextDetDataSample()
            sample.set_metainfo(
                dict(
                    img_shape=shape,
                    ori_shape=ori_shape,
                    pad_shape=shape,
                    batch_input_shape=shape,
                    scale_factor=(shape[1] / ori_shape[1], shape[0] / ori_shape[0]),
                )
            )
            samples.append(sample)
        preprocess = self.detector.data_preprocessor
        # BaseDataPreprocessor.to() is not called when a plain parent nn.Module is moved.
        device = next(self.detector.parameters()).device
        if self.reads_in_int8 and device.type != 'cpu':
            raise RuntimeError(
                'this detector computes in 8-bit integers, which requires the CPU, but was moved '
                f'to {device}. Pass the device to TextSpotter.from_config, or int8=False.'
            )
        preprocess.to(device)
        data = preprocess(dict(inputs=inputs, data_samples=samples), False)
        found: list[tuple[Sequence[np.ndarray], np.ndarray]] = []
        for sample in self.detector(data['inputs'], data['data_samples'], mode='predict'):
            scores = torch.as_tensor(sample.pred_instances.scores).cpu()
            found.append(
                (sample.pred_instances.polygons, np.asarray(scores, dtype=np.float32).reshape(-1))
            )
        return found
