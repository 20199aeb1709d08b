"""Writes docs/clients.md: which releases of the clients were tested, and in which shape each speaks."""

from pathlib import Path

from releases import LANGUAGES, features, first_releases, numbers, results, tested

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
NAMES = {"python": "Python, `anthropic`", "typescript": "TypeScript, `@anthropic-ai/sdk`", "rust": "Rust, `claude-api` with the feature `user-profiles`"}

# What a client calls, and the shape that it asks for: of the features that a release has, each that is named here adds a line.
DOORS = {
    None: ({"python": "client.beta.user_profiles", "typescript": "client.beta.userProfiles", "rust": "client.user_profiles()"}, "2026-03-24"),
    "access_type": ({"python": "client.beta.user_profiles", "typescript": "client.beta.userProfiles"}, "2026-08-18"),
    "external_details": (
        {"python": 'client.beta.user_profiles, betas=["user-profiles-2026-09-04"]', "typescript": 'client.beta.userProfiles, betas: ["user-profiles-2026-09-04"]'},
        "2026-09-04",
    ),
    "ga": ({"python": "client.user_profiles", "typescript": "client.userProfiles"}, "ga"),
}
# The shape of the original namespace ends with this feature.
REPLACED = {None: "access_type"}

# What is verified under every release, and what from the first release on that has a feature.
EVERYWHERE = (
    "create, retrieve, update, list and enrollment link",
    "all pages of a list of 250 profiles, in both orders, each profile once",
    "merging and removing metadata",
    "refusals (400, 401, 403, 404) as the client's own errors, and their request ids",
)
VERIFIED = {
    "names": "`name` and `relationship` as arguments; before, as additional fields of the body",
    "unwrap": "webhook deliveries are unwrapped, with the right secret only",
    "access_type": "`access_type`; profiles written under another shape",
    "onboarded_at": "`external_user_onboarded_at`",
    "order_by": "lists by name",
    "external_details": "`external_user_details`",
    "workspace_id": "the argument for `anthropic-workspace-id`",
    "ga": "`delete`, `action_urls`, `programs`",
    "dated_ga": "ga without a pinned organization",
    "webhooks": "administration of webhook endpoints",
    "enforcement": "`enforcement_status`, `enforcement_actions` and the filter by status",
    "external_events": "webhook subscriptions to events of external keys and storage",
    "data_controls": "`data_controls`, and errors by `details.error_code`",
}

HEAD = """# Clients

<!-- Written by `tests/sdk/run --document`. -->

The releases of the published clients that were run against this service, unchanged but for the base URL. Each drives the running service as a black box; what a release
cannot do is not asked of it. `tests/sdk/run` tests some of them in every run of the suite, `tests/sdk/run --all` tests every one.
"""

BY_HAND = """
## By hand

The PHP client (`anthropic-ai/sdk`) is not in the suite, because its packages cannot be installed wherever that runs. On 2026-11-26 its 27 releases from 0.21.0 to 0.43.0 were run on PHP 8.2 with
Guzzle: create, retrieve, update, enrollment link and a 404 as `NotFoundException`; and all pages of lists of 253 to 279 profiles, seven a page, in both orders. The six releases from 0.16.0
to 0.20.0 do the same, but end a list after its first page: they never ask for the second. The black-box suite sends the requests of the later releases in their exact form.

What the command line `ant` does is in [command-line.md](command-line.md).
"""


def text():
    return "".join([HEAD, *shapes(), *verified(), *in_every_run(), BY_HAND])


def write():
    PAGE.write_text(text())


def is_stale():
    return not PAGE.exists() or PAGE.read_text() != text()


def shapes():
    """The last full run, and the releases by the shape that they ask for."""
    yield "\n## Releases\n\n| client | releases | passed | last tested |\n|---|---|---|---|\n"
    for language in filter(of, LANGUAGES):
        ran = of(language)
        passed = [release for release, (outcome, _) in ran.items() if outcome == "passed"]
        dates = sorted({date for _, date in ran.values()})
        yield f"| {NAMES[language]} | {span(ran)} | {len(passed)} of {len(ran)} | {' to '.join(sorted({dates[0], dates[-1]}))} |\n"
    failed = [f"{language} {release}" for (language, release), (outcome, _) in results().items() if outcome != "passed"]
    if failed:
        yield f"\nFailed: {', '.join(failed)}.\n"
    yield "\n| call | releases | shape |\n|---|---|---|\n"
    for language in LANGUAGES:
        for feature, (calls, shape) in DOORS.items():
            ran = [release for release in of(language) if has(language, release, feature)]
            if language in calls and ran:
                yield f"| {language}: `{calls[language]}` | {span(ran)} | {shape} |\n"


def has(language, release, feature):
    able = features(language, release)
    return (feature is None or feature in able) and REPLACED.get(feature) not in able


def verified():
    yield "\n## What is verified\n\nUnder every release:\n\n"
    for each in EVERYWHERE:
        yield f"- {each}\n"
    yield "\nFrom the first release on that can:\n\n| | Python | TypeScript |\n|---|---|---|\n"
    python, typescript = first_releases("python"), first_releases("typescript")
    for feature in python:
        yield f"| {VERIFIED[feature]} | {python[feature]} | {typescript[feature]} |\n"


def in_every_run():
    yield "\n## In every run\n\n"
    for language in LANGUAGES:
        named = sorted((release for each, release in tested() if each == language), key=numbers)
        yield f"- {NAMES[language]}: {', '.join(named)}\n"


def of(language):
    """How the last test of each release of this language went."""
    return {release: result for (each, release), result in results().items() if each == language}


def span(ran):
    ordered = sorted(ran, key=numbers)
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]}–{ordered[-1]}"
