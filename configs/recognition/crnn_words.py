_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/recognition_schedule.py',
    '../_base_/recognition_words.py',
    '../_base_/crnn.py',
]

load = [dict(_base_.load[0], color_type='grayscale'), _base_.load[1]]
train_dataloader = dict(dataset=dict(pipeline=[*load, *_base_.pack]))
val_dataloader = dict(dataset=dict(pipeline=[*load, *_base_.pack]))
test_dataloader = val_dataloader
