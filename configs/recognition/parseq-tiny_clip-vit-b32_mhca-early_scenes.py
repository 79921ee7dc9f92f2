"""CLIPTER (arXiv 2301.07464) on PARSeq-Ti: MH-CA between encoder and decoder, without pooling.

Fine-tunes the plain recognizer of parseq-tiny_words.py. To train from scratch, add ``--cfg-options
model.recognizer.init_cfg=None``.
"""

_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/recognition_finetune.py',
    '../_base_/recognition_scenes.py',
    '../_base_/context_clip-vit-b32.py',
    '../_base_/parseq-tiny.py',
]

model = dict(
    _delete_=True,
    type='ContextRecognizer',
    recognizer=dict(
        _base_.model,
        init_cfg=dict(type='Pretrained', checkpoint='work_dirs/parseq-tiny_words/iter_20000.pth'),
    ),
    context_encoder=_base_.context_encoder,
    fusion=dict(type='MultiHeadCrossAttention', embed_dim=192, num_heads=3, size='full'),
    stage='early',
)
