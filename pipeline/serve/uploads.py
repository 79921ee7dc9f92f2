"""Bodies of requests: images and form fields, with bounds on size and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from pipeline.serve.errors import RequestError
from pipeline.utils.word_encoding import decode_words

RAW_NAME = 'image'
"""Name of an image that is sent as a raw body."""
_FILE_TYPES = ('application/pdf', 'application/octet-stream')
_CHUNK_TIMEOUT_S = 30.0
_MAX_PARTS = 1000


@dataclass
class Upload:
    """The content of a request.

    Args:
        images: (name, bytes) of each image.
        fields: (name, value) of each form field.
    """

    images: list[tuple[str, bytes]] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)


class _InMemoryParser(MultiPartParser):
    """Keeps files in memory, because the size of the body is bounded already."""

    spool_max_size = 1 << 62
    is_complete = False

    def on_end(self) -> None:
        self.is_complete = True


async def read_upload(request: Request, max_body: int) -> Upload:
    """Read the body of a request.

    Args:
        request: Request with a multipart form, an image, or no body.
        max_body: Largest number of bytes.

    Raises:
        RequestError: 413 if the body is too large, 415 if its type is another one, 422 if the form
            is malformed, 408 if the client stops sending.
        ClientDisconnect: If the client leaves.
    """
    length = request.headers.get('content-length', '')
    if length.isdigit() and int(length) > max_body:
        raise _too_large(max_body)
    kind = request.headers.get('content-type', '').partition(';')[0].strip().lower()
    body = _bounded(request, max_body)
    if kind == 'multipart/form-data':
        return await _read_form(request, body)
    data = b''.join([chunk async for chunk in body])
    # curl --data-binary sends an image with this type unless another one is given.
    if kind == 'application/x-www-form-urlencoded' and _is_text(data):
        return Upload(fields=parse_qsl(data.decode('utf-8', 'replace'), keep_blank_values=True))
    if kind.startswith('image/') or kind in _FILE_TYPES:
        return Upload([(RAW_NAME, data)])
    if not data and not kind:
        return Upload()
    raise RequestError(
        415,
        'wanted an image as multipart/form-data, image/*, application/pdf or '
        'application/octet-stream, got '
        f'{kind[:80] or "no Content-Type"}; send curl -F image=@photo.jpg, for example.',
    )


def _is_text(data: bytes) -> bool:
    try:
        return '\0' not in data.decode('utf-8')
    except UnicodeDecodeError:
        return False


async def _read_form(request: Request, body: AsyncGenerator[bytes, None]) -> Upload:
    upload = Upload()
    try:
        parser = _InMemoryParser(request.headers, body, max_files=_MAX_PARTS, max_fields=_MAX_PARTS)
        form = await parser.parse()
    except MultiPartException as error:
        raise _malformed(error.message.rstrip('.')) from None
    try:
        if not parser.is_complete:  # The last part would be missing without a notice.
            raise _malformed('the closing boundary is missing')
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                upload.fields.append((name, value))
            elif name == 'words':
                upload.fields.append((name, _word_list(await value.read())))
            elif value.filename or value.size:  # Browsers send an empty part for no file.
                upload.images.append((client_name(value.filename), await value.read()))
    finally:
        await form.close()
    return upload


def client_name(name: str | None) -> str:
    """The name of a client's file without its folders and unprintable characters."""
    base = PureWindowsPath(name or '').name  # separators are / and \
    printable = ''.join(character for character in base if character.isprintable())
    return printable[:200] or RAW_NAME


def _malformed(reason: str) -> RequestError:
    return RequestError(
        422, f'wanted a form as multipart/form-data, got a malformed one ({reason}).'
    )


def _word_list(data: bytes) -> str:
    try:
        return decode_words(data, 'list')
    except ValueError as error:
        raise RequestError(422, f'words: {error}') from None


async def _bounded(request: Request, max_body: int) -> AsyncGenerator[bytes, None]:
    size = 0
    stream: AsyncIterator[bytes] = request.stream()
    while True:
        try:
            chunk = await asyncio.wait_for(anext(stream), _CHUNK_TIMEOUT_S)
        except StopAsyncIteration:
            return
        except asyncio.TimeoutError:
            raise RequestError(
                408, f'wanted the rest of the body, got nothing for {_CHUNK_TIMEOUT_S:g} s.'
            ) from None
        size += len(chunk)
        if size > max_body:
            raise _too_large(max_body)
        yield chunk


def _too_large(max_body: int) -> RequestError:
    return RequestError(
        413,
        f'wanted a body of at most {max_body / 1e6:g} MB, got a larger one; send smaller images '
        'or several requests.',
    )
