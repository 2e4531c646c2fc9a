#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Joins each TCP connection to 127.0.0.1:PORT with one to a Unix socket. Usage: socket_bridge.py PORT SOCKET."""

import asyncio
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def join(reader, writer):
    try:
        far_reader, far_writer = await asyncio.open_unix_connection(sys.argv[2])
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


async def main():
    server = await asyncio.start_server(join, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
except OSError as error:
    sys.exit(f"socket_bridge: {error}")
