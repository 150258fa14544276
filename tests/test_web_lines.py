"""The lines to another system: kept, one for each request at a time, and let go when a server says too much on them."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tui.web import Site, Web


@dataclass
class Echo:
    """A server that keeps its lines open and answers with the path that it was asked for; `/twice` two times."""

    port: int = 0
    lines: int = 0
    at_once: int = 0
    most_at_once: int = 0
    started: threading.Event = field(default_factory=threading.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        try:
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                await asyncio.sleep(0.02)
                self.at_once -= 1
                body = json.dumps(path).encode()
                answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                writer.write(answer * (2 if path == "/twice" else 1))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@contextmanager
def echoing() -> Iterator[Echo]:
    echo, over = Echo(), threading.Event()

    async def main() -> None:
        server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
        echo.port = server.sockets[0].getsockname()[1]
        echo.started.set()
        await asyncio.get_running_loop().run_in_executor(None, over.wait)
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert echo.started.wait(10)
    try:
        yield echo
    finally:
        over.set()
        thread.join(10)


@pytest.fixture
def echo() -> Iterator[Echo]:
    with echoing() as running:
        yield running


def asked(web: Web, *paths: str) -> list[object]:
    return [web.run(web.ask("GET", path)).body for path in paths]


def test_an_answer_that_comes_twice_is_never_taken_for_that_to_the_next_question(echo: Echo) -> None:
    web = Web(Site("Kew IdM", f"http://127.0.0.1:{echo.port}"))
    assert asked(web, "twice", "second", "third", "twice", "last") == ["/twice", "/second", "/third", "/twice", "/last"]
    assert echo.lines == 3, "the lines on which an answer came twice are not used again"
    web.close()


def test_a_line_is_kept(echo: Echo) -> None:
    web = Web(Site("Kew IdM", f"http://127.0.0.1:{echo.port}"))
    assert asked(web, "a", "b", "c") == ["/a", "/b", "/c"]
    assert echo.lines == 1
    web.close()


def test_many_questions_share_as_many_lines_as_are_allowed(echo: Echo) -> None:
    web = Web(Site("Kew IdM", f"http://127.0.0.1:{echo.port}", parallel=3))

    async def many() -> list[object]:
        return [answer.body for answer in await asyncio.gather(*(web.ask("GET", f"{one}") for one in range(30)))]

    assert web.run(many()) == [f"/{one}" for one in range(30)]
    assert (echo.lines, echo.most_at_once) == (3, 3)
    web.close()
