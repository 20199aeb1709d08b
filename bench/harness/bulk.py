"""The section of imports and exports: the command line's, through HTTP, into the service and into a peer with a batch endpoint."""

import os
import subprocess
import time
from contextlib import ExitStack

from . import contestants
from .filling import Database
from .process import clean_environment

CONTESTANTS = contestants.uprof, contestants.node

MOST_SECONDS = 300


def fill(run):
    """For each contestant an empty database, and a file of NDJSON with an external id and two pairs on each line."""
    run.imported, run.import_files = {}, {}
    for kind in CONTESTANTS:
        name = kind.__name__
        run.imported[name] = Database(run.postgres, f"import_{name}", 0, run.scratch)
        run.import_files[name] = run.scratch / f"{name}.ndjson"
        with run.import_files[name].open("w") as file:
            file.writelines(map(line, range(lines(run.effort, name))))


def lines(effort, name):
    """The peer takes as long for a tenth."""
    return effort.imported if name == "uprof" else max(1, effort.imported // 10)


def line(number):
    return f'{{"external_id":"user_{number}","name":"{number:08x} {number:08x}","metadata":{{"plan":"pro","seat":"{number:08x}"}}}}\n'


def measure(run):
    run.clock.say("imports and exports")
    results = {}
    with ExitStack() as stack:
        for kind in CONTESTANTS:
            name = kind.__name__
            database, count = run.imported[name], lines(run.effort, name)
            contestant = stack.enter_context(kind(run.postgres, database.name, database.key, run.scratch, name=f"import-{name}"))
            before = contestant.process.cpu_seconds(), run.server.cpu_seconds()
            seconds = timed(contestant, "import", run.import_files[name], "--on-existing", "create")
            stored = int(run.postgres.sql(database.name, "select count(*) from user_profiles;")[0])
            if stored != count:
                raise RuntimeError(f"{name}: {count} lines were imported, and there are {stored} rows")
            results[name] = {
                "rate": count / seconds,
                "cpu": (contestant.process.cpu_seconds() - before[0]) / count * 1e6,
                "database_cpu": (run.server.cpu_seconds() - before[1]) / count * 1e6,
                "peak_memory": contestant.process.peak_resident_bytes(),
            }
            if name == "uprof":
                exported = run.scratch / "exported.ndjson"
                results[name]["export_rate"] = count / timed(contestant, "export", exported)
                with exported.open("rb") as file:
                    found = sum(1 for _ in file)
                exported.unlink()
                # The last line is the trailer.
                if found != count + 1:
                    raise RuntimeError(f"{count} profiles were exported as {found} lines")
                results[name]["peak_memory"] = contestant.process.peak_resident_bytes()
    run.results["bulk"] = results
    run.save()


def timed(contestant, verb, file, *flags):
    """The seconds of a verb of the command line, which has to succeed."""
    environment = {
        **clean_environment(),
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{contestant.port}",
        "ANTHROPIC_API_KEY": contestant.key,
    }
    began = time.monotonic()
    command = [os.fspath(contestants.BINARY), verb, os.fspath(file), *flags]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=file.parent, timeout=MOST_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"uprof {verb} against {contestant.name} failed: {done.stdout}{done.stderr}")
    return time.monotonic() - began
