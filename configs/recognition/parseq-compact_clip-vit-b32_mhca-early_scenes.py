"""CLIPTER on the compact PARSeq: MH-CA between encoder and decoder.

Fine-tunes the plain recognizer of parseq-compact_synth-real.py on the same words. Words of scenes
come with their image.
"""

_base_ = ['./parseq-compact_synth-real.py', '../_base_/context_clip-vit-b32.py']

model = dict(
    _delete_=True,
    type='ContextRecognizer',
    recognizer=dict(
        _base_.model,
        init_cfg=dict(
            type='Pretrained', checkpoint='work_dirs/parseq-compact_synth-real/iter_8000.pth'
        ),
    ),
    context_encoder=_base_.context_encoder,
    fusion=dict(type='MultiHeadCrossAttention', embed_dim=192, num_heads=6, size='full'),
    stage='early',
)
tail = [_base_.merge_words, *_base_.cut_scene, dict(_base_.pack, with_image=True)]
synthetic = dict(_base_.synthetic, split_words=32, pipeline=[_base_.load, *tail])
icdar2015 = dict(_base_.icdar2015, split_words=32, pipeline=[_base_.load_icdar2015, *tail])
train_dataloader = dict(
    batch_sampler=dict(type='WordBatchSampler', max_words=48),
    dataset=dict(
        datasets=[
            synthetic,
            dict(type='RepeatDataset', dataset=icdar2015, times=4),
            # Word crops have no scene and skip the fusion.
            dict(type='RepeatDataset', dataset=_base_.crops[0], times=4),
            dict(type='RepeatDataset', dataset=_base_.crops[1], times=4),
        ],
    ),
)
optim_wrapper = dict(optimizer=dict(lr=2e-4))
