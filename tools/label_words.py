"""``clipter label-words`` from a checkout: ``python tools/label_words.py --help``."""

import sys

from pipeline.cli.label_words import main

if __name__ == '__main__':
    sys.exit(main())
