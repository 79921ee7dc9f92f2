"""The spotter in torch: any MMOCR detector and recognizer, by config."""

from __future__ import annotations

import pipeline.compat  # noqa: F401  makes MMOCR importable

# isort: split

import copy
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
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
from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.decisions.outline_voting import VOTE_BELOW
from pipeline.detection.text_detector import TextDetector
from pipeline.recognition.crop_reader import read_crops, to_reading
from pipeline.recognition.ctc_reader import CTCReader, Reading
from pipeline.recognition.decoders.ctc_decoder import CTCDecoder
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.rectification import Rectifier
from pipeline.registry import MODELS, TASK_UTILS
from pipeline.spotter import TextSpotter
from pipeline.spotter_recipe import Recipe
from pipeline.spotter_settings import check_settings
from pipeline.structures import ImageWords, Word
from pipeline.utils.checkpoint import load_weights
from pipeline.word_reading import CropBatch, WordBatch

PRECISIONS = ('float32', 'bfloat16', 'float16')

# MMEngine's default scope is state of the process.
_BUILD_LOCK = threading.RLock()


@MODELS.register_module(name='TextSpotter')
class TorchTextSpotter(TextSpotter, BaseModel):
    """A :class:`TextSpotter` of MMOCR's detectors and recognizers; ``TextSpotter`` in configs.

    Images are read in eval mode. After ``train()`` the modules are set to eval mode while they
    read, and to training mode again afterwards.

    Args:
        detector: Config of a ``TextDetector``, or a built one.
        rectifier: Config of a ``Rectifier``, or a built one: the recognizer's crop size and
            the settings of its training.
        recognizer: Config of an MMOCR recognizer or a ``ContextRecognizer``, or a built one.
        min_score: Words with a ``Word.score`` below this are dropped, and empty ones.
        crop_batch_size: Largest number of crops per forward pass, which bounds the memory.
        vote_below: See :class:`TextSpotter`.
        init_cfg: MMEngine initialization config.

    Raises:
        ValueError: If a threshold is not in [0, 1] or the batch size is not positive.
    """

    def __init__(
        self,
        detector: dict[str, Any] | TextDetector,
        rectifier: dict[str, Any] | Rectifier,
        recognizer: dict[str, Any] | nn.Module,
        min_score: float = 0.0,
        crop_batch_size: int = 64,
        vote_below: float = VOTE_BELOW,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        BaseModel.__init__(self, data_preprocessor=BaseDataPreprocessor(), init_cfg=init_cfg)
        check_settings(min_score, crop_batch_size, vote_below)
        # MMOCR's modules look up their parts in the default scope of the time they are built.
        with DefaultScope.overwrite_default_scope('mmocr'):
            self.detector: TextDetector = _build(MODELS, detector)
            self.rectifier: Rectifier = _build(TASK_UTILS, rectifier)
            self.recognizer: Any = _build(MODELS, recognizer)
        self.min_score = min_score
        self.crop_batch_size = crop_batch_size
        self.vote_below = vote_below
        # By thread: several batches may be read at the same time.
        self._encoding: dict[int, torch.cuda.Stream] = {}
        self._precision: torch.dtype | None = None
        self.config: dict[str, Any] | None = None  # set by from_config, for the export
        self._recipe: Recipe | None = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle a spotter that was built to read as its config, weights and settings.

        Its networks are built again when it is loaded, because folded networks
        cannot be pickled. Spotters that can be trained are pickled as any module.
        """
        if self._recipe is None:
            return super().__reduce_ex__(protocol)
        return self._recipe.reduce(self.settings())

    def settings(self) -> dict[str, Any]:
        """All settings; see :meth:`SpotterSettings.settings`."""
        return {**super().settings(), 'precision': self._precision}

    def restore_settings(self, settings: Mapping[str, Any]) -> None:
        """Set what :meth:`settings` of a spotter of the same config returned."""
        super().restore_settings(settings)
        self._precision = settings['precision']

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.parameters()).device

    @property
    def default_workers(self) -> int:
        """One per thread on a CPU. On a GPU two: one is on the GPU, the other on the CPU."""
        kind = self.device.type
        return {'cpu': torch.get_num_threads(), 'cuda': 2}.get(kind, 1)

    @contextmanager
    def divide_threads(self, workers: int) -> Iterator[Callable[[], object]]:
        """Divide torch's threads among workers, or give each worker a stream of the GPU."""
        if self.device.type == 'cuda':
            # A stream per worker, so that one does not wait for the kernels of the other.
            yield lambda: torch.cuda.set_stream(torch.cuda.Stream(self.device))
            return
        threads = torch.get_num_threads()
        share = max(1, threads // workers)
        try:
            yield lambda: torch.set_num_threads(share)
        finally:
            torch.set_num_threads(threads)  # new threads start with the last number

    @torch.inference_mode()
    def read_batch(self, images: Iterable[Any]) -> list[ImageWords]:
        """Read images together; see :meth:`TextSpotter.read_batch`."""
        return super().read_batch(images)

    def detect(self, images: Sequence[np.ndarray]) -> WordBatch:
        """Find the words of all images."""
        with self._reading_mode():
            return super().detect(images)

    def encode(self, images: Sequence[np.ndarray]) -> Tensor | None:
        """Scene tokens (I, S, C), or None without context.

        On a GPU the encoder runs on a stream of its own, beside the detector.
        """
        if not self.has_context:
            return None
        with torch.inference_mode(), self._reading_mode():
            if self.device.type != 'cuda':
                return self.recognizer.encode_images(images)
            main = torch.cuda.current_stream(self.device)
            stream = self._encoding[get_ident()] = torch.cuda.Stream(self.device)
            stream.wait_stream(main)
            with torch.cuda.stream(stream):
                tokens = self.recognizer.encode_images(images)
            tokens.record_stream(main)
            return tokens

    def read_oriented(self, crops: CropBatch, context: Tensor | None) -> list[Reading]:
        """Readings of M crops, in their order."""
        stream = self._encoding.pop(get_ident(), None)
        if stream is not None:
            torch.cuda.current_stream(self.device).wait_stream(stream)
        with self._reading_mode():
            read = read_crops(
                self.recognizer, crops.crops, context, crops.image_index, self.crop_batch_size
            )
        return [to_reading(pred_text) for pred_text in read]

    def use_precision(self, name: str) -> None:
        """Set the number format of the networks, by automatic mixed precision.

        Args:
            name: ``'float32'``, ``'bfloat16'`` or ``'float16'``. Half precision is faster on GPUs
                and on CPUs with its instructions. Softmax and norms stay in float32.

        Raises:
            ValueError: If the name is unknown.
        """
        if name not in PRECISIONS:
            raise ValueError(f'precision must be one of {PRECISIONS}, got {name!r}.')
        self._precision = None if name == 'float32' else getattr(torch, name)

    @contextmanager
    def _reading_mode(self) -> Iterator[None]:
        training = [module for module in self.modules() if module.training]
        for module in training:
            module.training = False
        try:
            with torch.autocast(self.device.type, self._precision, self._precision is not None):
                yield
        finally:
            for module in training:
                module.training = True

    @property
    def has_context(self) -> bool:
        """Whether the recognizer uses scene context."""
        return isinstance(self.recognizer, ContextRecognizer) and self.recognizer.use_context

    def use_context(self, on: bool) -> None:
        """Turn scene context on or off; see :meth:`TextSpotter.use_context`."""
        if isinstance(self.recognizer, ContextRecognizer):
            self.recognizer.use_context = on
        elif on:
            raise ValueError(
                f'{type(self.recognizer).__name__} has no scene context. Use a config whose '
                "recognizer is a ContextRecognizer, such as those named '*_clip-*' in configs/."
            )

    @property
    def language_model(self) -> LetterNgrams | None:
        """Language model of the decoder; see :attr:`TextSpotter.language_model`."""
        decoder = self._language_decoder()
        return None if decoder is None else decoder.language_model

    @language_model.setter
    def language_model(self, model: LetterNgrams | None) -> None:
        decoder = self._language_decoder()
        if decoder is None:
            raise ValueError(
                'word lists require a recognizer with a CTCDecoder or a HybridDecoder; '
                f'{type(self.recognizer).__name__} has none.'
            )
        decoder.language_model = model

    def _language_decoder(self) -> Any:
        modules = self.recognizer.modules()
        return next((module for module in modules if hasattr(module, 'language_model')), None)

    def _ctc_reader(self) -> CTCReader | None:
        modules = self.recognizer.modules()
        decoder = next((module for module in modules if isinstance(module, CTCDecoder)), None)
        return None if decoder is None else decoder.head.reader

    def forward(
        self,
        inputs: Sequence[Tensor | np.ndarray],
        data_samples: list[TextSpottingDataSample] | None = None,
        mode: str = 'predict',
    ) -> list[TextSpottingDataSample]:
        """MMEngine's interface, for the test loop.

        Args:
            inputs: Images, (3, H, W) uint8 BGR tensors or (H, W, 3) arrays.
            data_samples: Samples of the same images. None creates them.
            mode: ``'predict'``. The parts of a spotter are trained by their own configs.

        Returns:
            ``data_samples`` with ``pred_instances``: ``polygons`` (flat float32 arrays),
            ``scores`` (the detector's), ``texts`` and ``text_scores``.

        Raises:
            ValueError: If ``mode`` is not ``'predict'``.
        """
        if mode != 'predict':
            raise ValueError(
                f'TextSpotter only predicts, got mode={mode!r}. Train its detector and its '
                'recognizer with configs/detection and configs/recognition.'
            )
        images = [_to_array(image) for image in inputs]
        samples = data_samples or [TextSpottingDataSample() for _ in images]
        for sample, words in zip(samples, self.read_batch(images)):
            sample.pred_instances = to_instances(words)
        return samples


def to_instances(words: Sequence[Word]) -> InstanceData:
    """Words of one image as ``pred_instances``; see :meth:`TorchTextSpotter.forward`."""
    return InstanceData(
        polygons=[word.polygon.flatten() for word in words],
        scores=torch.tensor([word.det_score for word in words], dtype=torch.float32),
        texts=[word.text for word in words],
        text_scores=[word.rec_score for word in words],
    )


def build_torch_spotter(
    config: str | os.PathLike[str] | Config,
    checkpoint: str | os.PathLike[str] | None,
    device: str | torch.device,
    as_trained: bool,
) -> TorchTextSpotter:
    """Build a spotter from a config; see :meth:`TextSpotter.from_config`."""
    import pipeline.registration  # noqa: F401  the modules that configs name

    if not isinstance(config, Config):
        if not Path(config).is_file():
            raise FileNotFoundError(f'no config {config}')
        config = Config.fromfile(config)
    model = config.get('model') or {}
    if model.get('type') != 'TextSpotter':
        raise ValueError(
            f"wanted a config with model.type='TextSpotter', got {model.get('type')!r}. "
            'Configs of whole spotters are in configs/spotting.'
        )
    checkpoint = checkpoint or config.get('load_from')
    if checkpoint is None and not _names_weights(model):
        raise ValueError(
            'the config names no weights: set load_from, or init_cfg of both parts, or pass '
            'a checkpoint. Random weights would read noise.'
        )
    if checkpoint is not None and not Path(checkpoint).is_file():
        raise FileNotFoundError(f'no weights at {checkpoint}')
    with _BUILD_LOCK:
        with DefaultScope.overwrite_default_scope('mmocr'):
            spotter = MODELS.build(model)
        spotter.config = copy.deepcopy(dict(model))
        if checkpoint is not None:
            load_weights(spotter, checkpoint)
        else:
            spotter.init_weights()
        spotter.eval()
        if not as_trained:
            spotter.detector.prepare_to_read()
            encoder = getattr(spotter.recognizer, 'context_encoder', None)
            if isinstance(encoder, ClipImageEncoder):
                encoder.prepare_to_read()
            path = None if checkpoint is None else os.fspath(checkpoint)
            spotter._recipe = Recipe(Config(model).to_dict(), path, str(device))
    # Convolutions are up to twice as fast on a CPU in this format.
    return spotter.to(device).to(memory_format=torch.channels_last)


def _build(registry: Registry, part: Any) -> Any:
    return registry.build(part) if isinstance(part, dict) else part


def _names_weights(model: dict[str, Any]) -> bool:
    """Whether the config names weights of the whole spotter, or of both of its networks."""
    return _is_pretrained(model) or all(
        _is_pretrained(part) or _is_pretrained(part.get(name) or {})
        for name, part in ((name, model.get(name) or {}) for name in ('detector', 'recognizer'))
    )


def _is_pretrained(part: dict[str, Any]) -> bool:
    """Whether ``init_cfg`` fills this module. That of a backbone leaves the rest random."""
    init_cfg = part.get('init_cfg') or []
    entries = [init_cfg] if isinstance(init_cfg, dict) else init_cfg
    return any(entry.get('type') == 'Pretrained' for entry in entries)


def _to_array(image: Tensor | np.ndarray) -> np.ndarray:
    if isinstance(image, Tensor):
        return np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())
    return image
