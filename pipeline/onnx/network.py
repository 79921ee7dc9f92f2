"""One ONNX file as a function."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import onnxruntime

from pipeline.onnx.thread_share import ThreadShare

_FIRST_REGION = 38 << 20
"""Size of the first region of the memory arena, in bytes.

The system counts only the used pages of a region. The gaps between the buffers of the default
detector depend on the random addresses of the regions. Among the measured sizes, the memory of
images of 1280x720 pixels varies least with this one (docs/experiments.md).
"""

_SHRINK_AFTER = 50
"""Number of calls of a network after which the arena returns unused regions to the system.

With inputs of many sizes in several threads the arena grows by fragmentation.
"""
_SPIN_US = 20
"""Time for which an idle thread of a network waits actively for work, in microseconds.

The default of ONNX Runtime is 1,000 or more. With several networks at the same time, such threads
take the processors from threads that have work.
"""

_SHRINK = onnxruntime.RunOptions()
_SHRINK.add_run_config_entry('memory.enable_memory_arena_shrinkage', 'cpu:0')


class OnnxNetwork:
    """An ONNX file on the CPU.

    Calls from several threads at once are allowed. A pickled network loads its file again. All
    networks of a process share one memory arena, so the recognizer reuses the memory of the
    detector.

    Args:
        path: Path of the file. The file must not change while the network is in use: it is loaded
            once more for each number of threads.
        threads: Number of threads of one call, or the share of its batch. None uses one per core.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If ONNX Runtime cannot load it.
    """

    def __init__(
        self, path: str | os.PathLike[str], threads: int | ThreadShare | None = None
    ) -> None:
        self.path = Path(path)
        self.share = threads if isinstance(threads, ThreadShare) else ThreadShare(threads)
        if not self.path.is_file():
            raise FileNotFoundError(f'no network at {self.path}')
        # ONNX Runtime fixes the number of threads when it loads a network.
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}
        self._loading = Lock()
        self._calls = count(1)
        self._inputs = [given.name for given in self._session(self.share.each).get_inputs()]

    def _session(self, threads: int) -> onnxruntime.InferenceSession:
        """The network for calls with this number of threads, loaded when it is first used."""
        with self._loading:
            if threads not in self._sessions:
                self._sessions[threads] = self._load(threads)
            return self._sessions[threads]

    def _load(self, threads: int) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry('session.intra_op.spin_duration_us', str(_SPIN_US))
        _register_arena()
        options.add_session_config_entry('session.use_env_allocators', '1')
        # Weights in the arena would leave gaps between the buffers.
        options.add_session_config_entry('session.use_device_allocator_for_initializers', '1')
        # A pattern is one more block of the arena for each input size.
        options.enable_mem_pattern = False
        # The default order of the nodes requires 20 MB more for 1280x720 pixels.
        options.execution_order = onnxruntime.ExecutionOrder.PRIORITY_BASED
        try:
            return onnxruntime.InferenceSession(
                str(self.path), options, providers=['CPUExecutionProvider']
            )
        except Exception as error:  # ONNX Runtime has an exception class per status code
            raise ValueError(f'{self.path} is not a valid network: {error}') from error

    def __call__(self, *inputs: np.ndarray) -> np.ndarray:
        """First output of the network for one batch."""
        return self.run(inputs)[0]

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """All outputs of the network for one batch."""
        options = _SHRINK if next(self._calls) % _SHRINK_AFTER == 0 else None
        session = self._session(self.share.each)
        return session.run(None, dict(zip(self._inputs, inputs)), options)

    def __getstate__(self) -> dict[str, Any]:
        return {'path': self.path, 'threads': self.share}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


@cache
def _register_arena() -> None:
    """Register the memory arena of all networks of this process."""
    memory = onnxruntime.OrtMemoryInfo(
        'Cpu',
        onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR,
        0,
        onnxruntime.OrtMemType.DEFAULT,
    )
    settings = onnxruntime.OrtArenaCfg({'initial_chunk_size_bytes': _FIRST_REGION})
    onnxruntime.create_and_register_allocator(memory, settings)
