"""DBNet (Liao et al., AAAI 2020) with a ResNet-50 of CLIP's kind: 26 M parameters, for GPUs.

The backbone starts from oCLIP (Xue et al., ECCV 2022, arXiv 2203.03911), which learnt on pictures
with text: MMOCR's weights, fetched once by MMEngine and kept in its cache (~/.cache/torch/hub).
``--cfg-options model.backbone.init_cfg.checkpoint=FILE`` takes them from a file.
"""

_base_ = ['./dbnet-compact.py']

model = dict(
    backbone=dict(
        _delete_=True,
        type='CLIPResNet',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmocr/backbone/resnet50-oclip-7ba0c533.pth',
        ),
    ),
    neck=dict(
        _delete_=True, type='FPNC', in_channels=[256, 512, 1024, 2048], lateral_channels=256
    ),
    det_head=dict(in_channels=256, module_loss=dict(type='WordGapDBModuleLoss')),
)
