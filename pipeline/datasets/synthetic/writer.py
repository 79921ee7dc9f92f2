"""Writes scenes to a folder with one or several processes; an interrupted run can be continued."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.datasets.synthetic.annotation import make_instances
from pipeline.datasets.synthetic.generator import SceneGenerator

DRAWING = 3  # increment when a seed draws another scene than before


class SceneWriter:
    """Writes images/NNNNNNNN.jpg and scenes/NNNNNNNN.json (an MMOCR sample) to a folder.

    Args:
        generator: Scene generator.
        out: Output folder.
        seed: Random seed; scene i is drawn with the seed ``[seed, i]``.
        quality: JPEG quality, 1 to 100.

    Raises:
        ValueError: If the folder contains scenes of another seed, generator or quality.
    """

    def __init__(self, generator: SceneGenerator, out: Path, seed: int, quality: int = 90) -> None:
        self.generator = generator
        self.out = out
        self.seed = seed
        self.quality = quality
        settings = {'seed': seed, 'quality': quality, 'generator': _fingerprint(generator)}
        path = out / 'settings.json'
        if path.exists() and json.loads(path.read_text(encoding='utf-8')) != settings:
            raise ValueError(
                f'{out} contains scenes of {path.read_text(encoding="utf-8")}, not of {settings}; '
                'set another folder.'
            )
        for folder in ('images', 'scenes'):
            (out / folder).mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding='utf-8')

    def write(self, index: int) -> dict[str, Any]:
        """Draw and write one scene, or return the record of an earlier run."""
        name = f'{index:08d}'
        image_path = self.out / 'images' / f'{name}.jpg'
        record_path = self.out / 'scenes' / f'{name}.json'
        if record_path.exists() and image_path.exists():
            return json.loads(record_path.read_text(encoding='utf-8'))
        scene = self.generator.draw(np.random.default_rng([self.seed, index]))
        _, code = cv2.imencode('.jpg', scene.image, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        image_path.write_bytes(code.tobytes())
        record = {
            'img_path': f'images/{name}.jpg',
            'height': scene.image.shape[0],
            'width': scene.image.shape[1],
            'instances': make_instances(scene.words),
        }
        partial = record_path.with_suffix('.part')
        partial.write_text(json.dumps(record), encoding='utf-8')
        os.replace(partial, record_path)  # atomic write
        return record

    def write_all(self, count: int, workers: int = 1) -> Iterator[dict[str, Any]]:
        """Write scenes 0 to count - 1 and yield their records in order."""
        if workers == 1:
            yield from map(self.write, range(count))
            return
        context = _fresh_processes()
        with context.Pool(workers, _start_worker, (self,)) as pool:
            yield from pool.imap(_write, range(count), chunksize=4)


def _fresh_processes() -> BaseContext:
    """Multiprocessing context of the workers.

    Workers are not forked from this process, because a child could inherit a lock held by a thread
    of OpenCV or torch. They are forked from a server process that has imported this module. If
    forkserver is not available, they are spawned and each imports the module itself.
    """
    if 'forkserver' not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context('spawn')
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload([__name__])
    return context


_writer: SceneWriter


def _start_worker(writer: SceneWriter) -> None:
    global _writer
    _writer = writer
    cv2.setNumThreads(0)  # one thread per process


def _write(index: int) -> dict[str, Any]:
    return _writer.write(index)


def _fingerprint(generator: SceneGenerator) -> str:
    """Hash of everything that determines the scenes; background files are identified by name."""
    fonts = [(face.family, face.style) for family in generator.families for face in family]
    photos = [Path(path).name for path in generator.backgrounds]
    parts = [
        DRAWING,
        fonts,
        photos,
        generator.size,
        generator.word_count,
        generator.cap_height_px,
        generator.drawn_share,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
