"""Photos behind http(s) addresses."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.parse
import urllib.request

from pipeline.io.errors import ImageReadError

_CHUNK_BYTES = 1 << 16


def is_url(text: str) -> bool:
    """Whether an input is an http(s) address rather than a path."""
    return text.lower().startswith(('http://', 'https://'))


def fetch_url(url: str, timeout_s: float = 30.0, max_bytes: int = 200_000_000) -> bytes:
    """Download a file into memory.

    Args:
        url: An http(s) address.
        timeout_s: Limit for every wait, and four of it for the whole download.
        max_bytes: Larger files are refused.

    Raises:
        ImageReadError: If the server says no, is not there, is too slow, or sends too much.
    """
    # Spaces and letters beyond ASCII as browsers send them; what is quoted already stays.
    quoted = urllib.parse.quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    deadline = time.monotonic() + 4 * timeout_s
    data = bytearray()
    try:
        # Some servers turn urllib's own name away.
        request = urllib.request.Request(quoted, headers={'User-Agent': 'Mozilla/5.0 (spotter)'})
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            while chunk := response.read(_CHUNK_BYTES):
                data += chunk
                if len(data) > max_bytes:
                    raise ImageReadError(f'{url}: larger than {max_bytes / 1e6:g} MB')
                if time.monotonic() > deadline:
                    raise ImageReadError(f'{url}: not done after {4 * timeout_s:g} s')
    except urllib.error.HTTPError as error:
        raise ImageReadError(f'{url}: the server says {error.code} {error.reason}') from error
    except TimeoutError as error:
        raise ImageReadError(f'{url}: no answer within {timeout_s:g} s') from error
    except urllib.error.URLError as error:
        raise ImageReadError(f'{url}: {error.reason}') from error
    except ImageReadError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ImageReadError(f'{url}: {error or type(error).__name__}') from error
    return bytes(data)
