"""Text detector around any MMOCR detector: images in, word polygons out."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModule
from mmengine.registry import DefaultScope
from mmocr.models.textdet.heads import DBHead
from torch import Tensor, nn

from pipeline.detection.batch_norm_folding import fold_batch_norm
from pipeline.detection.db_word_postprocessor import DBWordPostprocessor
from pipeline.detection.db_words import DBWords
from pipeline.detection.detection_samples import make_samples, to_polygons
from pipeline.detection.detections import Detections
from pipeline.detection.image_pyramid import ImagePyramid, Prediction
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

    def prepare_to_read(self) -> None:
        """Fold the batch norms into the convolutions, in place, for fast inference.

        The weights must be loaded. The converted detector cannot be trained or saved.
        """
        self.eval()
        fold_batch_norm(self)

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

    @torch.no_grad()
    def find_faint(self, image: np.ndarray) -> list[Detections]:
        """Words with low thresholds at each size, of an image (H, W, 3) uint8 BGR.

        Empty for detectors other than a DBNet with the postprocessor of this package.
        """
        words = self._words
        if words is None:
            return []
        return self.pyramid.detect_each(image, partial(self._find, words.fainter()))

    @torch.no_grad()
    def find_at_scale(self, image: np.ndarray, scale: float) -> Detections:
        """Words of one pass at a scale, of an image (H, W, 3) uint8 BGR."""
        return self.pyramid.detect_at_scale(image, scale, self._predict)

    @property
    def _words(self) -> DBWords | None:
        """Postprocessor of a DBNet of this package, or None."""
        head = getattr(self.detector, 'det_head', None)
        postprocessor = head.postprocessor if isinstance(head, DBHead) else None
        return postprocessor.words if isinstance(postprocessor, DBWordPostprocessor) else None

    def _predict(
        self, images: list[np.ndarray], ori_shapes: list[tuple[int, int]]
    ) -> list[Prediction]:
        words = self._words
        if words is not None:
            return self._find(words, images, ori_shapes)
        data = self._preprocess(images, ori_shapes)
        found = to_polygons(self.detector(data['inputs'], data['data_samples'], mode='predict'))
        return [Prediction(*each) for each in found]

    def _find(
        self, words: DBWords, images: list[np.ndarray], ori_shapes: list[tuple[int, int]]
    ) -> list[Prediction]:
        """Words of a DBNet of this package, with its maps on the CPU.

        Without maps all passes search whole images. A GPU reads them in large batches, which small
        regions of many sizes would split; the time was not measured.
        """
        data = self._preprocess(images, ori_shapes)
        features = self.detector.extract_feat(data['inputs'])
        logits = self.detector.det_head.binarize(features)[:, 0]
        on_cpu = logits.device.type == 'cpu'
        maps = logits.float().sigmoid().cpu().numpy()
        return [
            Prediction(*words.in_image(prob_map, size), prob_map if on_cpu else None)
            for prob_map, size in zip(maps, ori_shapes)
        ]

    def _preprocess(
        self, images: list[np.ndarray], ori_shapes: list[tuple[int, int]]
    ) -> dict[str, Any]:
        samples = make_samples([image.shape for image in images], ori_shapes)
        preprocess = self.detector.data_preprocessor
        # BaseDataPreprocessor.to() is not called when a plain parent nn.Module is moved.
        device = next(self.detector.parameters()).device
        preprocess.to(device)
        batch = to_device(np.stack(images), device).permute(0, 3, 1, 2)
        return preprocess(dict(inputs=list(batch), data_samples=samples), False)


def _to_float32(module: nn.Module, args: Any, output: Any) -> Any:
    """Convert half-precision outputs of a head, also inside tuples, lists and dictionaries."""
    if isinstance(output, Tensor):
        return output.float() if output.dtype in (torch.bfloat16, torch.float16) else output
    if isinstance(output, dict):
        return {name: _to_float32(module, args, value) for name, value in output.items()}
    if isinstance(output, (tuple, list)):
        return type(output)(_to_float32(module, args, value) for value in output)
    return output
