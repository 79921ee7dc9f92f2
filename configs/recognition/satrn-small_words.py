_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/recognition_schedule.py',
    '../_base_/recognition_words.py',
    '../_base_/satrn-small.py',
]

optim_wrapper = dict(optimizer=dict(lr=3e-4))  # MMOCR's learning rate
