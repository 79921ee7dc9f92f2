"""``POST /v1/spot``: the images of one request, from its body to its answer."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pipeline.io import ImageReadError, PhotoResult
from pipeline.io.download import fetch_url
from pipeline.io.pages import FilePage
from pipeline.io.urls import is_url, public_url
from pipeline.serve.batcher import Batcher, Job
from pipeline.serve.errors import RequestError
from pipeline.serve.files import check_total, list_images
from pipeline.serve.formats import ResultWithImage, choose_format
from pipeline.serve.metrics import Metrics
from pipeline.serve.options import SETTINGS, SpotOptions, parse_options, parse_switch
from pipeline.serve.reader import Reading
from pipeline.serve.settings import ServerSettings
from pipeline.serve.uploads import client_name, read_upload

WARNING_HEADER = 'X-Image-Warning'
_URL_TIMEOUT_S = 10.0


class ClientLeft(Exception):
    """The client has closed the connection before the answer."""


class Spot:
    """Answers requests for words.

    Args:
        batcher: Queue and workers.
        settings: Settings of the server.
        metrics: Counters.
    """

    def __init__(self, batcher: Batcher, settings: ServerSettings, metrics: Metrics) -> None:
        self.batcher = batcher
        self.settings = settings
        self.metrics = metrics
        self._bodies = 0

    async def answer(self, request: Request) -> Response:
        """Read the images of a request.

        Raises:
            RequestError: If the request is refused.
            ClientLeft: If the client leaves. Its waiting images are dropped.
        """
        self.batcher.check_places()
        files, fields = await self._receive(request)
        settings = {name: _take(fields, name) for name in SETTINGS}
        urls = [value for name, value in fields if name == 'url']
        options = parse_options(pair for pair in fields if pair[0] != 'url')
        self._check_options(options)
        has_images = parse_switch('images', settings['images'])
        chosen = choose_format(settings['format'], request.headers.get('accept'))
        files += [await self._download(url) for url in urls]
        if not files:
            raise RequestError(
                422, 'wanted at least one image, got none; send curl -F image=@photo.jpg.'
            )
        if settings['name'] and len(files) == 1:
            files = [(client_name(settings['name']), files[0][1])]
        pages, warnings = await self._list_images(files, settings['password'])
        jobs = [Job(page, options, chosen.needs_images or has_images) for page in pages]
        readings = await self._read(request, jobs)
        self.metrics.observe_words(sum(len(reading.page.words) for reading in readings))
        kind = ResultWithImage if has_images else PhotoResult
        results = [
            kind(_stem(page), page.label, reading.page, reading.seconds, reading.image)
            for page, reading in zip(pages, readings)
        ]
        content, media_type = await run_in_threadpool(chosen.answer, results)
        warnings += [reading.warning for reading in readings if reading.warning]
        headers = {WARNING_HEADER: urllib.parse.quote('; '.join(warnings), ' (),;:')}
        return Response(content, media_type=media_type, headers=headers if warnings else None)

    async def _list_images(
        self, files: Sequence[tuple[str, bytes]], password: str | None
    ) -> tuple[list[FilePage], list[str]]:
        """The images of all files within the bounds, and warnings."""
        pages: list[FilePage] = []
        warnings: list[str] = []
        for name, data in files:
            found, damage = await run_in_threadpool(
                list_images, data, name, password, self.settings
            )
            pages += found
            warnings += [damage] if damage else []
            check_total(pages, self.settings.max_total_pixels)
        return pages, warnings

    async def _receive(
        self, request: Request
    ) -> tuple[list[tuple[str, bytes]], list[tuple[str, str]]]:
        """Images, and fields of the query and the form."""
        # Bodies are in memory while they arrive, so their number is bounded as well.
        if self._bodies >= 4 * self.batcher.queue_size:
            raise RequestError(
                503, 'too many uploads at the same time; try again.', {'Retry-After': '2'}
            )
        self._bodies += 1
        try:
            upload = await read_upload(request, self.settings.max_body)
        finally:
            self._bodies -= 1
        if 'password' in request.query_params:
            raise RequestError(
                422, 'password: wanted a form field, got a part of the address, which is logged.'
            )
        return upload.images, [*request.query_params.multi_items(), *upload.fields]

    def _check_options(self, options: SpotOptions) -> None:
        if options.context and not self.batcher.can_use_context:
            raise RequestError(
                422, 'context: the recognizer of this server has no scene context; leave it out.'
            )

    async def _download(self, url: str) -> tuple[str, bytes]:
        if not self.settings.allow_urls:
            raise RequestError(
                422, 'url: this server does not read addresses; send the image itself.'
            )
        if not is_url(url):
            raise RequestError(422, f'url: wanted an http or https address, got {url[:80]!r}.')
        try:
            data = await run_in_threadpool(
                fetch_url, url, _URL_TIMEOUT_S, self.settings.max_body, True
            )
        except ImageReadError as error:
            raise RequestError(422, f'url: {error}') from None
        path = urllib.parse.urlsplit(public_url(url)).path
        return client_name(urllib.parse.unquote(path)), data

    async def _read(self, request: Request, jobs: Sequence[Job]) -> list[Reading]:
        """Readings of the jobs, or ``ClientLeft``. No job stays in the queue after an error."""
        self.batcher.submit(jobs)
        readings = asyncio.gather(*(asyncio.wrap_future(job.future) for job in jobs))
        readings.add_done_callback(_retrieve)
        left = asyncio.ensure_future(_until_client_leaves(request))
        either: set[asyncio.Future[Any]] = {readings, left}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not readings.done():
                raise ClientLeft
            return readings.result()
        finally:
            left.cancel()
            readings.cancel()
            for job in jobs:
                job.future.cancel()


def _stem(page: FilePage) -> str:
    """Stem of the result files of an image, as ``clipter infer`` names them."""
    if page.number is None:
        return PurePosixPath(page.label).stem
    return f'{PurePosixPath(page.label.rpartition("#page=")[0]).stem}-p{page.number:03d}'


def _take(fields: list[tuple[str, str]], name: str) -> str | None:
    """Remove a field; returns its last value."""
    values = [value for key, value in fields if key == name]
    fields[:] = [pair for pair in fields if pair[0] != name]
    return values[-1] if values else None


def _retrieve(readings: asyncio.Future[list[Reading]]) -> None:
    """Retrieve the error of readings whose client has left, which asyncio would log."""
    if not readings.cancelled():
        readings.exception()


async def _until_client_leaves(request: Request) -> None:
    while (await request.receive())['type'] != 'http.disconnect':
        pass
