"""The releases of the official clients: which are tested, what each can do, and how the last test of each went."""

import datetime
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
LANGUAGES = ("python", "typescript", "rust")

# The package of each language, and its first release with user profiles.
PACKAGES = {"python": ("anthropic", "0.96.0"), "typescript": ("@anthropic-ai/sdk", "0.90.0"), "rust": ("claude-api", None)}


def table(file):
    """The lines of a file, as words, without comments."""
    lines = (line.split("#")[0].split() for line in file.read_text().splitlines())
    return [line for line in lines if line]


def tested():
    """(language, release) of every line in `clients`."""
    return [tuple(line) for line in table(HERE / "clients")]


def features(language, release):
    """The features that this release has, by the table of that name."""
    return {name for name, first in first_releases(language).items() if numbers(first) <= numbers(release)}


def first_releases(language):
    """The first release with each feature, for the features that the client has at all."""
    column = 1 + LANGUAGES.index(language)
    return {line[0]: line[column] for line in table(HERE / "features") if line[column] != "-"}


def numbers(release):
    return [int(number) for number in re.findall(r"\d+", release)]


def every(language):
    """Every published release that has user profiles, oldest first, without previews."""
    package, first = PACKAGES[language]
    if language == "python":
        asked = [sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions", package]
        listed = re.search(r"Available versions: (.*)", answer(asked))[1].split(", ")
    elif language == "typescript":
        listed = json.loads(answer(["npm", "view", package, "versions", "--json"]))
    else:
        # Its lock file names one.
        listed = [release for tested_language, release in tested() if tested_language == language]
    plain = [release for release in listed if re.fullmatch(r"\d+\.\d+\.\d+", release)]
    return sorted((each for each in plain if first is None or numbers(each) >= numbers(first)), key=numbers)


def answer(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout


def results():
    """(outcome, date) of the last test of each (language, release) that `--all` ran."""
    return {(language, release): (outcome, date) for language, release, outcome, date in table(RESULTS)}


def record(language, release, passed):
    """Stores the outcome of a test."""
    stored = results() if RESULTS.exists() else {}
    stored[language, release] = ("passed" if passed else "failed", datetime.date.today().isoformat())
    lines = ["# Written by `run --all`: how the last test of each release went, and when.\n"]
    for (language, release), outcome in sorted(stored.items(), key=lambda each: (LANGUAGES.index(each[0][0]), numbers(each[0][1]))):
        lines.append(" ".join((language, release, *outcome)) + "\n")
    RESULTS.write_text("".join(lines))
