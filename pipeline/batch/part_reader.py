"""The actor of a batch run: one spotter in one process, which reads whole parts."""

from __future__ import annotations

import contextlib
import json
import os
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.batch.part_folder import Part, PartFolder
from pipeline.batch.rows import error_row, read_rows
from pipeline.io.errors import ImageReadWarning
from pipeline.spotter_choice import SpotterChoice


@dataclass(frozen=True)
class ReaderSettings:
    """What a :class:`PartReader` needs.

    Args:
        spotter: The spotter.
        out: Folder of the results.
        folder: Working directory of the command, which relative paths refer to.
        threads: Number of threads of the networks and of OpenCV.
        strict: Whether damaged images are refused.
        password: Password of PDF files.
    """

    spotter: SpotterChoice
    out: PartFolder
    folder: str
    threads: int = 1
    strict: bool = False
    password: str | None = None


class PartReader:
    """Reads parts and writes their results.

    An instance changes the working directory and the number of threads of its process, so it
    belongs into a process of its own.

    Args:
        settings: Settings of the run.
    """

    def __init__(self, settings: ReaderSettings) -> None:
        with contextlib.suppress(OSError):  # A node without this folder reads absolute paths.
            os.chdir(settings.folder)
        _limit_threads(settings.threads, uses_torch=settings.spotter.runs_in_torch)
        warnings.simplefilter('ignore', ImageReadWarning)
        self.settings = settings
        self.spotter = settings.spotter.build()

    def read(self, part: Part) -> dict[str, Any]:
        """Read and write one part; returns its manifest with ``seconds``."""
        start = time.perf_counter()
        rows = [
            row
            for source in part.inputs
            for row in read_rows(self.spotter, source, self.settings.strict, self.settings.password)
        ]
        manifest = self.settings.out.write(part, rows)
        return {**manifest, 'seconds': time.perf_counter() - start}

    def __call__(self, batch: dict[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """The function of Ray Data: parts in, one row per part out, with the error of writing."""
        done: dict[str, list[Any]] = {'number': [], 'inputs': [], 'errors': [], 'failure': []}
        for number, inputs in zip(batch['number'], batch['inputs']):
            part = Part(int(number), tuple(json.loads(str(inputs))))
            errors, failure = 0, ''
            try:
                errors = self.read(part)['errors']
            except Exception as error:  # Reported by the driver, which has the terminal.
                failure = f'{type(error).__name__}: {error}'
            done['number'].append(part.number)
            done['inputs'].append(len(part.inputs))
            done['errors'].append(errors)
            done['failure'].append(failure)
        return done


def write_crash(out: PartFolder, part: Part) -> None:
    """Write error rows for inputs whose reading has ended the process."""
    message = 'the process that read this image died: out of memory, or a fault of a decoder'
    out.write(part, [error_row(source, f'{source}: {message}') for source in part.inputs])


def _limit_threads(threads: int, uses_torch: bool) -> None:
    import cv2

    cv2.setNumThreads(threads)
    if uses_torch:
        import torch

        torch.set_num_threads(threads)
