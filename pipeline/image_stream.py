"""Reading of many images: several batches at once, results in order."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any, Literal, overload

import numpy as np

from pipeline.io import ImageReadError, read_image
from pipeline.io.several import is_single, split_batches
from pipeline.structures import ImageWords
from pipeline.utils.ordered_map import map_in_order


class ImageStream:
    """Base class that reads many images with the ``read_batch`` of its subclass."""

    @abstractmethod
    def read_batch(self, images: Sequence[Any]) -> list[ImageWords]:
        """Read images together."""

    @overload
    def stream(
        self,
        images: Iterable[Any],
        batch_size: int = 4,
        workers: int | None = None,
        errors: Literal['raise'] = 'raise',
    ) -> Iterator[ImageWords]: ...

    @overload
    def stream(
        self,
        images: Iterable[Any],
        batch_size: int = 4,
        workers: int | None = None,
        *,
        errors: Literal['return'],
    ) -> Iterator[ImageWords | ImageReadError]: ...

    def stream(
        self,
        images: Iterable[Any],
        batch_size: int = 4,
        workers: int | None = None,
        errors: str = 'raise',
    ) -> Iterator[Any]:
        """Read many images: several batches at once, results in order.

        While one batch is recognized, the next ones are decoded, detected and rectified.
        ``workers`` batches are held in memory.

        Args:
            images: Images, each as in :meth:`read`.
            batch_size: Number of images per batch; their crops are recognized together.
            workers: Number of batches that are read at the same time. None uses one per
                thread of a CPU, and two on a GPU.
            errors: ``'raise'`` raises the error of an image that cannot be read, after the
                results of all images before it. ``'return'`` yields the error instead of the words
                and goes on.

        Yields:
            Words of each image in reading order, or its error.

        Raises:
            TypeError: If ``images`` is a single image.
            ValueError: If a number is not positive, or ``errors`` is unknown.
            ImageReadError: If an image cannot be read and ``errors='raise'``.
        """
        if is_single(images) or isinstance(images, np.ndarray):
            raise TypeError(
                'images must be a list or another iterable of images, got one '
                f'{type(images).__name__}; read() takes one image. For a folder pass '
                "sorted(Path(folder).glob('*.jpg'))."
            )
        if batch_size < 1:
            raise ValueError(f'batch_size must be at least 1, got {batch_size}.')
        if errors not in ('raise', 'return'):
            raise ValueError(f"errors must be 'raise' or 'return', got {errors!r}.")
        batches = split_batches(images, batch_size)
        with closing(self.map_batches(self._read_readable, batches, workers)) as results:
            for result in chain.from_iterable(results):
                if errors == 'raise' and isinstance(result, ImageReadError):
                    raise result
                yield result

    def map_batches(
        self, work: Callable[[Any], Any], batches: Iterable[Any], workers: int | None = None
    ) -> Generator[Any, None, None]:
        """Apply a function that uses this spotter to several batches at once, in order.

        Args:
            work: Function of one batch.
            batches: Batches; at most ``workers + 1`` are taken before the first result.
            workers: Number of batches at the same time, as in :meth:`stream`.
        """
        workers = self.default_workers if workers is None else workers
        with self.divide_threads(workers) as start_worker:
            yield from map_in_order(work, batches, workers, start_worker)

    @property
    @abstractmethod
    def default_workers(self) -> int:
        """Number of batches that :meth:`stream` reads at the same time by default."""

    @contextmanager
    def divide_threads(self, workers: int) -> Iterator[Callable[[], object]]:
        """Divide the processor's cores among workers while open.

        Yields:
            Function that each worker calls when it starts.
        """
        yield lambda: None

    def _read_readable(self, sources: Sequence[Any]) -> list[ImageWords | ImageReadError]:
        found: list[Any] = []
        for source in sources:
            try:
                found.append(read_image(source))
            except ImageReadError as error:
                found.append(error)
        rows = [i for i, image in enumerate(found) if not isinstance(image, ImageReadError)]
        for i, words in zip(rows, self.read_batch([found[i] for i in rows]) if rows else []):
            found[i] = words
        return found
