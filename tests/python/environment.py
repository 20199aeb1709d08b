"""Virtual environments, each made once."""

import hashlib
import shutil
import subprocess
import sys


def virtual_environment(home, constraints, *packages):
    """The interpreter of an environment with `packages`, whose versions the file `constraints` pins."""
    interpreter = home / "bin" / "python"
    wanted = hashlib.sha256(f"{sys.version} {packages} {constraints.read_text()}".encode()).hexdigest()
    made = home / "made-from"
    if not (made.exists() and made.read_text() == wanted):
        print(f"making {home}", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        pip = [interpreter, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        for command in [sys.executable, "-m", "venv", home], [*pip, "--constraint", constraints, *packages]:
            if subprocess.run(command, stdin=subprocess.DEVNULL).returncode != 0:
                raise RuntimeError(f"could not make {home}: see the messages above (is the package index reachable?)")
        made.write_text(wanted)
    return interpreter
