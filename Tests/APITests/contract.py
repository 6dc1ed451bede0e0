"""What /openapi.json promises: every answer is held against it, and it is noted which operations were seen to work."""

import urllib.parse

import jsonschema_rs

METHODS = ("get", "put", "post", "delete", "patch")


class Contract:
    def __init__(self, document, problem_page):
        self.document = document
        self.problem_page = problem_page
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in document["paths"].items() for method, operation in methods.items()
            if method in METHODS}
        self.driven = set()
        self.validators = {}

    def request(self, name, parts):
        """The method of an operation, and its path with these parts in it."""
        method, path, _ = self.operations[name]
        for part, value in parts.items():
            assert "{" + part + "}" in path, f"{name} has no {part} in its path"
            path = path.replace("{" + part + "}", urllib.parse.quote(str(value), safe=""))
        assert "{" not in path, f"{name} needs {path}"
        return method, path

    def success(self, name):
        """The statuses of an operation that went well."""
        return sorted(int(status) for status in self.operations[name][2]["responses"] if status.startswith("2"))

    def check(self, name, answer):
        """Fails unless the document declares such an answer."""
        operation = self.operations[name][2]
        where = f"{name} answers {answer.status}"
        assert "x-request-id" in answer.headers, f"{where} without X-Request-Id"
        declared = self.response(operation, answer.status)
        assert declared is not None, f"{where}, which the document does not declare: {answer.body[:500]!r}"
        content = declared.get("content", {})
        for header in ("location", "idempotent-replayed", "x-next-cursor", "server-timing", "etag", "retry-after"):
            assert header not in answer.headers or header in map(str.lower, declared.get("headers", {})), (
                f"{where} with a header {header} that the document does not declare")
        if not content:
            assert not answer.body, f"{where} with a body that the document does not declare"
        else:
            assert answer.type in content, f"{where} as {answer.type}, which the document does not declare"
            if answer.type == "application/problem+json":
                self.check_problem(where, answer.status, answer.json)
            if answer.type.endswith("json"):
                self.check_schema(where, content[answer.type]["schema"], answer.json)
        if 200 <= answer.status < 300:
            self.driven.add(name)

    def check_problem(self, where, status, problem):
        entry = self.problem_page(problem["type"])
        assert entry.get("code") == problem["code"], f"{where} with the code {problem['code']}, which has no page"
        assert status in entry["statuses"], f"{where}, but the page of {problem['code']} says {entry['statuses']}"

    def response(self, operation, status):
        declared = operation["responses"].get(str(status))
        if declared and "$ref" in declared:
            declared = self.document["components"]["responses"][declared["$ref"].rpartition("/")[2]]
        return declared

    def check_schema(self, where, schema, value):
        key = id(schema)
        if key not in self.validators:
            whole = closed({**schema, "components": self.document["components"]})
            self.validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        faults = [f"/{'/'.join(map(str, fault.instance_path))}: {fault.message}"
                  for fault in self.validators[key].iter_errors(value)]
        assert not faults, f"{where} with a body that is not what the document declares: {faults[:5]} in {value}"

    @property
    def left(self):
        """Operations that were never seen to work."""
        return sorted(set(self.operations) - self.driven)


def closed(schema):
    """The same schema, in which no object has a field that is not declared. Clients ignore such fields; the document does not."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    return schema
