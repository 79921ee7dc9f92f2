"""Synthetic scenes: images with words whose polygons and texts are known exactly.

``SceneGenerator`` draws a scene from a random generator, and ``clipter synthesize`` writes scenes
to disk. README.md in this folder lists the font packages and word lists with their licences.
"""

from __future__ import annotations

from pipeline.datasets.synthetic.annotation import make_annotation, make_instances
from pipeline.datasets.synthetic.fonts import FontFace, find_fonts, matplotlib_font_folder
from pipeline.datasets.synthetic.generator import SceneGenerator
from pipeline.datasets.synthetic.scene import Scene, SceneWord
from pipeline.datasets.synthetic.words import WordSource

__all__ = [
    'FontFace',
    'Scene',
    'SceneGenerator',
    'SceneWord',
    'WordSource',
    'find_fonts',
    'make_annotation',
    'make_instances',
    'matplotlib_font_folder',
]
