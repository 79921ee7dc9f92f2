"""Reading of files from http(s) URLs, and from other addresses through fsspec."""

from __future__ import annotations

import base64
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from pipeline.io.errors import ImageReadError
from pipeline.io.public_address import public_handlers
from pipeline.io.urls import public_url, without_credentials

Chunks = Generator[bytes, None, None]

_CHUNK_BYTES = 1 << 16
_MAX_BYTES = 200_000_000
_GZIP_START = b'\x1f\x8b'
_ANY_HEADER = 32 + zlib.MAX_WBITS  # gzip or zlib.


def fetch_url(
    url: str,
    timeout_s: float = 30.0,
    max_bytes: int = _MAX_BYTES,
    public_only: bool = False,
) -> bytes:
    """Download a file into memory.

    Args:
        url: An http(s) URL, or another URL that fsspec supports, such as ``s3://bucket/a.png``.
            ``user:password@`` before the host of an http(s) URL is sent as basic authentication,
            only to this host.
        timeout_s: Timeout of each network operation in seconds. The whole download may take four
            times as long. fsspec uses its own timeouts.
        max_bytes: Maximum size of the file, after decompression.
        public_only: Whether only http(s) URLs of public internet addresses are read, also after
            redirects. Required for URLs that others choose.

    Raises:
        ImageReadError: If the server is unreachable, reports an error, redirects to another scheme
            than http(s), or is too slow, or the file is too large, or fsspec or its package for
            this scheme is not installed, or the address is not public. The message does not
            contain the password.
    """
    return fetch_start(url, lambda _: True, timeout_s, max_bytes, public_only)[0]


def fetch_start(
    url: str,
    is_wanted: Callable[[bytes], bool],
    timeout_s: float = 30.0,
    max_bytes: int = _MAX_BYTES,
    public_only: bool = False,
) -> tuple[bytes, bool]:
    """Download the start of a file, and the rest only if it is wanted.

    Args:
        url: As in :func:`fetch_url`.
        is_wanted: Called with the first bytes of the file; returns whether to download the rest.
        timeout_s: As in :func:`fetch_url`.
        max_bytes: As in :func:`fetch_url`.
        public_only: As in :func:`fetch_url`.

    Returns:
        The bytes, and whether they are the whole file.

    Raises:
        ImageReadError: As in :func:`fetch_url`.
    """
    label = public_url(url)
    deadline = time.monotonic() + 4 * timeout_s
    data = bytearray()
    is_http = url.lower().startswith(('http://', 'https://'))
    if public_only and not is_http:
        raise ImageReadError(f'{label}: only http and https addresses are read')
    chunks = (
        _http_chunks(url, label, timeout_s, public_only) if is_http else _fsspec_chunks(url, label)
    )
    with closing(_decompress(chunks, label)) as decompressed:
        for chunk in decompressed:
            is_first = not data
            data += chunk
            if len(data) > max_bytes:
                raise ImageReadError(f'{label}: larger than {max_bytes / 1e6:g} MB')
            if time.monotonic() > deadline:
                raise ImageReadError(f'{label}: not done after {4 * timeout_s:g} s')
            if is_first and not is_wanted(bytes(data)):
                return bytes(data), False
    return bytes(data), True


def _http_chunks(url: str, label: str, timeout_s: float, public_only: bool) -> Chunks:
    try:
        opener = urllib.request.build_opener(
            _Redirects, *(public_handlers() if public_only else ())
        )
        with opener.open(_make_request(url), timeout=timeout_s) as response:
            encoding = (response.headers.get('Content-Encoding') or '').strip().lower()
            if encoding not in ('', 'identity', 'gzip', 'x-gzip', 'deflate'):
                raise ImageReadError(f'{label}: unsupported Content-Encoding {encoding}')
            start = response.read(_CHUNK_BYTES)
            if encoding == 'deflate':
                start = _with_zlib_header(start)
            while start:
                yield start
                start = response.read(_CHUNK_BYTES)
    except urllib.error.HTTPError as error:
        hint = ' (user:password@ before the host logs in)' if error.code == 401 else ''
        raise ImageReadError(f'{label}: HTTP error {error.code} {error.reason}{hint}') from error
    except TimeoutError as error:
        raise ImageReadError(f'{label}: no answer within {timeout_s:g} s') from error
    except urllib.error.URLError as error:
        raise ImageReadError(f'{label}: {error.reason}') from error
    except ImageReadError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ImageReadError(f'{label}: {error or type(error).__name__}') from error


