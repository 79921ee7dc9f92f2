"""Second stage of the embedded default's recognizer: also on words bent along arcs.

Starts from the average of the published weights and the first stage (work_dirs/default, written by
clipter unpack-spotter). The last images of icdar2015_train and street_words are left out, to
choose among the checkpoints.
"""

_base_ = ['./ppocrv6-small_synth-real.py']

load_from = 'work_dirs/default/recognizer.pth'
words = _base_.words
words['pipeline'][2]['transforms'][0] = dict(type='RandomDownscale', prob=0.4, min_height=0.2)
# One of seven words is curved; clipter cut-words bends them or cuts them by their upright boxes.
repeats = dict(
    bent_synthetic=1,
    latin=1,
    street_words=2,
    icdar2015=3,
    icdar2003=3,
    crops_icdar2015_train=3,
    crops_iiit5k_train=5,
    crops_wire_labels=1,
    bent_street_words=1,
    bent_icdar2015=1,
    bent_icdar2003=1,
    bent_iiit5k=2,
)
first = dict(
    latin=12_000,
    street_words=27_176,  # images 1..1500
    bent_street_words=13_588,
    icdar2015=21_894,  # images 1..840
    crops_icdar2015_train=14_760,
    bent_icdar2015=3_690,
)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ConcatDataset',
        verify_meta=False,
        datasets=[
            dict(
                type='RepeatDataset',
                dataset=dict(words, data_root=f'data/cut/{name}', indices=first.get(name)),
                times=times,
            )
            for name, times in repeats.items()
        ],
    ),
)
max_iters = 6000
param_scheduler = [
    dict(type='LinearLR', start_factor=0.02, by_epoch=False, begin=0, end=200),
    dict(type='CosineAnnealingLR', T_max=max_iters, eta_min=1e-6, by_epoch=False),
]
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=max_iters)
