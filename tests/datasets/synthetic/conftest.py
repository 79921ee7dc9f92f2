from __future__ import annotations

import pytest

from pipeline.datasets.synthetic import (
    FontFace,
    SceneGenerator,
    WordSource,
    find_fonts,
    matplotlib_font_folder,
)


@pytest.fixture(scope='session')
def fonts() -> list[FontFace]:
    return find_fonts([matplotlib_font_folder()])


@pytest.fixture(scope='session')
def generator(fonts: list[FontFace]) -> SceneGenerator:
    return SceneGenerator(fonts, WordSource(), size=(320, 320))
