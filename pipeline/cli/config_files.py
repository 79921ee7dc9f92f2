"""Configs that the command line names, by path or by name."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.common import CommandError
from pipeline.cli.error_lines import say_error

if TYPE_CHECKING:
    from mmengine.config import Config

_PACKAGE = Path(__file__).parents[1]
ROOTS = (_PACKAGE.parent / 'configs', _PACKAGE / 'configs')
"""Folders that names are searched in: of an editable checkout, then of the installed package."""

_TYPO = 0.92  # Similarity of a misspelled key; that of enc_bi_rnn and dec_bi_rnn is 0.9.


def find_config(name: str) -> Path:
    """The file of a config.

    Args:
        name: Path of a config, or its name relative to the folder ``configs`` of this project.
            The suffix ``.py`` may be left out, and ``configs/`` may come first.

    Returns:
        The path as given if it exists, otherwise the file in the first of ``ROOTS``
        that contains one.

    Raises:
        CommandError: If there is no such config; the message lists similar names.
    """
    names = [name] if name.endswith('.py') else [name, f'{name}.py']
    relative = [each.removeprefix('configs/') for each in names]
    candidates = [Path(each) for each in names]
    candidates += [root / each for root in _roots() for each in relative]
    for path in candidates:
        if path.is_file():
            return path
    raise CommandError(f'no config {name}: wanted {_advice(relative[-1])}')


def config_names() -> list[str]:
    """Names of all configs of this project that are not bases, without ``.py``."""
    return sorted(
        {
            path.relative_to(root).with_suffix('').as_posix()
            for root in _roots()
            for path in root.glob('*/*.py')
            if path.parent.name != '_base_'
        }
    )


def read_config(name: str, options: Sequence[str] | None = None) -> Config:
    """Read a config with the overrides of ``--cfg-options``.

    Args:
        name: Path or name of a config.
        options: Overrides, each ``KEY=VALUE``.

    Raises:
        CommandError: If there is no such config, or it is not valid.
    """
    from mmengine.config import Config

    path = find_config(name)
    try:
        config = Config.fromfile(path)
        overrides = parse_options(options)
        typo = find_typo(dict(config.items()), overrides)
        if typo is None:
            config.merge_from_dict(overrides)
    except Exception as error:  # a config is a program, which may raise any error
        raise CommandError(f'{path}: {say_error(error)}') from error
    if typo is not None:
        raise CommandError(typo)
    return config


def find_typo(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> str | None:
    """The error of an override whose key the config contains in another spelling, or None.

    MMEngine would add the key, and the run would end in an error later or ignore it.

    Args:
        config: Config.
        overrides: Result of :func:`parse_options`.
    """
    for key in overrides:
        known: Any = config
        parts = key.split('.')
        for number, part in enumerate(parts):
            if not isinstance(known, Mapping):
                break
            if part not in known:
                near = difflib.get_close_matches(part, list(known), 1, _TYPO)
                if near:
                    meant = '.'.join([*parts[:number], near[0], *parts[number + 1 :]])
                    return f'--cfg-options {key}: the config has no {part}; did you mean {meant}?'
                break
            known = known[part]
    return None


def parse_options(options: Sequence[str] | None) -> dict[str, Any]:
    """The values of ``--cfg-options`` as MMEngine parses them: ``a.b=1`` -> ``{'a.b': 1}``."""
    from mmengine.config import DictAction

    if not options:
        return {}
    parsed = argparse.Namespace()
    DictAction([], 'options')(argparse.ArgumentParser(), parsed, options)
    return dict(parsed.options)


def _roots() -> Iterator[Path]:
    return (root for root in ROOTS if (root / '_base_').is_dir())


def _advice(name: str) -> str:
    """What was wanted: similar names, or where configs are."""
    wanted = name.removesuffix('.py').lower()
    names = config_names()
    near = difflib.get_close_matches(wanted, names, 3, 0.6)
    # A name without its folder.
    stems = {Path(each).name.lower(): each for each in names}
    near += [
        stems[stem]
        for stem in difflib.get_close_matches(Path(wanted).name, list(stems), 3, 0.6)
        if stems[stem] not in near
    ]
    if near:
        return f'a path or a name; similar names are {", ".join(near[:4])}'
    folders = sorted({Path(each).parent.as_posix() for each in names})
    return f'a path or a name such as {names[0]} (folders: {", ".join(folders)})' if names else (
        'the path of a config'
    )  # fmt: skip
