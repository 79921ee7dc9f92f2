"""Finds and reads the weights of an image tower."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.utils.safetensors_file import is_safetensors

_TOWER_PREFIX = 'visual.'


def find_weights(
    arch: str, pretrained: str, tag_config: dict[str, Any], *, checksum: str | None
) -> Path:
    """Path of the weights: a local file, or the cached or downloaded file of an open_clip tag.

    Raises:
        ValueError: If ``pretrained`` is neither a tag nor a file, or if the checksum differs.
        FileNotFoundError: If a tag's file is not in the cache and cannot be downloaded. The message
            contains the URL and the path to save the file to.
    """
    if tag_config:
        path = _fetch(arch, pretrained, tag_config)
    else:
        path = Path(pretrained).expanduser()
        if not path.is_file():
            from open_clip.pretrained import list_pretrained_tags_by_model

            tags = ', '.join(list_pretrained_tags_by_model(arch)) or 'none'
            raise ValueError(
                f'pretrained={pretrained!r} is neither a file nor a tag of {arch}. Tags: {tags}.'
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
    from open_clip.pretrained import download_pretrained

    try:
        return Path(download_pretrained(tag_config))
    except Exception as error:  # hub, proxy and file system raise many types
        raise FileNotFoundError(_explain_missing(arch, tag, tag_config, error)) from error


def _explain_missing(arch: str, tag: str, tag_config: dict[str, Any], error: Exception) -> str:
    repository, _, file_name = str(tag_config.get('hf_hub', '')).rpartition('/')
    if repository:
        file_name = file_name or 'open_clip_model.safetensors'
        source = f'https://huggingface.co/{repository}/resolve/main/{file_name}'
    else:
        source = tag_config.get('url', '')
        file_name = os.path.basename(source)
    activation = ', quick_gelu=True' if tag_config.get('quick_gelu') else ''
    return (
        f'The weights {tag!r} of {arch} are not in the cache and could not be downloaded '
        f'({type(error).__name__}: {error}).\n'
        f'Download {source} on a machine with a network, save it as '
        f'weights/{arch}-{tag}/{file_name} (or elsewhere), and set its path: '
        f"ClipImageEncoder({arch!r}, pretrained='weights/{arch}-{tag}/{file_name}'{activation})."
    )


def _check_file(path: Path, checksum: str) -> None:
    sha256 = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            sha256.update(block)
    digest = sha256.hexdigest()
    wanted = checksum.lower().removeprefix('sha256:')
    if len(wanted) < 8 or not digest.startswith(wanted):
        raise ValueError(
            f'{path} has sha256 {digest}, but checksum={checksum!r} (at least the first 8 digits '
            'are required). Download the file again, or correct the checksum.'
        )
