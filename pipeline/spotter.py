"""TextSpotter: photos in, words out."""

from __future__ import annotations

import pipeline.registration  # noqa: F401  makes MMOCR importable

# isort: split
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.model import BaseDataPreprocessor, BaseModel
from mmengine.registry import DefaultScope, Registry
from mmengine.structures import InstanceData
from mmocr.structures import TextSpottingDataSample
from torch import Tensor, nn

from pipeline.clipter.context_recognizer import ContextRecognizer
from pipeline.detection import Detections, TextDetector, load_int8_ranges
from pipeline.geometry import image_ring, reading_order
from pipeline.io import read_image
from pipeline.recognition import LetterNgrams
from pipeline.recognition.crop_reader import read_crops
from pipeline.rectification import Rectifier
from pipeline.registry import MODELS, TASK_UTILS
from pipeline.structures import Word
from pipeline.utils.checkpoint import load_weights

DEFAULT_CONFIG = Path(__file__).parent / 'weights' / 'default_spotter.py'
"""Config of the embedded default; its weights lie beside it."""


@MODELS.register_module()
class TextSpotter(BaseModel):
    """Reads the words in photos: detect, rectify, encode the scene, recognize, collect.

    Crops of a whole batch of images are recognized together, and each image is encoded once.
    Words whose orientation is uncertain (tall ones, and ones with a low score) are read in each
    orientation that the rectifier gives, and the reading with the highest score is kept. Where a
    recognizer that finds gaps (``CTCDecoder``, ``HybridDecoder(finds_gaps=True)``) reads several
    words in one crop, the crop is split; the parts are kept if none is empty and their mean score
    is not lower than that of the whole.

    Args:
        detector: Config of a ``TextDetector``, or one that is built.
        rectifier: Config of a ``Rectifier``, or one that is built: the recognizer's crop size
            and the same settings as in its training.
        recognizer: Config of an MMOCR recognizer or a ``ContextRecognizer``, or one built.
        min_score: Words of a lower ``Word.score`` are dropped, and those that read as nothing.
        turn_below: Words whose reading scores lower are read upside down too. 0 never does.
        crop_batch_size: Crops a pass of the recognizer, which bounds the memory.
        init_cfg: MMEngine's.

    Raises:
        ValueError: If a threshold is not in [0, 1] or the batch size is not positive.
    """

    def __init__(
        self,
        detector: dict[str, Any] | TextDetector,
        rectifier: dict[str, Any] | Rectifier,
        recognizer: dict[str, Any] | nn.Module,
        min_score: float = 0.0,
        turn_below: float = 0.0,
        crop_batch_size: int = 64,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data_preprocessor=BaseDataPreprocessor(), init_cfg=init_cfg)
        for name, value in (('min_score', min_score), ('turn_below', turn_below)):
            if not 0 <= value <= 1:
                raise ValueError(f'{name} must lie in [0, 1], got {value}.')
        if crop_batch_size < 1:
            raise ValueError(f'crop_batch_size must be at least 1, got {crop_batch_size}.')
        # MMOCR's modules look their parts up by the scope that is current when they are built.
        with DefaultScope.overwrite_default_scope('mmocr'):
            self.detector: TextDetector = _build(MODELS, detector)
            self.rectifier: Rectifier = _build(TASK_UTILS, rectifier)
            self.recognizer: Any = _build(MODELS, recognizer)
        self.min_score = min_score
        self.turn_below = turn_below
        self.crop_batch_size = crop_batch_size

    @classmethod
    def default(cls, device: str | torch.device = 'cpu') -> TextSpotter:
        """The embedded default: a compact detector and recognizer, no download."""
        return cls.from_config(DEFAULT_CONFIG, device=device)

    @classmethod
    def from_config(
        cls,
        config: str | os.PathLike[str] | Config,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str | torch.device = 'cpu',
        as_trained: bool = False,
        int8: bool = True,
    ) -> TextSpotter:
        """Build a spotter from a config of ``configs/spotting``, ready to read.

        Args:
            config: A path, or a loaded config with ``model`` of type ``TextSpotter`` and
                optionally ``load_from``.
            checkpoint: Weights of the whole spotter; the config's ``load_from`` by default.
            device: Where it runs.
            as_trained: Leave the detector as it was trained, for who takes its weights; otherwise
                it is brought into the form that reads fastest (``TextDetector.prepare_to_read``)
                and stays on its device.
            int8: Whether the detector may compute in 8-bit integers, on an x86 CPU and where the
                file of the weights has been through ``tools/calibrate_int8.py``.

        Raises:
            ValueError: If the config has no spotter, no weights are named anywhere, or the
                ranges of ``tools/calibrate_int8.py`` in their file cannot be read.
            FileNotFoundError: If a file is missing.
        """
        if not isinstance(config, Config):
            if not Path(config).is_file():
                raise FileNotFoundError(f'no config {config}')
            config = Config.fromfile(config)
        model = config.get('model') or {}
        if model.get('type') != cls.__name__:
            raise ValueError(
                f"wanted a config with model.type='TextSpotter', got {model.get('type')!r}. "
                'Configs of whole spotters lie in configs/spotting.'
            )
        checkpoint = checkpoint or config.get('load_from')
        if checkpoint is None and not _names_weights(model):
            raise ValueError(
                'the config names no weights: set load_from, or init_cfg of both parts, or pass '
                'a checkpoint. Unset weights would read nothing but noise.'
            )
        if checkpoint is not None and not Path(checkpoint).is_file():
            raise FileNotFoundError(f'no weights at {checkpoint}')
        with DefaultScope.overwrite_default_scope('mmocr'):
            spotter = MODELS.build(model)
        if checkpoint is not None:
            load_weights(spotter, checkpoint)
        else:
            spotter.init_weights()
        spotter.eval()
        if not as_trained:
            ranges = load_int8_ranges(checkpoint) if int8 and checkpoint else None
            spotter.detector.prepare_to_read(device, ranges)
        # Convolutions are up to twice as fast on a CPU in this format.
        return spotter.to(device).to(memory_format=torch.channels_last)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def has_context(self) -> bool:
        """Whether the recognizer takes the scene into account."""
        return isinstance(self.recognizer, ContextRecognizer) and self.recognizer.use_context

    def use_context(self, on: bool) -> None:
        """Turn scene context on or off.

        Raises:
            ValueError: If it is turned on in a recognizer that has none.
        """
        if isinstance(self.recognizer, ContextRecognizer):
            self.recognizer.use_context = on
        elif on:
            raise ValueError(
                f'{type(self.recognizer).__name__} has no scene context. Use a config whose '
                "recognizer is a ContextRecognizer, such as those named '*_clip-*' in configs/."
            )

    def use_words(self, words: Sequence[str | os.PathLike[str]]) -> None:
        """Name the words that the recognizer may expect where letters are doubtful.

        Args:
            words: Word lists, which replace those of before: ``'english'`` among them is the
                one that this package ships. Without any, words are read by what is seen alone. See
                :class:`LetterNgrams`.

        Raises:
            ValueError: If the recognizer reads without a language model whatever the words, or a
                list cannot be read.
            FileNotFoundError: If a list is missing.
        """
        decoders = [m for m in self.recognizer.modules() if hasattr(m, 'language_model')]
        if not decoders:
            raise ValueError(
                'word lists require a recognizer with a CTCDecoder or a HybridDecoder; '
                f'{type(self.recognizer).__name__} has none.'
            )
        model: LetterNgrams | None = None
        old: Any = decoders[0].language_model
        if words:
            model = LetterNgrams(words, old.order, old.surprise) if old else LetterNgrams(words)
        decoders[0].language_model = model  # type: ignore[assignment]

    def read(self, image: Any) -> list[Word]:
        """Read one photo.

        Args:
            image: A path, encoded bytes, a PIL image, or an (H, W, 3) uint8 BGR array.

        Returns:
            Words in reading order.

        Raises:
            ImageReadError: If it is no image.
        """
        return self.read_batch([read_image(image)])[0]

    def stream(self, images: Iterable[Any], batch_size: int = 4) -> Iterator[list[Word]]:
        """Read photos as they come, ``batch_size`` at a time; one batch is held in memory.

        Raises:
            TypeError: If ``images`` is one photo.
            ValueError: If ``batch_size`` is not positive.
            ImageReadError: If a photo cannot be read; those before its batch were given.
        """
        if isinstance(images, (str, bytes, os.PathLike, np.ndarray)):
            raise TypeError(
                f'images must be several photos, a list or other iterable, got one '
                f'{type(images).__name__}; read() takes one.'
            )
        if batch_size < 1:
            raise ValueError(f'batch_size must be at least 1, got {batch_size}.')
        iterator = iter(images)
        while batch := [read_image(image) for image in islice(iterator, batch_size)]:
            words = self.read_batch(batch)
            batch.clear()  # makes room for the photos to come
            yield from words

    @torch.inference_mode()
    def read_batch(self, images: Sequence[np.ndarray]) -> list[list[Word]]:
        """Read decoded photos together.

        Args:
            images: (H, W, 3) uint8 BGR arrays of any size.

        Returns:
            The words of each photo, in reading order.

        Raises:
            ValueError: If an image is anything else.
        """
        for i, image in enumerate(images):
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                raise ValueError(
                    f'images[{i}] must be (H, W, 3) uint8 BGR, got {image.shape} {image.dtype}. '
                    'read() and pipeline.io.read_image() take images of any kind.'
                )
        detections, context = self._detect_and_encode(images)
        words = self._recognize(images, detections, context)
        return [self._collect(found) for found in self._part(images, words, context)]

    @torch.inference_mode()
    def read_polygons(
        self, images: Sequence[np.ndarray], polygons: Sequence[Sequence[np.ndarray]]
    ) -> list[list[tuple[str, float]]]:
        """Read words whose places are known, as at the ground truth; nothing is detected.

        Args:
            images: (H, W, 3) uint8 BGR arrays.
            polygons: For each image its words, (K, 2) pixels, clockwise from the first
                character's top-left.

        Returns:
            For each image the text and the recognizer's score of every word, in order. Words that
            are not read come as an empty text; ``min_score`` drops none, and none is parted.

        Raises:
            ValueError: If there are not as many lists of polygons as images.
        """
        if len(images) != len(polygons):
            raise ValueError(f'{len(images)} images want as many lists, got {len(polygons)}.')
        rings = [[np.asarray(ring, dtype=np.float32) for ring in words] for words in polygons]
        return self._read_given(images, rings, self._encode(images) if self.has_context else None)

    @torch.inference_mode()
    def read_crops(self, images: Iterable[Any]) -> list[tuple[str, float]]:
        """Read images that are word crops already: the whole image is the word.

        It is cut out as in the recognizer's training and, where it may be turned, read each way.
        Crops have no scene, so that context plays no part. ``crop_batch_size`` images are held
        in memory.

        Args:
            images: Several of what :meth:`read` takes.

        Returns:
            The text and the recognizer's score of every image, in order. What is not read
            comes as an empty text; ``min_score`` drops none.

        Raises:
            ValueError: If a single image is given.
            ImageReadError: If one of them is no image.
        """
        if isinstance(images, (str, bytes)) or (isinstance(images, np.ndarray) and images.ndim < 4):
            raise ValueError('read_crops wants several images, got one: pass a list, [image].')
        iterator = iter(images)
        readings: list[tuple[str, float]] = []
        while crops := [read_image(image) for image in islice(iterator, self.crop_batch_size)]:
            words = self._read_given(crops, [[image_ring(*crop.shape[:2])] for crop in crops], None)
            readings += [word for (word,) in words]
            crops.clear()  # makes room for the crops to come
        return readings

    def forward(
        self,
        inputs: Sequence[Tensor | np.ndarray],
        data_samples: list[TextSpottingDataSample] | None = None,
        mode: str = 'predict',
    ) -> list[TextSpottingDataSample]:
        """MMEngine's interface, for the test loop.

        Args:
            inputs: Photos, (3, H, W) uint8 BGR tensors or (H, W, 3) arrays.
            data_samples: Of the same photos; made where None.
            mode: ``'predict'``. The parts of a spotter are trained by their own configs.

        Returns:
            ``data_samples`` with ``pred_instances``: ``polygons`` (flat float32 arrays),
            ``scores`` (the detector's), ``texts`` and ``text_scores``.

        Raises:
            ValueError: If another mode is asked for.
        """
        if mode != 'predict':
            raise ValueError(
                f'TextSpotter only predicts, got mode={mode!r}. Train its detector and its '
                'recognizer with configs/detection and configs/recognition.'
            )
        images = [_to_array(image) for image in inputs]
        samples = data_samples or [TextSpottingDataSample() for _ in images]
        for sample, words in zip(samples, self.read_batch(images)):
            sample.pred_instances = InstanceData(
                polygons=[word.polygon.flatten() for word in words],
                scores=torch.tensor([word.det_score for word in words], dtype=torch.float32),
                texts=[word.text for word in words],
                text_scores=[word.rec_score for word in words],
            )
        return samples

    def _detect_and_encode(
        self, images: Sequence[np.ndarray]
    ) -> tuple[list[Detections], Tensor | None]:
        """Words, and scene tokens (I, S, C) where there is context."""
        if not self.has_context:
            return self.detector(images), None
        if self.device.type != 'cuda':
            return self.detector(images), self._encode(images)
        # Neither needs the other: on a GPU the tower runs beside the detector, which waits for
        # the host at its post-processing.
        main, side = torch.cuda.current_stream(self.device), torch.cuda.Stream(self.device)
        side.wait_stream(main)
        with torch.cuda.stream(side):
            tokens = self._encode(images)
        detections = self.detector(images)
        main.wait_stream(side)
        tokens.record_stream(main)
        return detections, tokens

    def _encode(self, images: Sequence[np.ndarray]) -> Tensor:
        return self.recognizer.encode_images(images)  # (I, S, C)

    def _read_given(
        self,
        images: Sequence[np.ndarray],
        rings: Sequence[list[np.ndarray]],
        tokens: Tensor | None,
    ) -> list[list[tuple[str, float]]]:
        """Text and score of words whose rings are known, of each image."""
        given = [Detections(words, np.ones(len(words), dtype=np.float32)) for words in rings]
        words = self._recognize(images, given, tokens)
        return [[(word.text, word.rec_score) for word in found] for found in words]

    def _recognize(
        self, images: Sequence[np.ndarray], detections: list[Detections], tokens: Tensor | None
    ) -> list[list[_Reading]]:
        """What each word of each photo reads, the way it reads best."""
        rings = [ring for found in detections for ring in found.polygons]
        photo = [i for i, found in enumerate(detections) for _ in found.polygons]
        options = [self.rectifier.rotations(ring) for ring in rings]
        best = self._read_rings(images, [option[0] for option in options], photo, tokens)
        again = [
            (row, ring)
            for row, option in enumerate(options)
            for ring in option[1:]
            # Tall words name four ways, of which no one is usual.
            if len(option) > 2 or best[row].rec_score < self.turn_below
        ]
        others = self._read_rings(
            images, [ring for _, ring in again], [photo[row] for row, _ in again], tokens
        )
        for (row, _), reading in zip(again, others):
            if reading.rec_score > best[row].rec_score:
                best[row] = reading
        scores = np.concatenate([np.empty(0), *(found.scores for found in detections)])
        words: list[list[_Reading]] = [[] for _ in images]
        for reading, det_score, i in zip(best, scores.tolist(), photo):
            words[i].append(replace(reading, det_score=det_score))
        return words

    def _part(
        self,
        images: Sequence[np.ndarray],
        words: list[list[_Reading]],
        tokens: Tensor | None,
    ) -> list[list[_Reading]]:
        """Read words with gaps in parts, and put these in place of those that read worse."""
        cut = [
            [self.rectifier.cut(word.ring, word.gaps) if word.gaps else [] for word in found]
            for found in words
        ]
        pieces = [
            Detections(
                [ring for rings in of_photo for ring in rings],
                np.array(
                    [w.det_score for w, rings in zip(found, of_photo) for _ in rings],
                    dtype=np.float32,
                ),
            )
            for found, of_photo in zip(words, cut)
        ]
        parted = []
        for found, of_photo, reread in zip(words, cut, self._recognize(images, pieces, tokens)):
            rest = iter(reread)
            kept: list[_Reading] = []
            for word, rings in zip(found, of_photo):
                parts = list(islice(rest, len(rings)))
                kept += parts if _read_better(parts, word) else [word]
            parted.append(kept)
        return parted

    def _read_rings(
        self,
        images: Sequence[np.ndarray],
        rings: list[np.ndarray],
        photo: list[int],
        tokens: Tensor | None,
    ) -> list[_Reading]:
        """Cut rings out of their photos and read them."""
        crops = [
            crop
            for ring, i in zip(rings, photo)
            for crop in self.rectifier(images[i], [ring], vertical='keep')
        ]
        readings = read_crops(self.recognizer, crops, tokens, photo, self.crop_batch_size)
        return [_read_off(reading, ring) for reading, ring in zip(readings, rings)]

    def _collect(self, found: list[_Reading]) -> list[Word]:
        words = [Word(r.ring, r.text, r.det_score, r.rec_score) for r in found if r.text]
        words = [word for word in words if word.score >= self.min_score]
        return [words[i] for i in reading_order([word.polygon for word in words])]


