"""Contrastive training on plain images whose word is their color."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from captioned_photos import write_captioned_photos
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope

from pipeline.clipter.encoder import ClipImageEncoder
from pipeline.clipter.pretraining import ClipPretrainer, NearestWords
from pipeline.clipter.pretraining.contrastive_loss import contrastive_loss
from pipeline.clipter.pretraining.frozen_features import set_frozen_features
from pipeline.datasets import PhotoCaptionsDataset
from pipeline.utils.checkpoint import save_weights

CONFIGS = Path(__file__).parents[3] / 'configs' / 'tower'


@pytest.fixture(scope='module')
def model() -> ClipPretrainer:
    torch.manual_seed(0)
    return ClipPretrainer(weights=None)


@pytest.fixture(scope='module')
def source(tmp_path_factory) -> dict:
    root = tmp_path_factory.mktemp('photos')
    write_captioned_photos(root, 8)
    return {'data_root': str(root), 'ann_file': 'textspotting.json'}


def make_dataset(source: dict, **options) -> PhotoCaptionsDataset:
    return PhotoCaptionsDataset([source], size=64, **options)


def test_contrastive_loss_of_groups_by_hand():
    images = texts = torch.eye(2)
    scale = torch.tensor(2.0)
    apart = contrastive_loss(images, texts, scale, torch.tensor([0, 1]))
    assert apart.item() == pytest.approx(torch.log1p(torch.tensor(-2.0).exp()).item())
    together = contrastive_loss(images, texts, scale, torch.tensor([5, 5]))
    assert together.item() == pytest.approx(apart.item() + 1)  # half of the target is 2 lower


def test_frozen_features_give_the_same_embeddings(model, source, tmp_path):
    dataset = make_dataset(source)
    images = torch.stack([dataset[i]['inputs'] for i in range(3)])
    set_frozen_features(model, dataset, str(tmp_path))
    features = torch.stack([dataset[i]['inputs'] for i in range(3)])
    assert features.dtype == torch.float16 and features.shape[1] == 192
    model.eval()
    with torch.no_grad():
        from_images, from_features = model.embed_images(images), model.embed_images(features)
    assert torch.allclose(from_images, from_features, atol=2e-3)
    again = make_dataset(source)
    again.load_view = None  # the file is read instead
    set_frozen_features(model, again, str(tmp_path))
    assert torch.equal(again.features, dataset.features)


def test_interrupted_frozen_features_continue(model, source, tmp_path, monkeypatch):
    monkeypatch.setattr('pipeline.clipter.pretraining.frozen_features._BATCH', 1)
    dataset = make_dataset(source)
    load_view, loaded = dataset.load_view, []

    def stop_at_third(number):
        if number == 2:
            raise KeyboardInterrupt
        return load_view(number)

    dataset.load_view = stop_at_third
    with pytest.raises(KeyboardInterrupt):
        set_frozen_features(model, dataset, str(tmp_path))
    dataset.load_view = lambda number: loaded.append(number) or load_view(number)
    set_frozen_features(model, dataset, str(tmp_path))
    assert loaded == list(range(2, len(dataset)))
    whole = make_dataset(source)
    set_frozen_features(model, whole, str(tmp_path / 'other'))
    assert torch.allclose(dataset.features.float(), whole.features.float(), atol=1e-2)


def test_trained_parameters_get_gradients_and_frozen_ones_do_not(model, source):
    dataset = make_dataset(source, views=2)
    batch = default_collate([dataset[i] for i in range(4)])
    model.train()
    assert not any(m.training for m in model.clip.visual.trunk.modules())
    loss, _ = model.parse_losses(model(**model.data_preprocessor(batch, True), mode='loss'))
    loss.backward()
    got = {name for name, p in model.named_parameters() if p.grad is not None}
    assert got == {name for name, p in model.named_parameters() if p.requires_grad}
    assert not any('.blocks.5.' in name for name in got)
    assert any('.blocks.6.' in name for name in got)
    model.zero_grad(set_to_none=True)


def test_training_learns_the_words_of_the_images(source):
    torch.manual_seed(0)
    model = ClipPretrainer(weights=None, trained_stages=0)
    dataset = make_dataset(source)
    # A random tower hardly separates the images, so the features are drawn: one per color.
    color, noise = torch.randn(4, 320, 2, 2), 0.3 * torch.randn(8, 320, 2, 2)
    dataset.features = color.repeat(2, 1, 1, 1) + noise
    batch = default_collate([dataset[i] for i in range(4)])  # four colors
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-3)
    for _ in range(30):
        loss = model.train()(**batch, mode='loss')['loss']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    fresh = default_collate([dataset[i] for i in range(4, 8)])  # the same colors, other noise
    with torch.no_grad():
        images, texts = model.eval()(**fresh)
    assert (images @ texts.T).argmax(1).tolist() == [0, 1, 2, 3]


def test_packed_weights_are_the_tokens_of_the_encoder(model, source, tmp_path):
    save_weights(model.clip, tmp_path / 'clip.safetensors')
    encoder = ClipImageEncoder('clipter-lite0', str(tmp_path / 'clip.safetensors'), image_size=64)
    dataset = make_dataset(source)
    image = dataset.load_view(0)
    tokens = encoder([image[[2, 1, 0]]])  # the encoder takes BGR
    with torch.no_grad():
        pooled = model.eval().pooled_features(image[None])
    assert torch.allclose(tokens[:, 0], pooled, atol=1e-4)


def test_missing_weights_name_the_command(tmp_path):
    model = ClipPretrainer(weights=str(tmp_path / 'none.safetensors'), trained_stages=0)
    with pytest.raises(FileNotFoundError, match='clipter pack-tower --out'):
        model.init_weights()
    with pytest.raises(ValueError, match='EfficientNet'):
        ClipPretrainer(weights=None, arch='ViT-B-32')


def test_nearest_words_find_the_words_of_similar_images(source, tmp_path):
    with DefaultScope.overwrite_default_scope('mmocr'):
        torch.manual_seed(0)
        photos = {
            'type': 'PhotoCaptionsDataset', 'size': 64, 'sources': [{**source, 'indices': (0, 4)}],
        }  # fmt: skip
        model = NearestWords(photos, neighbors=1, features_dir=str(tmp_path), weights=None).eval()
        dataset = make_dataset({**source, 'indices': (4, 8)})
        batch = default_collate([dataset[i] for i in range(4)])
        samples = model.val_step(batch)
    images = torch.stack([sample.image_embedding for sample in samples])
    texts = torch.stack([sample.text_embedding for sample in samples])
    assert (images @ texts.T).argmax(1).tolist() == [0, 1, 2, 3]


def test_tower_configs_build_their_models_and_optimizer():
    config = Config.fromfile(CONFIGS / 'clipter-lite0_words.py')
    with DefaultScope.overwrite_default_scope('mmocr'):
        from pipeline.registry import MODELS

        model = MODELS.build({**config.model, 'weights': None})
        wrapper = build_optim_wrapper(model, config.optim_wrapper)
    rates = {}
    for name, parameter in model.named_parameters():
        for group in wrapper.optimizer.param_groups:
            if any(parameter is each for each in group['params']):
                rates[name] = group['lr']
    assert rates['clip.visual.trunk.conv_head.weight'] == pytest.approx(1e-4)
    assert rates['clip.text_projection'] == pytest.approx(1e-3)
    assert Config.fromfile(CONFIGS / 'nearest-words_imagenet.py').model.type == 'NearestWords'
