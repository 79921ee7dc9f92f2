"""One ONNX file as a function."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime


class OnnxNetwork:
    """An ONNX file on the CPU.

    Calls from several threads at once are allowed. A pickled network loads its file again.

    Args:
        path: Path of the file.
        threads: Number of threads of one call. None uses one per core.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If ONNX Runtime cannot load it.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None) -> None:
        self.path = Path(path)
        self.threads = threads
        if not self.path.is_file():
            raise FileNotFoundError(f'no network at {self.path}')
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.log_severity_level = 3
        # The arena keeps the largest buffers of every input size that ever came.
        options.enable_cpu_mem_arena = False
        try:
            self._session = onnxruntime.InferenceSession(
                str(self.path), options, providers=['CPUExecutionProvider']
            )
        except Exception as error:  # ONNX Runtime has an exception class per status code
            raise ValueError(f'{self.path} is not a valid network: {error}') from error
        self._inputs = [given.name for given in self._session.get_inputs()]

    def __call__(self, *inputs: np.ndarray) -> np.ndarray:
        """First output of the network for one batch."""
        return self.run(inputs)[0]

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """All outputs of the network for one batch."""
        return self._session.run(None, dict(zip(self._inputs, inputs)))

    def __getstate__(self) -> dict[str, Any]:
        return {'path': self.path, 'threads': self.threads}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]
