"""The spotter in ONNX Runtime and OpenVINO, without torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.decisions.outline_voting import VOTE_BELOW
from pipeline.onnx.manifest import read_manifest
from pipeline.onnx.parts import (
    OnnxCTCRecognizer,
    OnnxDetector,
    OnnxPostprocessedRecognizer,
    OnnxRecognizer,
    OnnxSceneEncoder,
)
from pipeline.onnx.thread_share import ThreadShare
from pipeline.recognition.ctc_reader import CTCReader, Reading
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.rectification.rectifier import Rectifier
from pipeline.spotter import TextSpotter
from pipeline.spotter_settings import check_settings
from pipeline.structures import ImageWords
from pipeline.utils.cores import multiplies_bfloat16
from pipeline.utils.freed_memory import release_freed_memory
from pipeline.word_reading import CropBatch

DEFAULT_FOLDER = Path(__file__).parents[1] / 'weights' / 'onnx'
"""The embedded default, exported."""

_NO_SCENE = [np.zeros((1, 1, 3), dtype=np.uint8)]


class OnnxTextSpotter(TextSpotter):
    """A :class:`TextSpotter` from a folder that ``clipter export`` has written.

    The networks take uint8 images: padding and normalization are part of their graphs.

    Args:
        folder: Folder with ``spotter.json`` and its networks.
        threads: Number of threads, divided among the batches that are read at the same time. None
            uses one per core.
        openvino: Whether the detector runs in OpenVINO. A recognizer with a ``CTCDecoder`` and
            without scene context does too, if bfloat16 is fast on the processor. All other parts
            run in ONNX Runtime: OpenVINO compiles its kernels for each input size, and crops have
            many sizes.

    Raises:
        FileNotFoundError: If a file is missing.
        ImportError: If OpenVINO is asked for and not installed.
        ValueError: If a file cannot be used.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        threads: int | None = None,
        openvino: bool = False,
    ) -> None:
        manifest = read_manifest(folder)
        self.vote_below = manifest.get('vote_below', VOTE_BELOW)
        check_settings(manifest['min_score'], manifest['crop_batch_size'], self.vote_below)
        self._share = ThreadShare(threads)
        self.min_score = manifest['min_score']
        self.crop_batch_size = manifest['crop_batch_size']
        self.rectifier = Rectifier(**manifest['rectifier'])
        settings = manifest['recognizer']
        kind: Callable[..., OnnxRecognizer] = OnnxCTCRecognizer
        if 'postprocessor' in settings:
            kind = OnnxPostprocessedRecognizer
        elif openvino and 'context' not in manifest and multiplies_bfloat16():
            kind = partial(OnnxCTCRecognizer, openvino=True)
        with ThreadPoolExecutor(2) as pool:  # both take long, mostly outside of Python
            detector = pool.submit(
                OnnxDetector, Path(folder), manifest['detector'], self._share, openvino
            )
            recognizer = pool.submit(kind, Path(folder), settings, self._share)
            self.detector, self.recognizer = detector.result(), recognizer.result()
        self.scene_encoder = None
        if 'context' in manifest:
            self.scene_encoder = OnnxSceneEncoder(Path(folder), manifest['context'], self._share)
        release_freed_memory()  # of loading, before the detector allocates its buffers

    @classmethod
    def default(  # type: ignore[override]
        cls, threads: int | None = None, openvino: bool = False
    ) -> OnnxTextSpotter:
        """The embedded default."""
        return cls(DEFAULT_FOLDER, threads, openvino)

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
    def default_workers(self) -> int:
        """Number of threads of the networks."""
        return self._share.threads

    @property
    def device(self) -> str:
        """``'cpu'``."""
        return 'cpu'

    def read_batch(self, images: Iterable[Any]) -> list[ImageWords]:
        """Read images together; see :meth:`TextSpotter.read_batch`."""
        with self._share.batch():
            return super().read_batch(images)

    def _read_given(
        self,
        images: Sequence[np.ndarray],
        polygons: Sequence[Sequence[np.ndarray]],
        context: Any,
    ) -> list[list[tuple[str, float]]]:
        with self._share.batch():
            return super()._read_given(images, polygons, context)

    def encode(self, images: Sequence[np.ndarray]) -> np.ndarray | None:
        """Scene tokens (I, S, C), or None without context."""
        if self.scene_encoder is None or not len(images):
            return None
        return self.scene_encoder(images)

    def read_oriented(self, crops: CropBatch, context: np.ndarray | None) -> list[Reading]:
        """Readings of M crops, in their order."""
        scene = None
        if self.scene_encoder is not None:
            # Crops without a scene have the image index -1; the network requires one scene.
            known = context is not None
            scene = (
                context if known else self.scene_encoder(_NO_SCENE),
                crops.image_index if known else [-1] * len(crops.crops),
            )
        return self.recognizer.read(crops.crops, self.crop_batch_size, scene)

    @property
    def has_context(self) -> bool:
        """Whether the recognizer uses scene context."""
        return self.scene_encoder is not None

    def use_context(self, on: bool) -> None:
        """Raise a ``ValueError`` if context is turned on or off: the export decides."""
        if on and not self.has_context:
            raise ValueError(
                'this exported recognizer has no scene context. Use a config whose recognizer is '
                "a ContextRecognizer, such as those named '*_clip-*' in configs/."
            )
        if not on and self.has_context:
            raise ValueError(
                'scene context is part of this exported recognizer. Use the torch engine, or '
                'export with use_context=False in the config of the recognizer.'
            )

    @property
    def language_model(self) -> LetterNgrams | None:
        """Language model of the recognizer."""
        rescorer = self.recognizer.rescorer
        return None if rescorer is None else rescorer.language_model

    @language_model.setter
    def language_model(self, model: LetterNgrams | None) -> None:
        if self.recognizer.rescorer is None:
            raise ValueError('word lists require an exported recognizer with a CTCDecoder.')
        self.recognizer.rescorer.language_model = model

    def _ctc_reader(self) -> CTCReader | None:
        return getattr(self.recognizer, 'reader', None)
