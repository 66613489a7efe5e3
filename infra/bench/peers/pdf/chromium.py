"""Chromium, where it is installed: the page printed without a window, tagged.

The memory is that of its largest process, which is less than that of all.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from common import main
from page import page

WAIT_SECS = 500
# prctl(2): processes whose parents have ended become children of this one, and so their time counts.
PR_SET_CHILD_SUBREAPER = 36


def render(rows: list[list[str]], target: str) -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    program = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page(rows), encoding="utf-8")
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        profile = f"--user-data-dir={folder}/profile"
        output = ["--no-pdf-header-footer", "--export-tagged-pdf", f"--print-to-pdf={target}"]
        command = [program, *options, profile, *output, source.as_uri()]
        subprocess.run(
            command,
            check=True,
            timeout=WAIT_SECS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        reap()


def reap() -> None:
    """Waits for all processes that the program left behind."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


main(render)
