"""Clients of python-socketio, every other one with permessage-deflate, which aiohttp offers where it is asked to.

python-clients.fixture.py URL EVENTS: four of them, over WebSocket and upgraded from polling. Each prints "joined" on a
line, and then, when it has received so many events, what it had as JSON.
"""

import asyncio
import functools
import hashlib
import json
import sys

import aiohttp
import socketio


async def run(url, events, transports, compress):
    session = aiohttp.ClientSession()
    if compress:
        session.ws_connect = functools.partial(session.ws_connect, compress=15)
    client = socketio.AsyncClient(http_session=session, reconnection=False)
    texts = hashlib.sha256()
    received = 0
    done = asyncio.Event()
    receive = client.eio._receive_packet

    async def record(packet):
        nonlocal received
        # As it came: before python-socketio reads the JSON.
        if isinstance(packet.data, str) and packet.data.startswith("2["):
            texts.update(packet.data.encode() + b"\n")
            received += 1
            if received == events:
                done.set()
        await receive(packet)

    client.eio._receive_packet = record
    client.on("disconnect", done.set)
    await client.connect(url, transports=transports)
    print("joined", flush=True)
    await done.wait()
    ws = client.eio.ws
    result = {
        "transport": client.eio.transport(),
        "compresses": bool(getattr(ws, "compress", 0)),
        "received": received,
        "sha256": texts.hexdigest(),
    }
    print(json.dumps(result), flush=True)
    await client.disconnect()
    await session.close()


async def main():
    url, events = sys.argv[1], int(sys.argv[2])
    kinds = [(transports, compress) for transports in (["websocket"], None) for compress in (False, True)]
    await asyncio.gather(*(run(url, events, *kind) for kind in kinds))


asyncio.run(main())
