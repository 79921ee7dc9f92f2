"""PP-OCRv6's medium detector fine-tuned to words on one GPU.

The weights are PP-OCRv6_medium_det_safetensors of the Hugging Face Hub, converted by
clipter convert-ppocr. No numbers were measured with this recipe yet.
"""

_base_ = [
    '../_base_/ppocrv6-medium-det.py',
    '../_base_/detection_words.py',
]

load_from = 'work_dirs/ppocrv6-medium-det.pth'
model = dict(
    backbone=dict(norm=True, frozen_stages=1),
    det_head=dict(module_loss=_base_.module_loss),
)
train_dataloader = dict(batch_size=32, num_workers=14)
max_iters = 8000
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=300),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(max_iters=max_iters)
