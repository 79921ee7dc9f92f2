"""Download of images from http(s) URLs."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.parse
import urllib.request

from pipeline.io.errors import ImageReadError

_CHUNK_BYTES = 1 << 16


def is_url(text: str) -> bool:
    """Whether an input is an http(s) URL rather than a path."""
    return text.lower().startswith(('http://', 'https://'))


def fetch_url(url: str, timeout_s: float = 30.0, max_bytes: int = 200_000_000) -> bytes:
    """Download a file into memory.

    Args:
        url: An http(s) URL.
        timeout_s: Timeout of each network operation in seconds. The whole download may take four
            times as long.
        max_bytes: Maximum size of the file.

    Raises:
        ImageReadError: If the server is unreachable, reports an error or is too slow, or the file
            is too large.
    """
    # Quotes spaces and non-ASCII letters, as browsers do. Quoted characters stay the same.
    quoted = urllib.parse.quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    deadline = time.monotonic() + 4 * timeout_s
    data = bytearray()
    try:
        # Some servers refuse the user agent of urllib.
        request = urllib.request.Request(quoted, headers={'User-Agent': 'Mozilla/5.0 (spotter)'})
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            while chunk := response.read(_CHUNK_BYTES):
                data += chunk
                if len(data) > max_bytes:
                    raise ImageReadError(f'{url}: larger than {max_bytes / 1e6:g} MB')
                if time.monotonic() > deadline:
                    raise ImageReadError(f'{url}: not done after {4 * timeout_s:g} s')
    except urllib.error.HTTPError as error:
        raise ImageReadError(f'{url}: HTTP error {error.code} {error.reason}') from error
    except TimeoutError as error:
        raise ImageReadError(f'{url}: no answer within {timeout_s:g} s') from error
    except urllib.error.URLError as error:
        raise ImageReadError(f'{url}: {error.reason}') from error
    except ImageReadError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ImageReadError(f'{url}: {error or type(error).__name__}') from error
    return bytes(data)
