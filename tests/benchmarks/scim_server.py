"""`python -m tests.benchmarks.scim_server FILE`: a SCIM service that does the least, for the benchmark `scim`.

FILE is a JSON list of [contact code, username]. It prints its port, and ends when its standard input does. Plain
asyncio and no library: the quicker the server, the more of the time is the client's, which is what is measured (beside
the 5 ms that scim2-server takes for a request nothing of ours would show). It filters, patches and knows If-Match,
offers no bulk, and keeps what it was asked: /log gives that, and /fresh begins anew.
"""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

BASE = "/scim/v2"
_OFFERS = {
    "patch": {"supported": True},
    "filter": {"supported": True, "maxResults": 200},
    "etag": {"supported": True},
    "changePassword": {"supported": True},
    "bulk": {"supported": False},
}
_FILTER = re.compile(r'(externalId|userName) eq "([^"]*)"')


class Asked(NamedTuple):
    """One request, and whose record it is about ("" for nobody's)."""

    record: str
    method: str
    target: str
    if_match: str
    body: str


class Service:
    """The records, and what was asked."""

    def __init__(self, people: list[list[str]]) -> None:
        self._people = people
        self.log: list[Asked] = []
        self.records: dict[str, dict[str, Any]] = {}
        self.known: dict[tuple[str, str], str] = {}
        self.fresh()

    def fresh(self) -> None:
        """As nothing had been asked."""
        self.log = []
        self.records, self.known = {}, {}
        for number, (code, username) in enumerate(self._people, 1):
            self.records[str(number)] = {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "id": str(number),
                "externalId": code,
                "userName": username,
                "active": True,
                "meta": {"version": 'W/"1"'},
            }
            self.known["externalId", code] = self.known["userName", username] = str(number)

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        """The status and the body of an answer."""
        parts = urlsplit(target)
        path = parts.path.removeprefix(BASE)
        if_match = headers.get("if-match", "")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if path == "/log":
            return 200, self.log
        if path == "/fresh":
            self.fresh()
            return 200, {}
        if path == "/ServiceProviderConfig":
            self.log.append(Asked("", method, target, if_match, body))
            return 200, _OFFERS
        if path == "/Users":
            found = self._listed(query)
            one = found[0]["id"] if "filter" in query and found else ""
            self.log.append(Asked(one, method, target, if_match, body))
            start, count = int(query.get("startIndex", 1)), int(query.get("count", 100))
            return 200, {"totalResults": len(found), "Resources": found[start - 1 : start - 1 + count]}
        id_ = unquote(path.removeprefix("/Users/"))
        self.log.append(Asked(id_, method, target, if_match, body))
        record = self.records.get(id_)
        if record is None:
            return 404, {"status": "404"}
        if method == "PATCH":
            if if_match not in ("", record["meta"]["version"]):
                return 412, {"status": "412"}
            self._patch(record, json.loads(body))
            return 204, None
        return 200, record

    def _listed(self, query: dict[str, str]) -> list[dict[str, Any]]:
        if "filter" not in query:
            return list(self.records.values())
        asked = _FILTER.fullmatch(query["filter"])
        found = self.known.get((asked[1], asked[2])) if asked else None
        return [self.records[found]] if found else []

    def _patch(self, record: dict[str, Any], body: dict[str, Any]) -> None:
        for operation in body["Operations"]:
            if operation["path"] == "userName":
                self.known.pop(("userName", record["userName"]), None)
                self.known["userName", operation["value"]] = record["id"]
            if operation["path"] != "password":
                record[operation["path"]] = operation["value"]
        record["meta"] = {"version": f'W/"{int(record["meta"]["version"][3:-1]) + 1}"'}


async def serve(service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection, request by request."""
    try:
        while True:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines if line}
            sent = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
            method, target, _ = first.split(" ")
            status, body = service.answer(method, target, headers, sent)
            raw = b"" if body is None else json.dumps(body).encode()
            head = f"HTTP/1.1 {status} said\r\nContent-Type: application/scim+json\r\n"
            length = "" if status == 204 else f"Content-Length: {len(raw)}\r\n"
            writer.write(f"{head}{length}\r\n".encode() + raw)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    """Serve until nobody holds the other end of standard input."""
    service = Service(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    server = await asyncio.start_server(lambda reader, writer: serve(service, reader, writer), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
