"""What `make fuzz` teaches Schemathesis: ids that exist, documents that are nearly right, and what must never be in an answer.

FUZZ_KNOWN names a JSON file: {"runs": [...], "closed": [...], "schedules": [...], "document": {...}, "never": [...]}.
"""

import json
import os
import re
import zlib

import schemathesis

KNOWN = json.load(open(os.environ["FUZZ_KNOWN"], encoding="utf-8"))
# What of the inside must not get out: frames of a stack, places in our code, addresses with passwords.
INSIDE = re.compile(r"\n\s+at |\\n\s+at |node_modules|\.[jt]s:\d|postgres(ql)?://|/dist/")


def choose(seed, among):
    """The same for the same input, because Hypothesis plays an input again to shrink it."""
    return zlib.crc32(repr(seed).encode("utf-8", "surrogatepass")) % among


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Two of three ids are those of something. Streams of runs that go on have no end, so only closed ones are watched."""
    if not path_parameters:
        return path_parameters
    number = choose(path_parameters, 300)
    if number % 3 == 0:
        return path_parameters
    if "name" in path_parameters:
        return {**path_parameters, "name": KNOWN["schedules"][number % len(KNOWN["schedules"])]}
    if "id" in path_parameters:
        ids = KNOWN["closed"] if context.operation.path.endswith("/events") else KNOWN["runs"]
        return {**path_parameters, "id": ids[number % len(ids)]}
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    """A document that is valid, or one of whose parts is what was drawn: random objects never get past the parser."""
    if not isinstance(body, dict) or not isinstance(body.get("document"), dict):
        return body
    number = choose(body, 300)
    if number % 4 == 0:
        return body
    document = dict(KNOWN["document"])
    if number % 4 == 1 and body["document"]:
        drawn = next(iter(body["document"].values()))
        document[list(document)[number % len(document)]] = drawn
    return {**body, "document": document}


@schemathesis.check
def nothing_of_the_inside(context, response, case):
    """No answer tells of the inside, nor of a secret."""
    text = response.content.decode("utf-8", "replace") + repr(dict(response.headers))
    if case.operation.path != "/v1/openapi.json" and INSIDE.search(text):
        raise AssertionError(f"something of the inside: {INSIDE.search(text).group(0)!r}")
    for secret in KNOWN["never"]:
        if secret in text:
            raise AssertionError("a secret is in the answer")


@schemathesis.check
def errors_are_problems(context, response, case):
    """What is refused is a problem (RFC 9457) and nothing else."""
    if response.status_code < 400:
        return
    if not response.headers.get("content-type", [""])[0].startswith("application/problem+json"):
        raise AssertionError("an error that is no application/problem+json")
    if sorted(json.loads(response.content)) != ["detail", "status", "title", "type"]:
        raise AssertionError("a problem with other members than type, title, status and detail")
