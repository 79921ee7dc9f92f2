"""Addresses of images; the imports of network access are in :mod:`pipeline.io.download`."""

from __future__ import annotations

import os
import re
import urllib.parse

_URL = re.compile(r'[a-z][a-z0-9+.-]+://', re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether an input is a URL rather than a path: http(s), or a scheme of fsspec."""
    return bool(_URL.match(text))


def absolute_source(source: str) -> str:
    """The absolute path of an input or a folder; a URL is returned unchanged."""
    return source if is_url(source) else os.path.abspath(source)


def public_url(url: str) -> str:
    """The URL without user name and password, for messages and results."""
    scheme, separator, rest = url.partition('://')
    host = re.split('[/?#]', rest, maxsplit=1)[0]
    if '@' in host:
        rest = rest[host.rindex('@') + 1 :]
    elif '@' in rest and not re.fullmatch(r'\[.*\](:\d*)?|[^:]*(:\d*)?', host):
        # A password with '/', '?' or '#': what precedes the slash is not a host and a port.
        rest = rest[rest.rindex('@') + 1 :]
    return scheme + separator + rest


def without_credentials(message: str, url: str) -> str:
    """Remove user name and password of the URL from a message."""
    userinfo = url.partition('://')[2].removesuffix(public_url(url).partition('://')[2])
    password = userinfo.rstrip('@').partition(':')[2]
    for secret in (userinfo, password, urllib.parse.unquote(password)):
        message = message.replace(secret, '') if secret else message
    return message