def _make_request(url: str) -> urllib.request.Request:
    """A request without credentials in the URL.

    Raises:
        ValueError: If the URL is not valid. The message does not contain credentials.
    """
    parts = urllib.parse.urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError(
            'the port is not a number; percent-encode special characters in a password'
        ) from None
    host = parts.hostname or ''
    if not host.isascii():
        host = host.encode('idna').decode('ascii')
    host = f'[{host}]' if ':' in host else host
    bare = parts._replace(netloc=host if port is None else f'{host}:{port}').geturl()
    # Quotes spaces and non-ASCII letters, as browsers do. Quoted characters stay the same.
    quoted = urllib.parse.quote(bare, safe="%/:=&?~#+!$,;'@()*[]")
    # Some servers refuse the user agent of urllib.
    request = urllib.request.Request(quoted, headers={'User-Agent': 'Mozilla/5.0 (spotter)'})
    if parts.username is not None:
        pair = f'{parts.username}:{parts.password or ""}'
        token = base64.b64encode(urllib.parse.unquote_to_bytes(pair)).decode('ascii')
        # An unredirected header is not sent to the target of a redirect.
        request.add_unredirected_header('Authorization', f'Basic {token}')
    return request


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects to http(s) only. Credentials go only to the same origin."""

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        target = headers.get('location') or headers.get('uri') or ''
        scheme = urllib.parse.urlsplit(urllib.parse.urljoin(req.full_url, target)).scheme
        if scheme not in ('http', 'https'):
            raise urllib.error.URLError(f'redirect to {scheme}:, which is not http or https')
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        # Python 3.10 does not follow 308, which differs from 307 only in caching.
        request = super().redirect_request(
            req, fp, 307 if code == 308 else code, msg, headers, newurl
        )
        token = req.unredirected_hdrs.get('Authorization')
        if request is not None and token and _origin(request) == _origin(req):
            request.add_unredirected_header('Authorization', token)
        return request


def _origin(request: urllib.request.Request) -> tuple[str, str]:
    return request.type, request.host


def _with_zlib_header(start: bytes) -> bytes:
    """Add the zlib header that some servers leave out of ``Content-Encoding: deflate``."""
    try:
        zlib.decompressobj().decompress(start[:16])
    except zlib.error:
        return b'\x78\x9c' + start
    return start


def _decompress(chunks: Chunks, label: str) -> Chunks:
    """Decompress gzip and zlib data, which is recognized by its first bytes."""
    with closing(chunks):
        first = next(chunks, b'')
        if not (first.startswith(_GZIP_START) or _is_zlib(first)):
            yield first
            yield from chunks
            return
        decoder = zlib.decompressobj(_ANY_HEADER)
        rest = first
        try:
            while rest:
                if piece := decoder.decompress(rest, _CHUNK_BYTES):
                    yield piece
                rest = decoder.unconsumed_tail
                if decoder.eof:
                    rest = decoder.unused_data or next(chunks, b'')
                    if not rest.startswith(_GZIP_START):
                        return  # Bytes after the end are ignored, as the gzip tool does.
                    decoder = zlib.decompressobj(_ANY_HEADER)  # The next member of the file.
                rest = rest or next(chunks, b'')
            yield decoder.flush()
        except zlib.error as error:
            raise ImageReadError(f'{label}: damaged compressed data ({error})') from error


def _is_zlib(start: bytes) -> bool:
    """Whether data is a zlib stream, which no image format starts with."""
    return start[:1] == b'\x78' and len(start) > 1 and int.from_bytes(start[:2], 'big') % 31 == 0


def _fsspec_chunks(url: str, label: str) -> Chunks:
    scheme = url.partition('://')[0]
    try:
        import fsspec
    except ImportError:
        raise ImageReadError(
            f'{label}: {scheme}:// is read through fsspec; run pip install fsspec'
        ) from None
    try:
        with fsspec.open(url, 'rb') as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except FileNotFoundError:
        raise ImageReadError(f'{label}: no such file') from None
    except Exception as error:  # The packages of fsspec raise many kinds of errors.
        message = str(error) or type(error).__name__
        raise ImageReadError(f'{label}: {without_credentials(message, url)}') from None
