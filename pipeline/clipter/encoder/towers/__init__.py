"""One class for each family of open_clip's image towers: how scene tokens are read off it."""

from pipeline.clipter.encoder.towers.image_tower import ImageTower
from pipeline.clipter.encoder.towers.resnet_tower import ResNetTower
from pipeline.clipter.encoder.towers.timm_tower import TimmTower
from pipeline.clipter.encoder.towers.vit_tower import VitTower

__all__ = ['ImageTower', 'ResNetTower', 'TimmTower', 'VitTower']
