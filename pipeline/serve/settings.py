"""Settings of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ServerSettings:
    """Settings of a server.

    Args:
        max_body: Largest number of bytes of a request, and of a downloaded image.
        max_pixels: Largest number of pixels per image.
        max_pages: Largest number of pages of a PDF or TIFF file.
        max_total_pixels: Largest number of pixels of all images of a request.
        queue_size: Largest number of images that wait or are read.
        batch_size: Largest number of images per batch.
        batch_wait_s: Time that a batch waits for more images.
        workers: Number of batches that are read at the same time. None uses the
            ``default_workers`` of the spotter.
        allow_urls: Whether images are downloaded from URLs in requests.
        keys: Accepted keys. Without keys every request is accepted.
    """

    max_body: int = 32_000_000
    max_pixels: int = 50_000_000
    max_pages: int = 32
    max_total_pixels: int = 200_000_000
    queue_size: int = 64
    batch_size: int = 4
    batch_wait_s: float = 0.005
    workers: int | None = None
    allow_urls: bool = False
    keys: tuple[str, ...] = ()
