from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.datasets.synthetic import find_fonts, matplotlib_font_folder
from pipeline.datasets.synthetic.fonts import group_families


def test_find_fonts_finds_several_matplotlib_families(fonts):
    assert {'DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono'} <= {f.family for f in fonts}
    assert len(group_families(fonts)) >= 3


def test_find_fonts_skips_symbol_and_math_fonts(fonts):
    names = {Path(font.path).name for font in fonts}
    assert not names & {'cmsy10.ttf', 'cmex10.ttf', 'cmr10.ttf', 'STIXNonUni.ttf'}


def test_find_fonts_rejects_a_font_without_ascii():
    symbols = matplotlib_font_folder() / 'STIXSizOneSymReg.ttf'
    with pytest.raises(ValueError, match='no usable font'):
        find_fonts([symbols])


def test_find_fonts_names_a_missing_folder(tmp_path):
    with pytest.raises(ValueError, match='nowhere'):
        find_fonts([tmp_path / 'nowhere'])


def test_fonts_with_lower_case_are_not_unicase(fonts):
    assert not any(font.unicase for font in fonts)
