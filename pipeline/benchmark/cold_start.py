"""Seconds from the start of an interpreter to the words of a first photo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pipeline

# time.time() is the clock that two processes share.
_CHILD = """
import json, sys, time
started, config, checkpoint, device, context, threads, photo = json.loads(sys.argv[1])
marks = [started, time.time()]
from pipeline import TextSpotter
marks.append(time.time())
if config is None and checkpoint is None:
    spotter = TextSpotter.default(device, threads=threads)
else:
    from pipeline.spotter import DEFAULT_CONFIG
    spotter = TextSpotter.from_config(config or DEFAULT_CONFIG, checkpoint, device)
if threads:
    import cv2
    cv2.setNumThreads(threads)
    if 'torch' in sys.modules:
        sys.modules['torch'].set_num_threads(threads)
if context is not None:
    spotter.use_context(context)
marks.append(time.time())
words = spotter.read(photo)
marks.append(time.time())
print(json.dumps([marks, time.process_time(), len(words)]), flush=True)
"""
PHASES = ('start Python', 'import pipeline', 'load weights', 'read photo')


@dataclass(frozen=True)
class ColdStart:
    """One fresh process.

    Attributes:
        seconds: Wall time from its start to its first result.
        cpu_seconds: Processor time until then, over all threads.
        phases: Wall time of each of ``PHASES``.
        words: Words found in the photo.
    """

    seconds: float
    cpu_seconds: float
    phases: dict[str, float]
    words: int


def measure_cold_start(
    photo: str | os.PathLike[str],
    config: str | os.PathLike[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    device: str = 'cpu',
    context: bool | None = None,
    threads: int | None = None,
) -> ColdStart:
    """Read one photo in a fresh process.

    Files that were read before may still be in the system's cache: after a reboot the first
    start also waits for the disk.

    Args:
        photo: A photo.
        config: A spotting config; None for the embedded default.
        checkpoint: Weights; None for the config's own.
        device: Where it runs.
        context: Turns scene context on or off; None leaves the config's own setting.
        threads: Of torch and OpenCV; None for their own choice.

    Raises:
        RuntimeError: If the process fails, with its last line.
    """
    paths = [None if path is None else os.fspath(path) for path in (config, checkpoint, photo)]
    root = str(Path(pipeline.__file__).parents[1])
    search = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
    arguments = [time.time(), paths[0], paths[1], device, context, threads, paths[2]]
    child = subprocess.run(
        [sys.executable, '-c', _CHILD, json.dumps(arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, 'PYTHONPATH': search},
    )
    if child.returncode:
        lines = child.stderr.strip().splitlines() or [f'exit status {child.returncode}']
        raise RuntimeError(f'the fresh process failed: {lines[-1]}')
    marks, cpu_seconds, words = json.loads(child.stdout.splitlines()[-1])
    phases = {name: marks[i + 1] - marks[i] for i, name in enumerate(PHASES)}
    return ColdStart(marks[-1] - marks[0], cpu_seconds, phases, words)
