"""Reads a PDF with pypdf each time a line comes in, and says how many fields it found and how many milliseconds it took.

    VENV/bin/python turns.py FILE

What the bench runs beside the server (`VESTRY_PYTHON=VENV/bin/python cargo xtask bench utilities`): the interpreter has started
and pypdf is loaded before the first turn. It finds the fields of the form and their places on the pages, as the reference of the
tests does.
"""

import io
import sys
import time
from pathlib import Path

import pypdf

from reference import by_form, by_page


def main():
    path = Path(sys.argv[1])
    for _ in sys.stdin:
        started = time.perf_counter()
        reader = pypdf.PdfReader(io.BytesIO(path.read_bytes()))
        fields, _ = by_form(reader), by_page(reader)
        print(len(fields), (time.perf_counter() - started) * 1000, flush=True)


if __name__ == "__main__":
    main()
