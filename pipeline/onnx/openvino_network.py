"""One ONNX file as a function, in OpenVINO, with bfloat16 where it is fast."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

import numpy as np

from pipeline.onnx.thread_share import ThreadShare
from pipeline.utils.cores import multiplies_bfloat16

_KEPT_KERNELS = 768
"""Number of compiled kernels that are kept, enough for nine input sizes of the default detector.

OpenVINO keeps 5,000 by default: images of 260 random sizes then took 1,100 MB, and 400 MB
with 256.
"""


_LOADING = Lock()  # for _core(), because a cache alone could make two of them


class OpenVinoNetwork:
    """An ONNX file with one input on the CPU in OpenVINO; a drop-in for :class:`OnnxNetwork`.

    Convolutions and matrix products are computed in bfloat16 if this is faster on the processor
    (:func:`~pipeline.utils.cores.multiplies_bfloat16`), and in float32 otherwise. The first call
    with an input size takes longer, because OpenVINO compiles its kernels for the size. Batches are
    computed one sample after another, so that their lengths are no further sizes.

    Calls from several threads at once are allowed; ``streams`` of them run at the same time. A
    pickled network loads its file again. After OpenVINO was used, start processes that use it with
    ``spawn`` or ``forkserver``: in a forked one, the threads of OpenVINO do not exist.

    Args:
        path: Path of the file.
        threads: Number of threads of all streams together, or a share whose threads they use. None
            uses one per core.
        streams: Number of calls at the same time, each with its own buffers and compiled kernels.

    Raises:
        FileNotFoundError: If the file is missing.
        ImportError: If OpenVINO is not installed.
        ValueError: If OpenVINO cannot load it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        threads: int | ThreadShare | None = None,
        streams: int = 1,
    ) -> None:
        self.path = Path(path)
        self.streams = streams
        self.share = threads if isinstance(threads, ThreadShare) else ThreadShare(threads)
        if not self.path.is_file():
            raise FileNotFoundError(f'no network at {self.path}')
        check_openvino()
        with _LOADING:
            core = _core()
        settings = {
            'INFERENCE_PRECISION_HINT': 'bf16' if multiplies_bfloat16() else 'f32',
            'INFERENCE_NUM_THREADS': self.share.threads,
            'NUM_STREAMS': streams,
        }
        try:
            network = core.compile_model(self.path, 'CPU', settings)
        except RuntimeError as error:
            raise ValueError(f'{self.path} is not a valid network: {error}') from error
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for _ in range(streams):
            self._idle.put(network.create_infer_request())

    def __call__(self, *inputs: np.ndarray) -> np.ndarray:
        """First output of the network for one batch."""
        return self.run(inputs)[0]

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """All outputs of the network for one batch."""
        (batch,) = inputs
        request = self._idle.get()
        try:
            samples = []
            for row in range(len(batch)):
                request.infer([batch[row : row + 1]])
                samples.append([np.array(output.data) for output in request.output_tensors])
            return [np.concatenate(outputs) for outputs in zip(*samples)]
        finally:
            self._idle.put(request)

    def __getstate__(self) -> dict[str, Any]:
        return {'path': self.path, 'threads': self.share, 'streams': self.streams}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


@cache
def _core() -> Any:
    """The ``openvino.Core`` of all networks of this process.

    On Linux a core sets the alternate signal stack of the calling thread, and frees this memory
    when it is deleted, even if the thread still uses it. A later signal with a Python handler, such
    as SIGCHLD or SIGINT, then ends the process. So a process has one core and keeps it.
    """
    import openvino

    # The first writes to tensors block each other forever if they are concurrent.
    openvino.Tensor(np.zeros(1, np.uint8)).data[:] = 0
    core = openvino.Core()
    core.set_property('CPU', {'CPU_RUNTIME_CACHE_CAPACITY': _KEPT_KERNELS})
    return core


def check_openvino() -> None:
    """Raise an ``ImportError`` if OpenVINO is not installed."""
    if importlib.util.find_spec('openvino') is None:
        raise ImportError("OpenVINO is not installed: pip install -e '.[openvino]'")
