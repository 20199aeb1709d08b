"""What the suites install beside the other artefacts: Python's virtual environments and npm's packages, each once."""

import hashlib
import shutil
import subprocess
import sys


def virtual_environment(home, constraints, *packages):
    """The interpreter of an environment with `packages`, whose versions the file `constraints` pins."""
    interpreter = home / "bin" / "python"
    pip = [interpreter, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    commands = [sys.executable, "-m", "venv", home], [*pip, "--constraint", constraints, *packages]
    make(home, f"{sys.version} {packages}", constraints, commands)
    return interpreter


def node_modules(home, pins, *packages):
    """Fills `home` with npm's packages: those that the file `pins` (a package.json) names, and `packages`, whose dependencies it pins."""
    npm = ["npm", "install", "--prefix", home, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    make(home, " ".join(packages), pins, [["cp", pins, home / "package.json"], [*npm, "--save-exact", *packages]])


def make(home, wanted, pins, commands):
    """Runs the commands that fill the directory `home`, unless it was filled with what is wanted and with these pins."""
    wanted = hashlib.sha256(f"{wanted} {pins.read_text()}".encode()).hexdigest()
    made = home / "made-from"
    if made.exists() and made.read_text() == wanted:
        return
    print(f"making {home}", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for command in commands:
        if subprocess.run(command, stdin=subprocess.DEVNULL).returncode != 0:
            raise RuntimeError(f"could not make {home}: see the messages above (is the package index reachable?)")
    made.write_text(wanted)
