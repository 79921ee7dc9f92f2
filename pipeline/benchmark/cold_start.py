"""Time from the start of the Python interpreter to the words of the first image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pipeline

# time.time() is the clock that two processes share.
_CHILD = """
import json, sys, time
started, threads, photo, choice = json.loads(sys.argv[1])
marks = [started, time.time()]
from pipeline.spotter_choice import SpotterChoice
marks.append(time.time())
spotter = SpotterChoice(**choice, threads=threads).build()
if threads:
    import cv2
    cv2.setNumThreads(threads)
    if 'torch' in sys.modules:
        sys.modules['torch'].set_num_threads(threads)
marks.append(time.time())
words = len(spotter.read(photo))
marks.append(time.time())
"""
_PEER_CHILD = """
import json, sys, time
started, threads, photo, _ = json.loads(sys.argv[1])
marks = [started, time.time()]
from rapidocr import RapidOCR
marks.append(time.time())
params = {'Global.log_level': 'error'}
if threads:
    params['EngineConfig.onnxruntime.intra_op_num_threads'] = threads
engine = RapidOCR(params=params)
marks.append(time.time())
words = len(engine(photo).txts or ())
marks.append(time.time())
"""
_END = """
try:
    with open('/proc/self/status') as status:
        peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith('VmHWM'))
except (OSError, StopIteration):
    peak = None
print(json.dumps([marks, time.process_time(), words, peak]), flush=True)
"""
PHASES = ('start Python', 'import', 'load weights', 'read photo')


@dataclass(frozen=True)
class ColdStart:
    """Times of a new process until its first result.

    Attributes:
        seconds: Wall time.
        cpu_seconds: Processor time over all threads.
        phases: Wall time of each of ``PHASES``.
        words: Number of words found in the image.
        peak: Peak memory in MiB; None if the system does not report it.
    """

    seconds: float
    cpu_seconds: float
    phases: dict[str, float]
    words: int
    peak: float | None


def measure_cold_start(
    photo: str | os.PathLike[str],
    choice: Mapping[str, Any] = MappingProxyType({}),
    threads: int | None = None,
    peer: bool = False,
) -> ColdStart:
    """Read one image in a new process.

    Files may be in the disk cache of the system. The first start after a reboot also waits for the
    disk.

    Args:
        photo: Path of the image.
        choice: Arguments of the :class:`pipeline.spotter_choice.SpotterChoice` that is built,
            without ``threads``.
        threads: Number of threads of the engine and OpenCV; None keeps their defaults.
        peer: Read with RapidOCR instead of the spotter.

    Raises:
        RuntimeError: If the process fails. The message contains the last line of its error output.
    """
    root = str(Path(pipeline.__file__).parents[1])
    search = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
    arguments = [time.time(), threads, os.fspath(photo), dict(choice)]
    child = subprocess.run(
        [sys.executable, '-c', (_PEER_CHILD if peer else _CHILD) + _END, json.dumps(arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, 'PYTHONPATH': search},
    )
    if child.returncode:
        lines = child.stderr.strip().splitlines() or [f'exit status {child.returncode}']
        raise RuntimeError(f'the fresh process failed: {lines[-1]}')
    marks, cpu_seconds, words, peak = json.loads(child.stdout.splitlines()[-1])
    phases = {name: marks[i + 1] - marks[i] for i, name in enumerate(PHASES)}
    return ColdStart(marks[-1] - marks[0], cpu_seconds, phases, words, peak)
