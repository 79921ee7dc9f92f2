"""Baseline of retrieval: the words of the training images that ImageNet's features find nearest."""

_base_ = ['./clipter-lite0_words.py']

model = dict(
    _delete_=True,
    type='NearestWords',
    weights='work_dirs/clipter-lite0_imagenet.safetensors',
    photos=_base_.photos,
    neighbors=10,
    features_dir='work_dirs/frozen_features',
)
