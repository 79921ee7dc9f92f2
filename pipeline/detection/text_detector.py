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
from torch import Tensor, nn

from pipeline.detection.detection_samples import make_samples, to_polygons
from pipeline.detection.detections import Detections
from pipeline.detection.image_pyramid import ImagePyramid
from pipeline.detection.quantize.batch_norm_folding import fold_batch_norm
from pipeline.detection.quantize.int8 import can_quantize, quantize_detector
from pipeline.detection.quantize.int8_ranges import Ranges
from pipeline.registry import MODELS
from pipeline.utils.transfer import to_device


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
        head = getattr(self.detector, 'det_head', None)
        if head is not None:  # MMOCR's postprocessors convert the output to NumPy
            head.register_forward_hook(_to_float32)
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
        samples = make_samples([image.shape for image in images], ori_shapes)
        preprocess = self.detector.data_preprocessor
        # BaseDataPreprocessor.to() is not called when a plain parent nn.Module is moved.
        device = next(self.detector.parameters()).device
        if self.reads_in_int8 and device.type != 'cpu':
            raise RuntimeError(
                'this detector computes in 8-bit integers, which requires the CPU, but was moved '
                f'to {device}. Pass the device to TextSpotter.from_config, or int8=False.'
            )
        preprocess.to(device)
        batch = to_device(np.stack(images), device).permute(0, 3, 1, 2)
        data = preprocess(dict(inputs=list(batch), data_samples=samples), False)
        return to_polygons(self.detector(data['inputs'], data['data_samples'], mode='predict'))


def _to_float32(module: nn.Module, args: Any, output: Any) -> Any:
    """Convert half-precision outputs of a head, also inside tuples, lists and dictionaries."""
    if isinstance(output, Tensor):
        return output.float() if output.dtype in (torch.bfloat16, torch.float16) else output
    if isinstance(output, dict):
        return {name: _to_float32(module, args, value) for name, value in output.items()}
    if isinstance(output, (tuple, list)):
        return type(output)(_to_float32(module, args, value) for value in output)
    return output
