"""One class for each family of open_clip's image towers: how scene tokens are read off it."""

from pipeline.context.towers.image_tower import ImageTower
from pipeline.context.towers.resnet_tower import ResNetTower
from pipeline.context.towers.timm_tower import TimmTower
from pipeline.context.towers.vit_tower import VitTower

__all__ = ['ImageTower', 'ResNetTower', 'TimmTower', 'VitTower']
