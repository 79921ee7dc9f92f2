"""Download of tower weights: cached, verified, and quick to fail without a network."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tqdm import tqdm

REACH_TIMEOUT_S = 4.0
"""Time limit of the first answer of the server."""

_BLOCK_BYTES = 1 << 20
_HUB_FILES = ('open_clip_model.safetensors', 'open_clip_pytorch_model.bin')


def fetch_weights(tag_config: dict[str, Any]) -> Path:
    """Path of a tag's weights: the file of the cache, or a download into the cache.

    The caches are those of the Hugging Face Hub and of open_clip, so weights that other programs
    downloaded are found. Nothing is sent if the file is in the cache.

    Args:
        tag_config: Source of the weights, with the keys ``hf_hub`` and ``url`` of open_clip.

    Raises:
        OSError: If the server does not answer within ``REACH_TIMEOUT_S`` seconds, or if the
            download fails or is damaged.
    """
    cached = find_cached(tag_config)
    if cached is not None:
        return cached
    if os.environ.get('HF_HUB_OFFLINE', '').upper() in ('1', 'ON', 'YES', 'TRUE'):
        raise ConnectionError('HF_HUB_OFFLINE is set')
    url = source_url(tag_config)
    _check_reachable(url)
    if not tag_config.get('hf_hub'):
        return _download(url, _url_target(url))
    from open_clip.pretrained import download_pretrained

    path = Path(download_pretrained(tag_config))  # with a progress bar
    # The cache names a large file by its sha256.
    _verify(path, path.resolve().name)
    return path


def find_cached(tag_config: dict[str, Any]) -> Path | None:
    """The file of a tag in the cache, or None."""
    if not tag_config.get('hf_hub'):
        target = _url_target(tag_config.get('url', ''))
        return target if target.is_file() else None
    from huggingface_hub import try_to_load_from_cache

    repository, names = _hub_files(tag_config)
    for name in names:
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


def source_url(tag_config: dict[str, Any]) -> str:
    """Address of a tag's weights."""
    if not tag_config.get('hf_hub'):
        return str(tag_config.get('url', ''))
    from huggingface_hub import hf_hub_url

    repository, names = _hub_files(tag_config)
    return str(hf_hub_url(repository, names[0]))


def _hub_files(tag_config: dict[str, Any]) -> tuple[str, list[str]]:
    """Repository of a tag, and the names that its file may have, the preferred name first."""
    repository, _, name = str(tag_config['hf_hub']).rpartition('/')
    if not name:
        return repository, list(_HUB_FILES)
    stem, suffix = os.path.splitext(name)
    return repository, [f'{stem}.safetensors', name] if suffix in ('.bin', '.pth') else [name]


def _url_target(url: str) -> Path:
    return Path('~/.cache/clip').expanduser() / os.path.basename(url)


def _check_reachable(url: str) -> None:
    """Ask the server for the file's header; any answer is enough.

    A thread limits the time, because the timeout of a socket does not limit the name lookup.
    """
    errors: list[Exception | None] = []

    def ask() -> None:
        request = urllib.request.Request(url, method='HEAD')
        try:
            with urllib.request.urlopen(request, timeout=REACH_TIMEOUT_S):
                errors.append(None)
        except urllib.error.HTTPError:
            errors.append(None)
        except Exception as error:  # proxies and sockets raise many types
            errors.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(REACH_TIMEOUT_S)
    error = errors[0] if errors else TimeoutError(f'no answer within {REACH_TIMEOUT_S:g} s')
    if error is not None:
        raise ConnectionError(str(getattr(error, 'reason', error))) from error


def _download(url: str, target: Path) -> Path:
    """Download a file with a progress bar; the target appears when it is complete and verified."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f'{target.name}.{os.getpid()}.part')
    try:
        with (
            urllib.request.urlopen(url, timeout=30) as source,
            open(part, 'wb') as file,
            tqdm(
                total=int(source.headers.get('Content-Length') or 0) or None,
                unit='B', unit_scale=True, desc=target.name,
            ) as bar,
        ):  # fmt: skip
            while block := source.read(_BLOCK_BYTES):
                file.write(block)
                bar.update(len(block))
            if bar.total and bar.n != bar.total:
                raise OSError(f'{url} ended after {bar.n} of {bar.total} bytes')
        _verify(part, _expected_digest(url))
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _expected_digest(url: str) -> str:
    """The sha256 in an address, or its first digits: of OpenAI's folders, of open_clip's names."""
    if 'openaipublic' in url:
        return url.split('/')[-2]
    match = re.search(r'-([0-9a-f]{8,64})\.\w+$', url)
    return match.group(1) if match else ''


def _verify(path: Path, digest: str) -> None:
    """Compare a file with its sha256, and delete the file if it differs.

    Args:
        path: Downloaded file.
        digest: sha256 or its first 8 digits or more. Other texts are not compared.

    Raises:
        OSError: If the file differs.
    """
    if not re.fullmatch(r'[0-9a-f]{8,64}', digest) or len(digest) == 40:  # git's, for small files
        return
    sha256 = sha256_of(path)
    if not sha256.startswith(digest):
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise OSError(f'the download is damaged: sha256 {sha256}, wanted {digest}. Run it again.')


def sha256_of(path: Path) -> str:
    """sha256 of a file."""
    sha256 = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(_BLOCK_BYTES):
            sha256.update(block)
    return sha256.hexdigest()
