"""Time per image beside that of RapidOCR, in alternating blocks of images."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.io import InputItem
from pipeline.io.several import split_batches
from pipeline.spotter import TextSpotter

Peer = Callable[[np.ndarray], Any]
BLOCK = 8


@dataclass(frozen=True)
class Comparison:
    """Seconds per image of alternating blocks.

    Attributes:
        own: Seconds per image of each block of the spotter.
        peer: Seconds per image of each block of the other program.
        own_busy: Processor time over wall time of the spotter: 2.0 keeps two cores busy.
        peer_busy: The same of the other program.
    """

    own: list[float]
    peer: list[float]
    own_busy: float
    peer_busy: float

    @property
    def ratio(self) -> float:
        """Median over the blocks of the spotter's time over the other program's."""
        return statistics.median(a / b for a, b in zip(self.own, self.peer))


def check_rapidocr() -> None:
    """Raise an ``ImportError`` with the command that installs RapidOCR, if it is missing."""
    if importlib.util.find_spec('rapidocr') is None:
        raise ImportError("rapidocr is not installed: pip install -e '.[convert]'")


def build_rapidocr(threads: int | None = None) -> Peer:
    """RapidOCR with its default networks (PP-OCRv6 small), which reads one image per call.

    Args:
        threads: Threads of ONNX Runtime. None keeps its default, one per core.

    Raises:
        ImportError: If rapidocr is not installed.
    """
    check_rapidocr()
    from rapidocr import RapidOCR

    params: dict[str, Any] = {'Global.log_level': 'error'}
    if threads is not None:
        params['EngineConfig.onnxruntime.intra_op_num_threads'] = threads
    return RapidOCR(params=params)


def compare(
    spotter: TextSpotter,
    peer: Peer,
    items: Sequence[InputItem],
    batch_size: int = 4,
    repeat: int = 1,
    on_images: Callable[[int], object] = lambda count: None,
) -> Comparison:
    """Read blocks of images with both programs in turn, from the encoded file to the words.

    Other load on the machine affects both. One block is read before the clock starts.

    Args:
        spotter: Spotter to measure; it reads several batches at once.
        peer: Other program.
        items: Images.
        batch_size: Images per batch of the spotter.
        repeat: Number of passes over the images.
        on_images: Callback that receives the number of images of each finished block.
    """
    blocks = list(split_batches(items, BLOCK))
    _read(spotter, blocks[0], batch_size)
    _read_by_peer(peer, blocks[0][:2])
    own: list[float] = []
    theirs: list[float] = []
    busy = np.zeros((2, 2))
    for _ in range(repeat):
        for block in blocks:
            for row, (times, work) in enumerate(
                (
                    (own, lambda: _read(spotter, block, batch_size)),  # noqa: B023
                    (theirs, lambda: _read_by_peer(peer, block)),  # noqa: B023
                )
            ):
                start, cpu_start = time.perf_counter(), time.process_time()
                work()
                seconds = time.perf_counter() - start
                times.append(seconds / len(block))
                busy[row] += (time.process_time() - cpu_start, seconds)
            on_images(len(block))
    return Comparison(own, theirs, *(busy[:, 0] / busy[:, 1]).tolist())


def _read(spotter: TextSpotter, items: Sequence[InputItem], batch_size: int) -> None:
    def work(batch: list[InputItem]) -> None:
        spotter.read_batch([item.load() for item in batch])

    for _ in spotter.map_batches(work, split_batches(items, batch_size)):
        pass


def _read_by_peer(peer: Peer, items: Sequence[InputItem]) -> None:
    for item in items:
        peer(item.load())
