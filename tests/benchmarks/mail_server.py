"""`python -m tests.benchmarks.mail_server`: a mail server that takes everything and keeps nothing, for `mailing`.

It prints its port, and ends when its standard input does. Plain asyncio and no library: the quicker the server, the
more of the time is the client's, which is what is measured.
"""

import asyncio
import sys

_ANSWERS = {b"EHLO": b"250-localhost\r\n250 SIZE 10000000\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection."""
    writer.write(b"220 localhost\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        writer.write(_ANSWERS.get(verb, b"250 OK\r\n"))
        if verb == b"DATA":
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 queued\r\n")
        if verb == b"QUIT":
            break
    writer.close()


async def main() -> None:
    """Serve until nobody holds the other end of standard input."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
