_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/recognition_schedule.py',
    '../_base_/recognition_words.py',
    '../_base_/vitstr-tiny.py',
]
