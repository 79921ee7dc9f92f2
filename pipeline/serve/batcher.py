"""A bounded queue of images, from which worker threads read batches."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial

from pipeline.serve.errors import RequestError
from pipeline.serve.options import SpotOptions
from pipeline.serve.reader import Reader, Reading

_FIRST_GUESS_S = 0.5


@dataclass(eq=False)
class Job:
    """One image in the queue.

    Args:
        data: Bytes of the image file.
        label: Name of the image in messages.
        options: Options of its request.
        keep_image: Whether the ``Reading`` contains the image.
        future: Gets the ``Reading`` or the error. Cancelling a waiting job frees its place.
    """

    data: bytes
    label: str
    options: SpotOptions
    keep_image: bool = False
    future: Future[Reading] = field(default_factory=Future)


class Batcher:
    """Reads the images of all requests in batches.

    A worker takes the oldest waiting image, waits a moment for more images with the same options,
    and reads them together. If a batch fails, its images are read one by one, so that an image
    that cannot be read fails only its own request.

    Args:
        readers: One reader per worker thread.
        queue_size: Largest number of images that wait or are read.
        batch_size: Largest number of images per batch.
        wait_s: Time that a worker waits for more images.
        observe_batch: Called with the number of images and the seconds of each batch.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        queue_size: int = 64,
        batch_size: int = 4,
        wait_s: float = 0.005,
        observe_batch: Callable[[int, float], None] = lambda images, seconds: None,
    ) -> None:
        self.queue_size = queue_size
        self.batch_size = batch_size
        self.wait_s = wait_s
        self.can_use_context = bool(readers) and readers[0].can_use_context
        self._observe = observe_batch
        self._waiting: deque[Job] = deque()
        self._running = 0
        self._closing = False
        self._seconds_per_image = _FIRST_GUESS_S
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, args=(reader,), name=f'reader-{i}', daemon=True)
            for i, reader in enumerate(readers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def size(self) -> int:
        """Number of images that wait or are read."""
        return len(self._waiting) + self._running

    @property
    def is_ready(self) -> bool:
        """Whether images are accepted and all workers run."""
        return not self._closing and all(thread.is_alive() for thread in self._threads)

    def check_places(self, count: int = 1) -> None:
        """Check that there are places for this many images.

        Raises:
            RequestError: 503 with ``Retry-After`` if there are not.
        """
        if self._closing:
            raise RequestError(503, 'the server is stopping; try again.', {'Retry-After': '5'})
        if self.size + count > self.queue_size:
            seconds = str(self._seconds_until_free())
            raise RequestError(
                503,
                f'the queue of {self.queue_size} images is full; try again in {seconds} s.',
                {'Retry-After': seconds},
            )

    def submit(self, jobs: Sequence[Job]) -> None:
        """Add the images of one request, all or none.

        Raises:
            RequestError: 503 if the queue is full, 413 if the request exceeds the whole queue.
        """
        if len(jobs) > self.queue_size:
            raise RequestError(
                413,
                f'wanted at most {self.queue_size} images in one request, got {len(jobs)}; send '
                'several requests.',
            )
        with self._changed:
            self.check_places(len(jobs))
            self._waiting += jobs
            self._changed.notify_all()
        for job in jobs:
            job.future.add_done_callback(partial(self._drop_cancelled, job))

    def close(self) -> None:
        """Read what waits, then end the workers."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _seconds_until_free(self) -> int:
        workers = max(len(self._threads), 1)
        return min(max(math.ceil(self.size * self._seconds_per_image / workers / 2), 1), 60)

    def _drop_cancelled(self, job: Job, future: Future[Reading]) -> None:
        if future.cancelled():
            with self._changed:
                if job in self._waiting:
                    self._waiting.remove(job)

    def _work(self, reader: Reader) -> None:
        while (batch := self._take()) is not None:
            start = time.perf_counter()
            try:
                self._read(reader, batch)
            finally:
                seconds = time.perf_counter() - start
                with self._changed:
                    self._running -= len(batch)
                    self._seconds_per_image += 0.2 * (
                        seconds / len(batch) - self._seconds_per_image
                    )
                self._observe(len(batch), seconds)

    def _take(self) -> list[Job] | None:
        """The next batch, or None after :meth:`close` when nothing waits."""
        with self._changed:
            while True:
                while not self._waiting:
                    if self._closing:
                        return None
                    self._changed.wait()
                self._wait_for_more()
                batch = [job for job in self._same() if job.future.set_running_or_notify_cancel()]
                taken = set(map(id, batch))
                self._waiting = deque(
                    job
                    for job in self._waiting
                    if id(job) not in taken and not job.future.cancelled()
                )
                if batch:
                    self._running += len(batch)
                    return batch

    def _wait_for_more(self) -> None:
        deadline = time.monotonic() + self.wait_s
        while 0 < len(self._same()) < self.batch_size and not self._closing:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._changed.wait(left)

    def _same(self) -> list[Job]:
        """The oldest waiting images with the options of the oldest one."""
        same = [job for job in self._waiting if job.options == self._waiting[0].options]
        return same[: self.batch_size]

    def _read(self, reader: Reader, batch: list[Job]) -> None:
        try:
            readings = reader.read([(job.data, job.label) for job in batch], batch[0].options)
        except Exception as error:
            if len(batch) > 1:
                for job in batch:
                    self._read(reader, [job])
            else:
                batch[0].future.set_exception(error)
            return
        for job, reading in zip(batch, readings):
            job.future.set_result(reading if job.keep_image else replace(reading, image=None))
