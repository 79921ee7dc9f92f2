"""A bounded queue of images, from which worker threads read batches."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from pipeline.io.pages import FilePage
from pipeline.serve.errors import RequestError
from pipeline.serve.files import count_pixels
from pipeline.serve.options import SpotOptions
from pipeline.serve.reader import Reader, Reading

_FIRST_GUESS_S = 0.5


@dataclass(eq=False)
class Job:
    """One image in the queue.

    Args:
        page: The image.
        options: Options of its request.
        keep_image: Whether the ``Reading`` contains the image.
        future: Gets the ``Reading`` or the error. Cancelling a waiting job frees its place.
    """

    page: FilePage
    options: SpotOptions
    keep_image: bool = False
    future: Future[Reading] = field(default_factory=Future)


class Batcher:
    """Reads the images of all requests in batches.

    A worker takes the oldest waiting image, waits a moment for more images with the same options,
    and reads them together. Several workers read batches with equal options at the same time, as
    ``TextSpotter.stream`` does: while the images of one batch are decoded, those of another are
    recognized. Images with other options wait until the workers have finished their batches. If a
    batch fails, its images are read one by one, so that an image that cannot be read fails only
    its own request.

    Args:
        reader: Reader of all workers.
        queue_size: Largest number of images that wait or are read.
        batch_size: Largest number of images per batch. The images of a batch have at most
            ``reader.max_pixels`` pixels together.
        wait_s: Time that a worker waits for more images.
        workers: Number of batches that are read at the same time. None uses the
            ``default_workers`` of the spotter.
        observe_batch: Called with the number of images and the seconds of each batch.
    """

    def __init__(
        self,
        reader: Reader,
        queue_size: int = 64,
        batch_size: int = 4,
        wait_s: float = 0.005,
        workers: int | None = None,
        observe_batch: Callable[[int, float], None] = lambda images, seconds: None,
    ) -> None:
        self.queue_size = queue_size
        self.batch_size = batch_size
        self.wait_s = wait_s
        self._reader = reader
        self._observe = observe_batch
        self._waiting: deque[Job] = deque()
        self._running = 0
        self._closing = False
        self._seconds_per_image = _FIRST_GUESS_S
        self._changed = threading.Condition()
        self._options: SpotOptions | None = None  # of the spotter; None while they change
        self._busy = 0  # number of workers with a batch
        workers = workers or reader.spotter.default_workers
        self._stack = ExitStack()
        start_worker = self._stack.enter_context(reader.spotter.divide_threads(workers))
        self._threads = [
            threading.Thread(
                target=self._work, args=(start_worker,), name=f'reader-{i}', daemon=True
            )
            for i in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def can_use_context(self) -> bool:
        """Whether the spotter can use scene context."""
        return self._reader.can_use_context

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
        self._stack.close()

    def _seconds_until_free(self) -> int:
        seconds = self.size * self._seconds_per_image / len(self._threads) / 2
        return min(max(math.ceil(seconds), 1), 60)

    def _drop_cancelled(self, job: Job, future: Future[Reading]) -> None:
        if future.cancelled():
            with self._changed:
                if job in self._waiting:
                    self._waiting.remove(job)

    def _work(self, start: Callable[[], object]) -> None:
        start()
        while (batch := self._take()) is not None:
            begin = time.perf_counter()
            try:
                self._read(batch)
            finally:
                seconds = time.perf_counter() - begin
                with self._changed:
                    self._busy -= 1
                    self._seconds_per_image += 0.2 * (
                        seconds / len(batch) - self._seconds_per_image
                    )
                    self._changed.notify_all()
                self._observe(len(batch), seconds)

    def _take(self) -> list[Job] | None:
        """The next batch, or None after :meth:`close` when nothing waits."""
        with self._changed:
            while True:
                while not self._can_start():
                    if self._closing and not self._waiting:
                        return None
                    self._changed.wait()
                self._wait_for_more()
                if not self._can_start():  # Another worker took the images.
                    continue
                batch = [job for job in self._same() if job.future.set_running_or_notify_cancel()]
                taken = set(map(id, batch))
                self._waiting = deque(
                    job
                    for job in self._waiting
                    if id(job) not in taken and not job.future.cancelled()
                )
                if batch:
                    self._running += len(batch)
                    self._busy += 1
                    if self._options != batch[0].options:
                        self._options = None
                    return batch

    def _can_start(self) -> bool:
        """Whether the spotter has the options of the oldest image, or may get them."""
        if not self._waiting:
            return False
        return not self._busy or self._options == self._waiting[0].options

    def _wait_for_more(self) -> None:
        deadline = time.monotonic() + self.wait_s
        while 0 < len(self._waiting) < self.batch_size and not self._closing:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._changed.wait(left)

    def _same(self) -> list[Job]:
        """Images with the options of the oldest one: the share of one of the idle workers."""
        same = [job for job in self._waiting if job.options == self._waiting[0].options]
        share = math.ceil(len(same) / (len(self._threads) - self._busy))
        batch: list[Job] = []
        pixels = 0
        for job in same[: min(share, self.batch_size)]:
            pixels += count_pixels(job.page)
            if batch and pixels > self._reader.max_pixels:
                break
            batch.append(job)
        return batch

    def _read(self, batch: list[Job]) -> None:
        try:
            self._apply(batch[0].options)
            readings = self._reader.read([job.page for job in batch])
            pairs = list(zip(batch, readings, strict=True))
        except Exception as error:
            if len(batch) > 1:
                for job in batch:
                    self._read([job])
            else:
                self._free_place()
                batch[0].future.set_exception(error)
            return
        for job, reading in pairs:
            self._free_place()
            job.future.set_result(reading if job.keep_image else replace(reading, image=None))

    def _free_place(self) -> None:
        """Free the place of an image before its answer, whose client may send the next one."""
        with self._changed:
            self._running -= 1

    def _apply(self, options: SpotOptions) -> None:
        """Set the options of the spotter. No other worker reads while they change."""
        if self._options is None:
            self._reader.apply(options)
            with self._changed:
                self._options = options
                self._changed.notify_all()
