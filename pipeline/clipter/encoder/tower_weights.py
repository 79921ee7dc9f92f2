"""Finds and reads the weights of an image tower."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.clipter.encoder.tower_download import fetch_weights, sha256_of, source_url
from pipeline.clipter.encoder.tower_names import EMBEDDED_ARCH, get_model_config, list_tags
from pipeline.utils.safetensors_file import is_safetensors

_TOWER_PREFIX = 'visual.'


def find_weights(
    arch: str, pretrained: str, tag_config: dict[str, Any], *, checksum: str | None
) -> Path:
    """Path of the weights: a local file, or the cached or downloaded file of an open_clip tag.

    Raises:
        ValueError: If ``pretrained`` is neither a tag nor a file, or if the checksum differs.
        FileNotFoundError: If a tag's file is not in the cache and cannot be downloaded. The message
            contains the address of the file and the options of the command line.
    """
    if tag_config:
        path = _fetch(arch, pretrained, tag_config)
    else:
        path = Path(pretrained).expanduser()
        if not path.is_file():
            tags = ', '.join(list_tags(arch)) or 'none'
            raise ValueError(
                f'--pretrained {pretrained} is neither a file nor a tag of {arch}. Tags of --tower '
                f'{arch}: {tags}.'
            )
    if checksum is not None:
        _check_file(path, checksum)
    return path


def read_tower_state(path: Path) -> dict[str, Tensor]:
    """Read the tower's tensors as float32, named as in open_clip's ``visual`` module.

    The file may contain a whole CLIP model or only the tower. Only the tower's tensors are read
    from a safetensors file; a checkpoint of ``torch.save`` is read with ``weights_only=True``.

    Raises:
        ValueError: If the file is not a state dict, or if loading it would run code.
    """
    if is_safetensors(path):
        from safetensors import safe_open

        with safe_open(str(path), framework='pt') as file:
            return {
                name: _as_float32(file.get_tensor(key))
                for key, name in _name_tower_keys(list(file.keys())).items()
            }
    try:
        state = torch.load(path, map_location='cpu', weights_only=True)
    except Exception as error:
        raise ValueError(
            f'{path} cannot be loaded as plain tensors (weights_only=True): {error}. A TorchScript '
            'archive, such as the .pt files of OpenAI, has to be saved as a state dict or as '
            'safetensors first.'
        ) from error
    if isinstance(state, dict) and isinstance(state.get('state_dict'), dict):
        state = state['state_dict']
    if not isinstance(state, dict):
        raise ValueError(f'{path} must hold a state dict, got {type(state).__name__}.')
    return {name: _as_float32(state[key]) for key, name in _name_tower_keys(list(state)).items()}


def _as_float32(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value  # counters of batch norms stay int


def _name_tower_keys(keys: list[str]) -> dict[str, str]:
    """Map each of the tower's keys in the file to its name in the tower."""
    names = {key: key.replace('_orig_mod.', '').removeprefix('module.') for key in keys}
    is_clip_model = any(name.startswith(_TOWER_PREFIX) for name in names.values())
    return {
        key: name.removeprefix(_TOWER_PREFIX)
        for key, name in names.items()
        if not is_clip_model or name.startswith(_TOWER_PREFIX)
    }


def _fetch(arch: str, tag: str, tag_config: dict[str, Any]) -> Path:
    if 'file' in tag_config:
        path = Path(tag_config['file'])
        if not path.is_file():
            raise FileNotFoundError(
                f'the weights {tag!r} of {arch} are not in this installation: no {path}. Install '
                'the package again, or make them: clipter pack-tower --out FILE, then '
                f'--tower {arch} --pretrained FILE.'
            )
        return path
    try:
        return fetch_weights(tag_config)
    except Exception as error:  # hub, proxy and file system raise many types
        raise FileNotFoundError(_explain_missing(arch, tag, tag_config, error)) from error


def _explain_missing(arch: str, tag: str, tag_config: dict[str, Any], error: Exception) -> str:
    url = source_url(tag_config)
    file = f'weights/{arch}-{tag}/{os.path.basename(url)}'
    # OpenAI's activation is that of an architecture of its own, where the file is the source.
    name = f'{arch}-quickgelu' if tag_config.get('quick_gelu') else arch
    name = name if get_model_config(name) else arch
    return (
        f'the weights {tag!r} of {arch} are not in the cache and cannot be downloaded: '
        f'{error or type(error).__name__}.\n'
        f'Download {url} on a machine with a network, copy it to {file}, and run the command with '
        f'--tower {name} --pretrained {file}\n'
        f'Without a download: --tower {EMBEDDED_ARCH}'
    )


def _check_file(path: Path, checksum: str) -> None:
    digest = sha256_of(path)
    wanted = checksum.lower().removeprefix('sha256:')
    if len(wanted) < 8 or not digest.startswith(wanted):
        raise ValueError(
            f'{path} has sha256 {digest}, but checksum={checksum!r} (at least the first 8 digits '
            'are required). Download the file again, or correct the checksum.'
        )
