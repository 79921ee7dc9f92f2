"""TextSpotter: images in, words out."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.decisions.decide import decide_words
from pipeline.decisions.given_outlines import given_outlines
from pipeline.decisions.outline_voting import vote_on_words
from pipeline.decisions.single_characters import clear_characters, find_faint_characters
from pipeline.decisions.spaced_letters import join_spaced_letters
from pipeline.geometry import image_ring, rotate_points, rotated_size, turn_ring
from pipeline.image_orientation import choose_image_orientations, rotate_image
from pipeline.image_stream import ImageStream
from pipeline.io import read_image
from pipeline.io.several import check_several, split_batches, to_arrays
from pipeline.layout import Page, arrange_words
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.spotter_settings import SpotterSettings, check_settings
from pipeline.structures import ImageWords, Word
from pipeline.utils.device import choose_device, runs_on_cpu
from pipeline.word_reading import (
    CropBatch,
    ReadWord,
    WordBatch,
    choose_orientations,
    rectify_once,
    rectify_words,
)

if TYPE_CHECKING:
    import torch
    from mmengine.config import Config

    from pipeline.torch_spotter import TorchTextSpotter

DEFAULT_CONFIG = Path(__file__).parent / 'weights' / 'default_spotter.py'
"""Config of the embedded default; its weights are beside it."""

ENGINES = ('auto', 'onnx', 'openvino', 'torch')
CPU_ENGINES = ('onnx', 'openvino')


class TextSpotter(SpotterSettings, ImageStream):
    """Reads the words in images: detect, rectify, encode, recognize, collect.

    The stages are the same for both engines: :class:`pipeline.torch_spotter.TorchTextSpotter`
    runs the networks in torch, :class:`pipeline.onnx.spotter.OnnxTextSpotter` in ONNX Runtime.
    :meth:`default` and :meth:`from_config` choose one.

    The crops of all images of a batch are recognized together, and each image is encoded once.
    Tall words have four candidate orientations; the one with the highest score is kept. Neighbours
    that are read as one word without a space are joined. Crops in which the recognizer finds gaps
    between words are split, and the parts are kept if they are read better. Uncertain words are
    read from several outlines, and the readings vote. Words that are not in the word lists are
    grown if letters are missing at an end. Gaps between two words are read, and the surroundings
    of number plates and other codes. Images of single characters, such as forms, are searched
    again for faint ones. Letters that are set wide are read once more without the space between
    them. Images that are rotated by 90, 180 or 270 degrees are found by their
    words.

    Attributes:
        detector: Text detector of the engine.
        recognizer: Recognizer of the engine.
        rectifier: The rectifier of the recognizer's training.
        min_score: Words with a ``Word.score`` below this are dropped, and empty ones.
        crop_batch_size: Largest number of crops per forward pass, which bounds the memory.
        vote_below: Words with a lower mean probability per character are read from several
            outlines; see :mod:`pipeline.decisions.outline_voting`. 0 turns voting off.
    """

    rectifier: Rectifier

    @staticmethod
    def default(
        device: str | torch.device = 'auto',
        engine: str = 'auto',
        threads: int | None = None,
        min_score: float | None = None,
        context: bool = False,
    ) -> TextSpotter:
        """The embedded default; nothing is downloaded.

        Args:
            device: Device of the networks: ``'cpu'``, ``'cuda[:N]'``, or ``'auto'``: a GPU if
                there is one.
            engine: ``'onnx'``: ONNX Runtime. ``'openvino'``: both networks in OpenVINO, in
                bfloat16, where that is fast; elsewhere only the detector. ``'torch'``.
                ``'auto'``: ONNX Runtime on the CPU, torch elsewhere.
            threads: Number of threads of ONNX Runtime and OpenVINO. None uses one per core. For
                torch see ``torch.set_num_threads``.
            min_score: Least ``Word.score`` of a word, in [0, 1]. None uses that of the default.
            context: Whether to use scene context, which runs in torch.

        Raises:
            ValueError: If an argument is invalid, or ``'onnx'`` or ``'openvino'`` is to run on a
                GPU or with context.
            ImportError: If OpenVINO is asked for and not installed.
            FileNotFoundError: If the weights for scene context are missing.
        """
        if min_score is not None:
            check_settings(min_score)
        if engine not in ENGINES:
            raise ValueError(f'engine must be one of {ENGINES}, got {engine!r}.')
        if engine in CPU_ENGINES and str(device) not in ('auto', 'cpu'):
            raise ValueError(f'engine={engine!r} runs on the CPU only, got device {str(device)!r}.')
        spotter: TextSpotter
        if context:
            from pipeline.embedded_context import default_with_context

            spotter = default_with_context(str(device), engine)
        elif engine == 'torch' or (engine == 'auto' and not runs_on_cpu(str(device))):
            spotter = TextSpotter.from_config(DEFAULT_CONFIG, device=choose_device(str(device)))
        else:
            from pipeline.onnx.spotter import OnnxTextSpotter

            spotter = OnnxTextSpotter.default(threads, engine == 'openvino')
        spotter.min_score = spotter.min_score if min_score is None else min_score
        return spotter

    @staticmethod
    def from_config(
        config: str | os.PathLike[str] | Config,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str | torch.device = 'cpu',
        as_trained: bool = False,
    ) -> TorchTextSpotter:
        """Build a spotter in torch from a config of ``configs/spotting``, ready to read.

        A config is a Python program: load only configs that you trust.

        Args:
            config: Path, or a loaded config with ``model`` of type ``TextSpotter`` and
                optionally ``load_from``.
            checkpoint: Weights of the whole spotter. By default the config's ``load_from``.
            device: Device of the networks.
            as_trained: Keep the trainable module structure, for exporting weights. By default
                batch norm is folded (``TextDetector.prepare_to_read``).

        Raises:
            ValueError: If the config is not that of a spotter, or no weights are named anywhere.
            FileNotFoundError: If a file is missing.
        """
        from pipeline.torch_spotter import build_torch_spotter

        return build_torch_spotter(config, checkpoint, device, as_trained)

    def read(self, image: Any) -> ImageWords:
        """Read one image.

        Args:
            image: Path, URL, encoded bytes, a file opened in binary mode, a PIL image, or an
                (H, W, 3) uint8 BGR array; see :func:`pipeline.io.read_image`.

        Returns:
            Words in reading order, with polygons inside the image, and the ``orientation`` of the
            image.

        Raises:
            ImageReadError: If it is not an image.
        """
        return self.read_batch([read_image(image)])[0]

    def read_page(self, image: Any) -> Page:
        """Read one image, with its words in blocks and lines.

        Args:
            image: As in :meth:`read`.

        Returns:
            The page, with the words of :meth:`read` in the same order.

        Raises:
            ImageReadError: If it is not an image.
        """
        pixels = read_image(image)
        words = self.read(pixels)
        return Page.from_words(words, pixels.shape[:2], words.orientation)

    def read_batch(self, images: Iterable[Any]) -> list[ImageWords]:
        """Read images together.

        Args:
            images: Several images of any size, in any iterable, each as in :meth:`read`.

        Returns:
            Words of each image, in reading order, with its ``orientation``.

        Raises:
            ValueError: If ``images`` is a single image.
            ImageReadError: If one of them is not an image; a ValueError. The message contains its
                index.
        """
        images = to_arrays(images, 'read_batch')
        # With a charset, upright words of other characters look like rotated ones.
        auto = self.orientation == 'auto' and self.charset is None
        given = 0 if self.orientation == 'auto' else int(self.orientation)
        orientations = [given] * len(images)
        read = self._read_upright([rotate_image(image, given) for image in images])
        if auto:
            read, orientations = choose_image_orientations(
                images, read, self.min_score, self._read_upright, self._read_flipped
            )
        upright = [
            rotated_size(image.shape[:2], degrees) for image, degrees in zip(images, orientations)
        ]
        found = self.collect([word for some in read for word in some], upright)
        return [
            ImageWords((_rotate_word(word, -degrees, size) for word in some), degrees)
            for some, degrees, size in zip(found, orientations, upright)
        ]

    def _read_upright(self, images: Sequence[np.ndarray]) -> list[list[ReadWord]]:
        """All words of each image, as it is."""
        context = self.encode(images)  # first: on a GPU it runs beside the detector
        words = self.detect(images)
        crops = self.rectify(images, words)
        read: list[list[ReadWord]] = [[] for _ in images]
        for word in self.recognize(images, crops, context):
            read[word.image_index].append(word)
        find_faint = getattr(self.detector, 'find_faint', None)  # detectors of users may lack it
        read_crops = partial(self.read_oriented, context=context)
        for image, some in zip(images, read):
            clear = clear_characters(some, self.min_score)
            if clear and find_faint is not None:
                faint = find_faint(image)
                some += find_faint_characters(images, clear, faint, self.rectifier, read_crops)
        return [
            join_spaced_letters(
                images, some, self.rectifier, read_crops, self._is_listed, self.min_score
            )
            for some in read
        ]

    def _read_flipped(self, image: np.ndarray, words: Sequence[ReadWord]) -> list[ReadWord]:
        """Words of an image, read upside down without context."""
        rings = [turn_ring(word.polygon, 2) for word in words]
        flipped = WordBatch(rings, [word.det_score for word in words], [0] * len(words))
        batch = rectify_once([image], flipped, self.rectifier)
        return choose_orientations(batch, self.read_oriented(batch, None))

    def read_polygons(
        self, images: Sequence[Any], polygons: Sequence[Sequence[np.ndarray]]
    ) -> list[list[tuple[str, float]]]:
        """Read words at given polygons, for example at the ground truth.

        Args:
            images: Images, each as in :meth:`read`.
            polygons: For each image its words, (K, 2) pixels, clockwise from the first
                character's top-left.

        Returns:
            For each image the text and the recognizer's score of every word, in order. Words that
            cannot be read have an empty text. ``min_score`` is not applied, and words are not
            split.

        Raises:
            ValueError: If the numbers of images and of lists of polygons differ, or ``images`` is
                a single image.
            ImageReadError: If one of them is not an image. The message contains its index.
        """
        images = to_arrays(images, 'read_polygons')
        if len(images) != len(polygons):
            raise ValueError(f'{len(images)} images require as many lists, got {len(polygons)}.')
        return self._read_given(images, polygons, self.encode(images))

    def read_crops(self, images: Iterable[Any]) -> list[tuple[str, float]]:
        """Read images that are word crops: the whole image is one word.

        A crop is rectified as in the recognizer's training and, if it is tall, read in each
        orientation. Uncertain crops are also read along slanted bands and along the curve that the
        detector finds in them. Crops have no scene, so context is not used.
        ``crop_batch_size`` images are held in memory.

        Args:
            images: Crops, each as in :meth:`read`.

        Returns:
            The text and the recognizer's score of every crop, in order. A crop that cannot be
            read has an empty text. ``min_score`` is not applied.

        Raises:
            ValueError: If ``images`` is a single image.
            ImageReadError: If one of them is not an image.
        """
        check_several(images, 'read_crops')
        readings: list[tuple[str, float]] = []
        for batch in split_batches(images, self.crop_batch_size):
            crops = [read_image(image) for image in batch]
            rings = [[image_ring(*crop.shape[:2])] for crop in crops]
            words = self._read_given(crops, rings, None)
            readings += [word for (word,) in words]
            batch.clear()  # frees the crops before the next ones are loaded
            crops.clear()
        return readings

    # The five stages.

    def detect(self, images: Sequence[np.ndarray]) -> WordBatch:
        """Find the words of all images."""
        found = self.detector(images)
        return WordBatch(
            [polygon for some in found for polygon in some.polygons],
            [float(score) for some in found for score in some.scores],
            [i for i, some in enumerate(found) for _ in some.polygons],
        )

    def rectify(self, images: Sequence[np.ndarray], words: WordBatch) -> CropBatch:
        """Cut out each word in its candidate orientations."""
        return rectify_words(images, words, self.rectifier)

    @abstractmethod
    def encode(self, images: Sequence[np.ndarray]) -> Any:
        """Scene tokens (I, S, C) of the images, or None without context."""

    def recognize(
        self, images: Sequence[np.ndarray], crops: CropBatch, context: Any
    ) -> list[ReadWord]:
        """Read crops, and decide on the words (:func:`pipeline.decisions.decide.decide_words`)."""
        read = partial(self.read_oriented, context=context)
        return decide_words(
            images, crops, self.rectifier, read, self._is_known, self.min_score, self.vote_below
        )

    def _is_known(self, text: str) -> bool:
        """Whether a text is in the word lists, or is in a language that these do not cover."""
        model = self.language_model
        return model is None or not model.covers(text) or model.contains(text)

    def _is_listed(self, text: str) -> bool:
        """Whether a text is in the word lists."""
        return self.language_model is not None and self.language_model.contains(text)

    def collect(
        self, words: Sequence[ReadWord], sizes: Sequence[tuple[int, int]]
    ) -> list[list[Word]]:
        """Words of each image in reading order, without empty ones and ones with low scores.

        Args:
            words: Words of all images.
            sizes: (height, width) of each image. Polygons are clipped to it.
        """
        found: list[list[Word]] = [[] for _ in sizes]
        for read in words:
            word = read.to_word(self.rectifier, sizes[read.image_index])
            if word.text and word.score >= self.min_score:
                found[read.image_index].append(word)
        return [
            [some[i] for block in arrange_words([w.polygon for w in some]) for line in block
             for i in line]
            for some in found
        ]  # fmt: skip

    @abstractmethod
    def read_oriented(self, crops: CropBatch, context: Any) -> list[Reading]:
        """Readings of M crops, in their order.

        Args:
            crops: Crops in the recognizer's sizes.
            context: Result of :meth:`encode`, or None.
        """

    def _read_given(
        self,
        images: Sequence[np.ndarray],
        polygons: Sequence[Sequence[np.ndarray]],
        context: Any,
    ) -> list[list[tuple[str, float]]]:
        index = [i for i, some in enumerate(polygons) for _ in some]
        flat = [np.asarray(polygon, dtype=np.float32) for some in polygons for polygon in some]
        crops = self.rectify(images, WordBatch(flat, [1.0] * len(flat), index))
        found: list[list[tuple[str, float]]] = [[] for _ in images]
        read = partial(self.read_oriented, context=context)
        words = choose_orientations(crops, read(crops))
        find_at_scale = getattr(
            self.detector, 'find_at_scale', None
        )  # detectors of users may lack it
        outlines_of = partial(given_outlines, find_at_scale=find_at_scale)
        for word in vote_on_words(
            images, words, outlines_of, self.rectifier, read, self.vote_below
        ):
            found[word.image_index].append((word.reading.text, word.reading.score))
        return found


def _rotate_word(word: Word, degrees: int, size: tuple[int, int]) -> Word:
    return replace(word, polygon=rotate_points(word.polygon, degrees, size)) if degrees else word
