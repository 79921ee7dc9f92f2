"""The spotter of a command line as plain values, from which each process builds its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.embedded_context import check_embedded_context
from pipeline.recognition.charset import check_charset
from pipeline.spotter import CPU_ENGINES, DEFAULT_CONFIG, TextSpotter
from pipeline.utils.device import choose_device, runs_on_cpu

if TYPE_CHECKING:
    from mmengine.config import Config


@dataclass(frozen=True)
class SpotterChoice:
    """How to build a spotter. None keeps the setting of the config or folder.

    Args:
        config: Spotting config, or its path; None for that of the embedded default.
        checkpoint: Weights of the whole spotter.
        onnx: Folder that ``clipter export`` has written, instead of config and checkpoint.
        engine: ``'auto'``, ``'onnx'``, ``'openvino'`` or ``'torch'``, as in
            :meth:`TextSpotter.default`.
        precision: Number format of the networks in torch, as in
            :meth:`TorchTextSpotter.use_precision`. None keeps float32 and chooses any engine.
        device: ``'auto'``, ``'cpu'`` or ``'cuda[:N]'``.
        threads: Number of threads of ONNX Runtime and OpenVINO. None uses one per core.
        context: Whether scene context is used.
        words: Word lists, as in :meth:`TextSpotter.use_words`.
        min_score: Least score of a word.
        charset: Characters that are read.
        orientation: Degrees by which images are rotated, or ``'auto'``.
        long_side: Long side of the image in the detector, in pixels.
        tile: Maximum side of a detector input, in pixels.
    """

    config: str | Config | None = None
    checkpoint: str | None = None
    onnx: str | None = None
    engine: str = 'auto'
    precision: str | None = None
    device: str = 'auto'
    threads: int | None = None
    context: bool | None = None
    words: Sequence[str] | None = None
    min_score: float | None = None
    charset: str | None = None
    orientation: str | int = 'auto'
    long_side: int | None = None
    tile: int | None = None

    def check(self) -> None:
        """Check the combination of the settings, without loading anything.

        Raises:
            ValueError: If settings contradict each other, or the charset is invalid.
            FileNotFoundError: If the embedded default has no weights for scene context.
            ImportError: If the charset requires a package that is not installed.
        """
        if self.onnx is not None and not (
            self._is_default and self.engine != 'torch' and self.device in ('auto', 'cpu')
        ):
            raise ValueError(
                '--onnx names a whole spotter on the CPU: leave out --config, --checkpoint, '
                '--tower, --pretrained, --engine and --device'
            )
        if self.precision is not None and (self.engine in CPU_ENGINES or self.onnx is not None):
            raise ValueError('--precision is for the torch engine: leave out --engine and --onnx')
        if self.engine in CPU_ENGINES and not self._is_default:
            raise ValueError(
                f'--engine {self.engine} reads the embedded default; see clipter export for others'
            )
        if self.charset is not None:
            check_charset(self.charset)
        if self.context and self._is_default and self.onnx is None:
            check_embedded_context(self.engine)
        if self.context and self.onnx is not None:
            raise ValueError(
                'this recognizer has no scene context. Use a config whose recognizer is a '
                "ContextRecognizer, such as those named '*_clip-*' in configs/."
            )

    def build(self) -> TextSpotter:
        """Build the spotter.

        Raises:
            ValueError: If settings contradict each other, or a file cannot be used.
            FileNotFoundError: If a file is missing.
        """
        self.check()
        spotter: Any = self._load()
        if self.precision is not None:
            spotter.use_precision(self.precision)
        if self.context is not None:
            spotter.use_context(self.context)
        if self.words is not None:
            spotter.use_words(self.words)
        spotter.orientation = self.orientation
        for name in ('min_score', 'charset', 'long_side', 'tile'):
            value = getattr(self, name)
            if value is not None:
                setattr(spotter, name, value)
        return spotter

    @property
    def runs_in_torch(self) -> bool:
        """Whether :meth:`build` makes a spotter of the torch engine."""
        if self.onnx is not None:
            return False
        if self.precision is not None:
            return True
        return not (
            self._is_default
            and not self.context
            and (self.engine in CPU_ENGINES or (self.engine == 'auto' and runs_on_cpu(self.device)))
        )

    @property
    def _is_default(self) -> bool:
        return self.config is None and self.checkpoint is None

    def _load(self) -> TextSpotter:
        if self.onnx is not None:
            from pipeline.onnx.spotter import OnnxTextSpotter

            return OnnxTextSpotter(self.onnx, self.threads, self.engine == 'openvino')
        if self._is_default:
            engine = 'torch' if self.precision else self.engine
            return TextSpotter.default(
                self.device, engine, self.threads, context=bool(self.context)
            )
        config = self.config or DEFAULT_CONFIG
        return TextSpotter.from_config(config, self.checkpoint, choose_device(self.device))
