"""Text detector around any MMOCR detector: images in, word polygons out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.model import BaseModule
from mmengine.registry import DefaultScope
from mmocr.structures import TextDetDataSample
from torch import Tensor, nn

from pipeline.detection.detections import Detections, merge_detections
from pipeline.detection.quantize.batch_norm_folding import fold_batch_norm
from pipeline.detection.quantize.int8 import can_quantize, quantize_detector
from pipeline.detection.quantize.int8_ranges import Ranges
from pipeline.geometry import order_ring
from pipeline.registry import MODELS


@MODELS.register_module()
class TextDetector(BaseModule):
    """Find the words of images with any MMOCR text detector.

    Images are resized to a long side of ``long_side_px``, with both sides multiples of
    ``divisor``. Polygons are returned at the scale of the original image.
    ``coarse_long_sides_px`` adds an image pyramid: further passes at smaller sizes find words
    that exceed the network's receptive field at full size. :func:`merge_detections` resolves
    overlaps between the passes.

    Args:
        detector: Config of an MMOCR text detector with its ``data_preprocessor``, or a built
            detector.
        long_side_px: Long side of the network input in the first pass.
        coarse_long_sides_px: Long sides of the further passes, in decreasing order. A pass is
            skipped for images that are not larger than this in the first pass.
        coarse_min_side_px: Minimum short side of words from a coarse pass, in pixels of that
            pass. Smaller words are taken from the finer passes only.
        max_upscale: Maximum factor by which small images are enlarged.
        divisor: Both sides of the network input are multiples of this.
        min_score: Words with a lower score are dropped.
        batch_size: Maximum number of images per forward pass, which bounds the memory. DRRG
            requires 1.
        init_cfg: MMEngine's initialization config, for example a checkpoint to load.

    Raises:
        ValueError: If a size or factor is not positive, or the long sides do not decrease.
    """

    def __init__(
        self,
        detector: dict[str, Any] | nn.Module,
        long_side_px: int = 1280,
        coarse_long_sides_px: Sequence[int] = (),
        coarse_min_side_px: float = 18.0,
        max_upscale: float = 2.0,
        divisor: int = 32,
        min_score: float = 0.0,
        batch_size: int = 8,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if long_side_px < divisor or divisor < 1 or max_upscale <= 0 or batch_size < 1:
            raise ValueError(
                'wanted long_side_px >= divisor >= 1, max_upscale > 0 and batch_size >= 1, got '
                f'long_side_px={long_side_px}, divisor={divisor}, max_upscale={max_upscale}, '
                f'batch_size={batch_size}'
            )
        sizes = [long_side_px, *coarse_long_sides_px]
        if sorted(set(sizes), reverse=True) != sizes or sizes[-1] < divisor:
            raise ValueError(
                'wanted coarse_long_sides_px that decrease from long_side_px and are at least '
                f'divisor, got {list(coarse_long_sides_px)} with long_side_px={long_side_px} and '
                f'divisor={divisor}'
            )
        # MMOCR's detectors build their data_preprocessor in the current default scope.
        # The type is Any because nn.Module does not declare data_preprocessor.
        with DefaultScope.overwrite_default_scope('mmocr'):
            self.detector: Any = MODELS.build(detector) if isinstance(detector, dict) else detector
        self.long_side_px = long_side_px
        self.coarse_long_sides_px = tuple(coarse_long_sides_px)
        self.coarse_min_side_px = coarse_min_side_px
        self.max_upscale = max_upscale
        self.divisor = divisor
        self.min_score = min_score
        self.reads_in_int8 = False
        self.batch_size = batch_size

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
        found = self._search(images, self.long_side_px)
        for size in self.coarse_long_sides_px:
            rows = [
                i
                for i, image in enumerate(images)
                if max(self.working_size(*image.shape[:2])) > size
            ]
            for i, coarse in zip(rows, self._search([images[i] for i in rows], size)):
                shrunk = size / max(images[i].shape[:2])
                found[i] = merge_detections(found[i], coarse, self.coarse_min_side_px / shrunk)
        return found

    def _search(self, images: Sequence[np.ndarray], long_side_px: int) -> list[Detections]:
        resized = [self._resize(image, long_side_px) for image in images]
        results: list[Detections | None] = [None] * len(images)
        by_size: dict[tuple[int, ...], list[int]] = {}
        for i, image in enumerate(resized):
            by_size.setdefault(image.shape[:2], []).append(i)
        batches = [
            same[start : start + self.batch_size]
            for same in by_size.values()
            for start in range(0, len(same), self.batch_size)
        ]
        for rows in batches:
            predictions = self._predict(
                [resized[i] for i in rows], [images[i].shape[:2] for i in rows]
            )
            for i, sample in zip(rows, predictions):
                results[i] = self._collect(sample, images[i].shape[:2])
        return [result for result in results if result is not None]

    def working_size(
        self, height: int, width: int, long_side_px: int | None = None
    ) -> tuple[int, int]:
        """Network input (height, width) for an image of this size.

        Args:
            height: Height of the image in pixels.
            width: Width of the image in pixels.
            long_side_px: Long side of the pass. None selects the first pass.
        """
        scale = min((long_side_px or self.long_side_px) / max(height, width), self.max_upscale)

        def rounded(side: int) -> int:
            return max(self.divisor, round(side * scale / self.divisor) * self.divisor)

        return rounded(height), rounded(width)

    def _resize(self, image: np.ndarray, long_side_px: int) -> np.ndarray:
        own_height, own_width = image.shape[:2]
        height, width = self.working_size(own_height, own_width, long_side_px)
        if (height, width) == (own_height, own_width):
            return image
        shrinks = height * width < own_height * own_width
        interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return cv2.resize(image, (width, height), interpolation=interpolation)

    def _predict(
        self, images: list[np.ndarray], ori_shapes: list[tuple[int, int]]
    ) -> list[TextDetDataSample]:
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
        return self.detector(data['inputs'], data['data_samples'], mode='predict')

    def _collect(self, sample: TextDetDataSample, ori_shape: tuple[int, int]) -> Detections:
        found = sample.pred_instances
        scores = np.asarray(torch.as_tensor(found.scores).cpu(), dtype=np.float32).reshape(-1)
        polygons, kept = [], []
        for polygon, score in zip(found.polygons, scores):
            points = np.asarray(polygon, dtype=np.float32).reshape(-1, 2)
            if score < self.min_score or len(points) < 4 or not np.isfinite(points).all():
                continue
            polygons.append(order_ring(points))
            kept.append(score)
        return Detections(polygons, np.array(kept, dtype=np.float32))
