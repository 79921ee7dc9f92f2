"""MMEngine's package look-up without ``pkg_resources``."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import mmdet
import pytest
from mmengine import utils
from mmengine.config import Config
from mmengine.hub import get_config


def test_config_inherits_from_an_installed_package(tmp_path: Path) -> None:
    leaf = tmp_path / 'leaf.py'
    leaf.write_text(
        "_base_ = ['mmdet::_base_/models/mask-rcnn_r50_fpn.py']\n"
        '_base_.model.roi_head.bbox_head.num_classes = 1\n'
    )
    model = Config.fromfile(leaf).model
    assert model.type == 'MaskRCNN'
    assert model.roi_head.bbox_head.num_classes == 1


def test_config_inherits_by_the_scope_of_mmocr(tmp_path: Path) -> None:
    leaf = tmp_path / 'leaf.py'
    leaf.write_text(
        "_base_ = ['mmocr::textdet/dbnet/dbnet_resnet18_fpnc_1200e_icdar2015.py']\n"
        "model = dict(det_head=dict(postprocessor=dict(text_repr_type='poly')))\n"
    )
    model = Config.fromfile(leaf).model
    assert model.type == 'DBNet'
    assert model.det_head.postprocessor.text_repr_type == 'poly'


def test_mmengine_hub_reads_configs_of_packages() -> None:
    assert get_config('mmdet::_base_/models/mask-rcnn_r50_fpn.py').model.type == 'MaskRCNN'


def test_is_installed_accepts_modules_and_distributions() -> None:
    assert utils.get_installed_path('mmdet') == str(Path(mmdet.__file__).parent)
    assert Path(utils.get_installed_path('mmcv-lite')).name == 'mmcv'
    assert utils.is_installed('mmdet')
    assert utils.is_installed('mmcv-lite')
    assert utils.is_installed('pipeline')


def test_get_installed_path_error_names_the_package() -> None:
    assert not utils.is_installed('no_such_package')
    with pytest.raises(PackageNotFoundError, match='no_such_package'):
        utils.get_installed_path('no_such_package')


def test_get_installed_path_rejects_namespace_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'nothing_inside').mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not utils.is_installed('nothing_inside')
    with pytest.raises(RuntimeError, match='namespace package'):
        utils.get_installed_path('nothing_inside')
