"""The structure of the package: imports point down, and files stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / 'pipeline'
# Each layer imports from itself and from the layers before it.
LAYERS = [
    {'utils', 'geometry', 'compat', 'registry', 'structures'},
    {'layout', 'io', 'backbones', 'rectification', 'visualization'},
    {'detection', 'recognition', 'ppocr'},
    {
        'clipter',
        'word_reading',
        'decisions',
        'image_orientation',
        'image_stream',
    },
    {
        'spotter',
        'spotter_choice',
        'spotter_recipe',
        'spotter_settings',
        'torch_spotter',
        'onnx',
        'embedded_context',
    },
    {'evaluation', 'datasets', 'engine', 'registration', 'batch', 'video'},
    {'benchmark', 'analysis', 'serve'},
    {'cli'},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = sorted(path for path in ROOT.rglob('*.py') if path.parent.name != 'weights')


def imports(path: Path) -> Iterator[str]:
    """Modules of the package that a file imports when it is imported itself."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or '').startswith('pipeline.'):
            for name in node.names:
                file = ROOT.parent / str(node.module).replace('.', '/') / name.name
                is_module = file.is_dir() or file.with_suffix('.py').is_file()
                yield f'{node.module}.{name.name}' if is_module else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith('pipeline.'))


def top(module: str) -> str:
    return module.split('.')[1]


@pytest.mark.parametrize('name', sorted(LEVEL))
def test_imports_point_down(name: str) -> None:
    upwards = [
        f'{path.relative_to(ROOT)} imports {module}'
        for path in MODULES
        if path.relative_to(ROOT).parts[0].removesuffix('.py') == name
        for module in imports(path)
        # compat makes MMOCR importable; registration is what training tools import first.
        if LEVEL[top(module)] > LEVEL[name] and top(module) != 'registration'
    ]
    assert not upwards


def test_modules_have_no_import_cycle() -> None:
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        parts = path.relative_to(ROOT.parent).with_suffix('').parts
        name = '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)
        graph[name] = set(imports(path)) - {name}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert order.index('pipeline.geometry') < order.index('pipeline.spotter')


def test_files_have_at_most_400_lines() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in MODULES}
    assert not {name: length for name, length in lengths.items() if length > 400}


def test_test_modules_have_different_names() -> None:
    """Pytest imports test modules by name only, and stops where two have the same."""
    names = [path.name for path in (ROOT.parent / 'tests').rglob('test_*.py')]
    assert sorted(names) == sorted(set(names))
