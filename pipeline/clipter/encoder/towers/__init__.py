"""One class per family of open_clip image towers, each with its own way to read scene tokens."""

from pipeline.clipter.encoder.towers.image_tower import ImageTower
from pipeline.clipter.encoder.towers.resnet_tower import ResNetTower
from pipeline.clipter.encoder.towers.timm_tower import TimmTower
from pipeline.clipter.encoder.towers.vit_tower import VitTower

__all__ = ['ImageTower', 'ResNetTower', 'TimmTower', 'VitTower']
