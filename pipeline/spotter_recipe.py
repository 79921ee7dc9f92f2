"""What a spotter in torch is built from, so that it can be pickled."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.torch_spotter import TorchTextSpotter

# Keys of a config that may contain the path of a file: weights, a tower's weights, a charset.
_FILE_KEYS = ('checkpoint', 'pretrained', 'dict_file')


@dataclass(frozen=True)
class ContextRecipe:
    """Scene context that was added to a plain recognizer.

    Args:
        model: Config of the ``ContextRecognizer`` without its ``recognizer``.
        weights: Path of the weights of the fusion.
    """

    model: Mapping[str, Any]
    weights: str


@dataclass(frozen=True)
class Recipe:
    """Config and weights of a spotter that was built to read.

    Args:
        model: Config of the spotter as plain dictionaries.
        checkpoint: Path of the weights, or None if the config names them.
        device: Device of the networks.
        context: Scene context that was added after the spotter was built.
        files: Content of the files that the recipe names, by their paths in it. A path that is not
            in it is read from the disk.
    """

    model: Mapping[str, Any]
    checkpoint: str | None
    device: str
    context: ContextRecipe | None = None
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def reduce(self, settings: Mapping[str, Any]) -> tuple[Any, ...]:
        """Result of ``__reduce_ex__``: the config, the content of its files, and settings.

        Raises:
            FileNotFoundError: If a weights file does not exist any more.
        """
        files = {
            path: self.files[path] if path in self.files else Path(path).expanduser().read_bytes()
            for path in self._paths()
        }
        return _rebuild, (replace(self, files=files), dict(settings))

    def build(self) -> TorchTextSpotter:
        """Build the spotter from files on the disk."""
        from mmengine.config import Config

        from pipeline.embedded_context import add_context
        from pipeline.torch_spotter import build_torch_spotter

        config = Config({'model': dict(self.model)})
        spotter = build_torch_spotter(config, self.checkpoint, self.device, as_trained=False)
        if self.context is not None:
            add_context(
                spotter, Config({'model': dict(self.context.model)}), Path(self.context.weights)
            )
        return spotter

    def with_paths(self, paths: Mapping[str, str]) -> Recipe:
        """The same recipe with other paths, by the present ones."""
        context = self.context
        if context is not None:
            context = ContextRecipe(
                _replace_paths(context.model, paths), paths.get(context.weights, context.weights)
            )
        checkpoint = None if self.checkpoint is None else paths.get(self.checkpoint)
        return Recipe(_replace_paths(self.model, paths), checkpoint, self.device, context)

    def _paths(self) -> set[str]:
        """All files that the recipe names. A tag of weights is not a file."""
        named = {self.checkpoint} if self.checkpoint is not None else set()
        named |= {path for path in _named_files(self.model) if self._is_file(path)}
        if self.context is not None:
            named.add(self.context.weights)
            named |= {path for path in _named_files(self.context.model) if self._is_file(path)}
        return named

    def _is_file(self, path: str) -> bool:
        return path in self.files or Path(path).expanduser().is_file()


def _rebuild(recipe: Recipe, settings: Mapping[str, Any]) -> TorchTextSpotter:
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for number, (path, content) in enumerate(recipe.files.items()):
            # The name is kept, because checkpoints identify a tower by the name of its file.
            copy = Path(folder, str(number), Path(path).name)
            copy.parent.mkdir()
            copy.write_bytes(content)
            paths[path] = str(copy)
        spotter = recipe.with_paths(paths).build()
    # The temporary files are gone. The copy can be pickled again, from the content.
    spotter.config, spotter._recipe = dict(recipe.model), recipe
    spotter.restore_settings(settings)
    return spotter


def _named_files(node: Any) -> Iterator[str]:
    for key, value in _items(node):
        if key in _FILE_KEYS and isinstance(value, str):
            yield value
        else:
            yield from _named_files(value)


def _replace_paths(node: Any, paths: Mapping[str, str]) -> Any:
    if isinstance(node, Mapping):
        return {
            key: paths.get(value, value)
            if key in _FILE_KEYS and isinstance(value, str)
            else _replace_paths(value, paths)
            for key, value in node.items()
        }
    if isinstance(node, (list, tuple)):
        return type(node)(_replace_paths(value, paths) for value in node)
    return node


def _items(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        yield from node.items()
    elif isinstance(node, (list, tuple)):
        yield from ((None, value) for value in node)
