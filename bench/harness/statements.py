"""The statements of the service for each operation, read from Postgres' log, so that they are always those of this build."""

import csv
import re
import time
from dataclasses import dataclass

from . import ids
from .postgres import SESSION

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ARRAY = re.compile(r"\$(\d+)::(\w+)\[\]")
PARAMETER = re.compile(r"\$(\d+) = (?:'((?:[^']|'')*)'|NULL)")
# The columns of Postgres' csvlog: 11 is the severity, 13 the message, 14 its detail (counted from zero).
SEVERITY, MESSAGE, DETAIL = 11, 13, 14


@dataclass
class Statement:
    """A statement with its parameters as text, None for null."""

    text: str
    parameters: list

    def filled(self, literal):
        """The text with each parameter replaced by `literal(parameter)`."""
        return re.sub(r"\$(\d+)", lambda found: literal(self.parameters[int(found[1]) - 1]), self.text)


def quoted(parameter):
    return "null" if parameter is None else "'" + parameter.replace("'", "''") + "'"


def of_operations(postgres, contestant):
    """The statements of each operation in the order of the service. Postgres has to run with LOGGING."""
    body = {"external_id": "user_1", "name": "Example", "metadata": {"plan": "pro"}}
    profile = contestant.ask("POST", "/v1/user_profiles", body)["id"]
    path = f"/v1/user_profiles/{profile}"
    asked = {
        "create": ("POST", "/v1/user_profiles", body),
        "retrieve": ("GET", path, None),
        "update": ("POST", path, {"metadata": {"plan": "free"}}),
        "list": ("GET", "/v1/user_profiles?limit=100", None),
    }
    taken = {}
    for operation, (method, where, sent) in asked.items():
        before = len(logged(postgres))
        # The first call may look up the API key too.
        contestant.ask(method, where, sent)
        statements = settled(postgres, before)
        taken[operation] = [statement for statement in statements if "user_profiles" in statement.text]
    return taken


def settled(postgres, before):
    """The statements after the first `before`, once no more are logged."""
    seen = -1
    while seen != (seen := len(logged(postgres))) or seen == before:
        time.sleep(0.2)
    return logged(postgres)[before:]


def logged(postgres):
    statements = []
    for file in sorted((postgres.data / "log").glob("*.csv")):
        with file.open(newline="") as lines:
            for line in csv.reader(lines):
                executed = re.match(r"execute [^:]*: (.*)", line[MESSAGE], re.DOTALL)
                if line[SEVERITY] == "LOG" and executed:
                    found = dict((int(number), text) for number, text in named_parameters(line[DETAIL]))
                    statements.append(Statement(executed[1], [found[number] for number in sorted(found)]))
    return statements


def named_parameters(detail):
    for found in PARAMETER.finditer(detail):
        yield found[1], None if found[2] is None else found[2].replace("''", "'")


def plans(postgres, database, statements):
    """The generic plan of each of `statements`: the service executes prepared statements."""
    return {name: plan(postgres, database, statement) for name, statement in statements.items()}


def plan(postgres, database, statement):
    parameters = ", ".join(quoted(parameter) for parameter in statement.parameters)
    return postgres.sql(
        database,
        f"""set plan_cache_mode = force_generic_plan;
            prepare asked as {statement.text};
            explain (costs off) execute asked({parameters});""",
        environment=SESSION,
    )


def script(statements, organization, operation, filled):
    """A pgbench script of one transaction: `statements` with new ids for those that the service generated (a create), or else with the id of
    a random one of the `filled` profiles."""
    offsets = {}

    def literal(parameter):
        made = [found for found in UUID.findall(parameter or "") if found != organization]
        if not made:
            return quoted(parameter)
        # An array of one id (a batch of one row), or the id itself.
        uuid = ids.sql(":high::bigint", f":low::bigint + {offsets.setdefault(made[0], len(offsets))}")
        return f"array[{uuid}]" if parameter.startswith("{") else uuid

    lines = [statement.filled(literal) + ";" for statement in statements]
    if len(lines) > 1:
        lines = ["begin;", *lines, "commit;"]
    return "\n".join([*(NEW_ID if operation == "create" else known_id(filled)), *lines, ""])


def batch_script(statement, organization, rows):
    """A pgbench script that creates `rows` profiles with one execution of `statement`, the service's for one: each of its arrays has as many
    elements."""
    offsets = {}

    def array(found):
        parameter, kind = statement.parameters[int(found[1]) - 1], found[2]
        made = UUID.findall(parameter)
        if made and made[0] != organization:
            offset = offsets.setdefault(made[0], len(offsets))
            element = ids.sql(":high::bigint + (number << 16)", f":low::bigint + {offset}")
        elif parameter == "{}":
            return f"{quoted(parameter)}::{kind}[]"
        else:
            element = f"({quoted(parameter)}::{kind}[])[1]"
        return f"array(select {element} from generate_series(1, {rows}::bigint) as number)"

    text = ARRAY.sub(array, statement.text)
    text = re.sub(r"\$(\d+)", lambda found: quoted(statement.parameters[int(found[1]) - 1]), text)
    return "\n".join([*new_ids(rows), text + ";", ""])


# Ids of batches begin twenty days ago: those that come after them have a millisecond for each row, which the service would reach later.
BATCHES_BEGAN = 20 * 24 * 3600 * 1000


def new_ids(rows):
    return (
        f"\\set count :count + {rows}",
        f"\\set high (:now - {BATCHES_BEGAN} + :count << 16) + {ids.VERSION}",
        f"\\set low {ids.LOWEST} + (random(0, 1000000000) << 16)",
    )


# Ids increase with the counter, as the service's do with time, and differ by client.
NEW_ID = (
    "\\set count :count + 1",
    f"\\set high (:now + :count << 16) + {ids.VERSION}",
    f"\\set low {ids.LOWEST} + (:client_id << 8)",
)


def known_id(filled):
    return (
        f"\\set number random(0, {filled - 1})",
        f"\\set high ({ids.FIRST_MILLISECOND} + :number << 16) + {ids.VERSION}",
        f"\\set low {ids.LOWEST} + :number",
    )
