"""``clipter cut-words`` from a checkout: ``python tools/cut_words.py --help``."""

import sys

from pipeline.cli.cut_words import main

if __name__ == '__main__':
    sys.exit(main())
