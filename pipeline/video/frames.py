"""Frames of a video file or a camera, through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np


class Frame(NamedTuple):
    """One frame.

    Attributes:
        number: Number of the frame, from 0.
        time_s: Time from the start in seconds.
        image: (H, W, 3) uint8 BGR.
    """

    number: int
    time_s: float
    image: np.ndarray


class VideoReader:
    """Reads the frames of a video file, or of a camera until the reader is closed.

    Args:
        source: Path of a file, or the number of a camera.

    Raises:
        ValueError: If OpenCV cannot open it.
    """

    def __init__(self, source: str | int) -> None:
        self.is_camera = isinstance(source, int)
        self._capture = cv2.VideoCapture(source)
        if not self._capture.isOpened():
            raise ValueError(
                f'no camera {source}'
                if self.is_camera
                else f'{source}: not a video that OpenCV can read'
            )
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = fps if 0 < fps < 1000 else 25.0
        """Frames per second; 25 if the file does not state it."""
        self.count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        """Number of frames as the file states it, which may be wrong; 0 if unknown."""

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._capture.release()

    def __iter__(self) -> Iterator[Frame]:
        """The frames in order. The times of a camera are those of the clock."""
        start = time.monotonic()
        number = 0
        while True:
            found, image = self._capture.read()
            if not found:
                return
            seconds = time.monotonic() - start if self.is_camera else number / self.fps
            yield Frame(number, seconds, image)
            number += 1
