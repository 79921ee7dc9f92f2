"""Detector, recognizer and scene encoder of exported spotters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.detection.db_words import DBWords
from pipeline.detection.image_pyramid import ImagePyramid, Prediction
from pipeline.onnx.network import OnnxNetwork
from pipeline.onnx.openvino_network import OpenVinoNetwork
from pipeline.onnx.thread_share import ThreadShare
from pipeline.recognition.crop_groups import group_by_size
from pipeline.recognition.ctc_reader import CTCReader, Reading
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.recognition.language.rescorer import LanguageModelRescorer, read_ctc

Scene = tuple[np.ndarray, Sequence[int]]
"""Scene tokens (I, S, C), and the index of the image of each crop."""

_OPENVINO_REGION_PX = 128
"""Sides of searched regions are multiples of this, so that OpenVINO compiles for few sizes."""

_LARGEST_BATCH = 4
"""Largest number of crops per call. On a CPU a larger batch saves no time."""


class OnnxDetector:
    """A text detector in ONNX Runtime or OpenVINO.

    The words of a DBNet with the postprocessor of this package need no torch. Other detectors use
    their postprocessor of MMOCR.

    Args:
        folder: Folder of the network.
        settings: ``detector`` of the manifest.
        share: Threads of the network.
        openvino: Whether the network runs in OpenVINO.
    """

    def __init__(
        self, folder: Path, settings: dict[str, Any], share: ThreadShare, openvino: bool = False
    ) -> None:
        kind = OpenVinoNetwork if openvino else OnnxNetwork
        self.network: OnnxNetwork | OpenVinoNetwork = kind(folder / settings['file'], share)
        # A batch of images takes more memory, and as much time per image on a CPU.
        region_px = _OPENVINO_REGION_PX if openvino else None
        self.pyramid = ImagePyramid(
            **{**settings['pyramid'], 'batch_size': 1, 'region_px': region_px}
        )
        self.words: Any = None
        if 'words' in settings:
            self.words = DBWords(**settings['words'])
        else:
            from pipeline.onnx.mmocr_readers import PostprocessedWords

            self._postprocess = PostprocessedWords(settings['postprocessor'])

    def __call__(self, images: Sequence[np.ndarray]) -> list[Any]:
        """One ``Detections`` per image, (H, W, 3) uint8 BGR."""
        return self.pyramid.detect(images, self._predict)

    def find_faint(self, image: np.ndarray) -> list[Any]:
        """``Detections`` with low thresholds at each size, of an image (H, W, 3) uint8 BGR.

        Empty for detectors other than a DBNet with the postprocessor of this package.
        """
        if self.words is None:
            return []
        return self.pyramid.detect_each(image, partial(self._find, self.words.fainter()))

    def find_at_scale(self, image: np.ndarray, scale: float) -> Any:
        """``Detections`` of one pass at a scale, of an image (H, W, 3) uint8 BGR."""
        return self.pyramid.detect_at_scale(image, scale, self._predict)

    def _predict(
        self, images: list[np.ndarray], ori_shapes: list[tuple[int, int]]
    ) -> list[Prediction]:
        if self.words is not None:
            return self._find(self.words, images, ori_shapes)
        batch = np.stack(images)
        found = self._postprocess(self.network.run([batch]), batch.shape[1:3], ori_shapes)
        return [Prediction(*words) for words in found]

    def _find(
        self, words: DBWords, images: list[np.ndarray], ori_shapes: list[tuple[int, int]]
    ) -> list[Prediction]:
        maps = self.network(np.stack(images))
        return [
            Prediction(*words.in_image(prob_map, size), prob_map)
            for prob_map, size in zip(maps, ori_shapes)
        ]


class OnnxRecognizer(ABC):
    """A recognizer in ONNX Runtime or OpenVINO.

    Args:
        folder: Folder of the network.
        settings: ``recognizer`` of the manifest.
        share: Threads, each of which reads other crops.
        openvino: Whether the network runs in OpenVINO.
    """

    rescorer: LanguageModelRescorer | None = None

    def __init__(
        self, folder: Path, settings: dict[str, Any], share: ThreadShare, openvino: bool = False
    ) -> None:
        file = folder / settings['file']
        self.network: OnnxNetwork | OpenVinoNetwork
        if openvino:
            self.network = OpenVinoNetwork(file, share, streams=share.threads)
        else:
            self.network = OnnxNetwork(file, threads=1)
        self.share = share

    def read(
        self, crops: Sequence[np.ndarray], batch_size: int, scene: Scene | None = None
    ) -> list[Reading]:
        """Readings of crops (height, width, 3) uint8 BGR, in their order.

        Args:
            crops: Crops in the recognizer's sizes.
            batch_size: Maximum number of crops per call of the network.
            scene: Scenes of the crops, or None without scene context.
        """

        def read_batch(rows: list[int]) -> list[Reading]:
            batch = np.stack([crops[row] for row in rows])
            inputs = [batch]
            if scene is not None:
                inputs += [scene[0], np.array([scene[1][row] for row in rows], dtype=np.int64)]
            return self._read(self.network(*inputs), batch)

        # Small batches, the widest first, keep all threads busy until the end.
        batches = group_by_size(crops, min(batch_size, _LARGEST_BATCH))[::-1]
        readings: dict[int, Reading] = {}
        for rows, read in zip(batches, self.share.map(read_batch, batches)):
            readings.update(zip(rows, read))
        return [readings[row] for row in range(len(crops))]

    @abstractmethod
    def _read(self, output: np.ndarray, crops: np.ndarray) -> list[Reading]:
        """Readings of a batch: the output of the network and its crops."""


class OnnxCTCRecognizer(OnnxRecognizer):
    """A recognizer with a ``CTCDecoder``."""

    rescorer: LanguageModelRescorer

    def __init__(
        self, folder: Path, settings: dict[str, Any], share: ThreadShare, openvino: bool = False
    ) -> None:
        super().__init__(folder, settings, share, openvino)
        self.reader = CTCReader(
            settings['characters'],
            settings['blank'],
            settings['word_break'],
            settings['unwritten'],
        )
        self.pad_right = settings['pad_right']
        language = settings.get('language_model')
        self.rescorer = LanguageModelRescorer(
            settings['characters'],
            self.reader.unwritten,
            None if language is None else LetterNgrams(**language),
            settings.get('lm_weight', 0.4),
            settings.get('rescore_below', 0.9),
        )

    def _read(self, output: np.ndarray, crops: np.ndarray) -> list[Reading]:
        valid = crops.shape[2] / (crops.shape[2] + self.pad_right)
        readings = read_ctc(self.reader, self.rescorer, output)
        return [reading.without_padding(valid) for reading in readings]


class OnnxPostprocessedRecognizer(OnnxRecognizer):
    """A recognizer with a postprocessor of MMOCR, which requires torch."""

    def __init__(self, folder: Path, settings: dict[str, Any], share: ThreadShare) -> None:
        super().__init__(folder, settings, share)
        from pipeline.onnx.mmocr_readers import PostprocessedTexts

        self._postprocess = PostprocessedTexts(
            settings['postprocessor'], settings['dictionary'], folder
        )

    def _read(self, output: np.ndarray, crops: np.ndarray) -> list[Reading]:
        return self._postprocess(output, crops.shape[1:3])


class OnnxSceneEncoder:
    """A CLIP image encoder in ONNX Runtime.

    Args:
        folder: Folder of the network.
        settings: ``context`` of the manifest.
        share: Threads of the network.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], share: ThreadShare) -> None:
        self.network = OnnxNetwork(folder / settings['file'], share)
        self.height, self.width = settings['size']
        self.interpolation = Image.Resampling[settings['interpolation'].upper()]
        self.batch_size = settings['batch_size']

    def __call__(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Scene tokens (I, S, C) of at least one image, (H, W, 3) uint8 BGR."""
        # Pillow's resampling is what torchvision does for uint8 images with antialias=True.
        resized = [
            np.asarray(
                Image.fromarray(np.ascontiguousarray(image[..., ::-1])).resize(
                    (self.width, self.height), self.interpolation
                )
            )
            for image in images
        ]
        starts = range(0, len(resized), self.batch_size)
        return np.concatenate(
            [self.network(np.stack(resized[start : start + self.batch_size])) for start in starts]
        )
