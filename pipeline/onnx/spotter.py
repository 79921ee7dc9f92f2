"""The spotter in ONNX Runtime, without torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.detection.db_words import DBWords
from pipeline.detection.image_pyramid import ImagePyramid
from pipeline.onnx.manifest import read_manifest
from pipeline.onnx.network import OnnxNetwork
from pipeline.recognition.crop_groups import group_by_size
from pipeline.recognition.ctc_reader import CTCReader, Reading
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.recognition.language.rescorer import LanguageModelRescorer, read_ctc
from pipeline.rectification.rectifier import Rectifier
from pipeline.spotter import TextSpotter
from pipeline.spotter_settings import check_settings
from pipeline.word_reading import CropBatch

DEFAULT_FOLDER = Path(__file__).parents[1] / 'weights' / 'onnx'
"""The embedded default, exported."""


class OnnxTextSpotter(TextSpotter):
    """A :class:`TextSpotter` from a folder that ``clipter export`` has written.

    The networks take uint8 images: padding and normalization are part of their graphs.

    Args:
        folder: Folder with ``spotter.json`` and its networks.
        threads: Number of threads per network call. None uses one per core.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file cannot be used.
    """

    def __init__(self, folder: str | os.PathLike[str], threads: int | None = None) -> None:
        manifest = read_manifest(folder)
        check_settings(manifest['min_score'], manifest['crop_batch_size'])
        self.min_score = manifest['min_score']
        self.crop_batch_size = manifest['crop_batch_size']
        self.rectifier = Rectifier(**manifest['rectifier'])
        self.detector = OnnxDetector(Path(folder), manifest['detector'], threads)
        self.recognizer = OnnxCTCRecognizer(Path(folder), manifest['recognizer'], threads)

    @classmethod
    def default(cls, threads: int | None = None) -> OnnxTextSpotter:  # type: ignore[override]
        """The embedded default."""
        return cls(DEFAULT_FOLDER, threads)

    def train(self, mode: bool = True) -> OnnxTextSpotter:
        """Return the spotter unchanged: exported networks have no training mode.

        Args:
            mode: Ignored. This method and :meth:`eval` let the same code use either engine.
        """
        return self

    def eval(self) -> OnnxTextSpotter:
        """Return the spotter unchanged; see :meth:`train`."""
        return self

    @property
    def device(self) -> str:
        """``'cpu'``."""
        return 'cpu'

    def encode(self, images: Sequence[np.ndarray]) -> None:
        """Exported spotters have no scene context."""

    def read_oriented(self, crops: CropBatch, context: Any) -> list[Reading]:
        """Readings of M crops, in their order."""
        return self.recognizer.read(crops.crops, self.crop_batch_size)

    @property
    def has_context(self) -> bool:
        """False."""
        return False

    def use_context(self, on: bool) -> None:
        """Raise a ``ValueError`` if context is turned on."""
        if on:
            raise ValueError(
                'this exported recognizer has no scene context. Use a config whose recognizer is '
                "a ContextRecognizer, such as those named '*_clip-*' in configs/."
            )

    @property
    def language_model(self) -> LetterNgrams | None:
        """Language model of the recognizer."""
        return self.recognizer.rescorer.language_model

    @language_model.setter
    def language_model(self, model: LetterNgrams | None) -> None:
        self.recognizer.rescorer.language_model = model

    def _ctc_reader(self) -> CTCReader:
        return self.recognizer.reader


class OnnxDetector:
    """A DBNet in ONNX Runtime.

    Args:
        folder: Folder of the network.
        settings: ``detector`` of the manifest.
        threads: Number of threads.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], threads: int | None) -> None:
        self.network = OnnxNetwork(folder / settings['file'], threads)
        self.pyramid = ImagePyramid(**settings['pyramid'])
        self.words = DBWords(**settings['words'])

    def __call__(self, images: Sequence[np.ndarray]) -> list[Any]:
        """One ``Detections`` per image, (H, W, 3) uint8 BGR."""
        return self.pyramid.detect(images, self._predict)

    def _predict(
        self, images: list[np.ndarray], ori_shapes: list[tuple[int, int]]
    ) -> list[tuple[Sequence[np.ndarray], np.ndarray]]:
        found: list[tuple[Sequence[np.ndarray], np.ndarray]] = []
        for prob_map, (height, width) in zip(self.network(np.stack(images)), ori_shapes):
            polygons, scores = self.words(prob_map)
            scale = np.array(
                [width / prob_map.shape[1], height / prob_map.shape[0]], dtype=np.float32
            )
            found.append(([polygon * scale for polygon in polygons], scores))
        return found


class OnnxCTCRecognizer:
    """A CTC recognizer in ONNX Runtime.

    Args:
        folder: Folder of the network.
        settings: ``recognizer`` of the manifest.
        threads: Number of threads.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], threads: int | None) -> None:
        self.network = OnnxNetwork(folder / settings['file'], threads)
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

    def read(self, crops: Sequence[np.ndarray], batch_size: int) -> list[Reading]:
        """Readings of crops (height, width, 3) uint8 BGR, in their order."""
        readings: list[Reading | None] = [None] * len(crops)
        for rows in group_by_size(crops, batch_size):
            batch = np.stack([crops[row] for row in rows])
            valid = batch.shape[2] / (batch.shape[2] + self.pad_right)
            for row, reading in zip(
                rows, read_ctc(self.reader, self.rescorer, self.network(batch))
            ):
                readings[row] = reading.without_padding(valid)
        return [reading for reading in readings if reading is not None]