@dataclass(frozen=True, eq=False)
class _Reading:
    """What a ring reads, where its crop shows gaps, and how sure a detector was of it.

    Gaps are shares of the crop's width from its left, rising.
    """

    ring: np.ndarray
    text: str
    rec_score: float
    gaps: list[float]
    det_score: float = 1.0


def _read_better(parts: list[_Reading], whole: _Reading) -> bool:
    """Whether no part is empty and the parts are the words of the whole, or score no lower."""
    if not parts or not all(part.text for part in parts):
        return False
    if [part.text for part in parts] == whole.text.split():
        return True
    return not whole.text or _mean_score(parts) >= _mean_score([whole])


def _mean_score(readings: list[_Reading]) -> float:
    """Geometric mean of the probabilities of all characters, as in ``Word.score``."""
    length = sum(len(reading.text) for reading in readings)
    return float(math.prod(reading.rec_score for reading in readings) ** (1 / max(length, 1)))


def _build(registry: Registry, part: Any) -> Any:
    return registry.build(part) if isinstance(part, dict) else part


def _names_weights(model: dict[str, Any]) -> bool:
    """Whether the config names weights of the whole spotter, or of both of its learned parts."""
    return _is_pretrained(model) or all(
        _is_pretrained(part) or _is_pretrained(part.get(name) or {})
        for name, part in ((name, model.get(name) or {}) for name in ('detector', 'recognizer'))
    )


def _is_pretrained(part: dict[str, Any]) -> bool:
    """Whether ``init_cfg`` fills this module. One deeper inside, a backbone's, leaves the rest."""
    init_cfg = part.get('init_cfg') or []
    entries = [init_cfg] if isinstance(init_cfg, dict) else init_cfg
    return any(entry.get('type') == 'Pretrained' for entry in entries)


def _word_score(pred_text: Any) -> float:
    """Probability of a reading: the recognizer's own, or the product over characters."""
    if 'word_score' in pred_text:
        return float(pred_text.word_score)
    return float(np.prod(np.asarray(pred_text.score, dtype=float))) if pred_text.item else 0.0


def _read_off(pred_text: Any, ring: np.ndarray) -> _Reading:
    gaps = pred_text.gaps if 'gaps' in pred_text else []
    return _Reading(ring, pred_text.item, _word_score(pred_text), gaps)


def _to_array(image: Tensor | np.ndarray) -> np.ndarray:
    if isinstance(image, Tensor):
        return np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())
    return image
