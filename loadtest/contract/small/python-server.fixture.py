"""A server as a user of the original would write it: FastAPI and python-socketio, broadcasting the four
documented events. Its REST answers are FastAPI's own ways, which the documentation leaves open.

Arguments: the port, and what to do wrong: "nothing", "naive" (timestamps without Z), "nan" (a NaN price) or
"unknown-id" (200 for an agent that is not there).
Prints "ready" once it listens.
"""

import asyncio
import sys
from datetime import datetime, timezone

import socketio
import uvicorn
from fastapi import FastAPI, HTTPException

port, wrong = int(sys.argv[1]), sys.argv[2]
app = FastAPI()
sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
sectors = {"tech-001": {"id": "tech-001", "name": "Technology", "value": 1250.0}}
agents = {"agent-789": {"id": "agent-789", "name": "Trading Agent", "role": "trader"}}
discussions = {"disc-123": {"id": "disc-123", "title": "Morning call", "participants": ["agent-789"]}}


def now():
    if wrong == "naive":
        return datetime.utcnow().isoformat()
    # Microseconds, and none at all on a whole second: what isoformat does.
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


@app.get("/health")
async def health():
    return {"status": "healthy", "timestamp": now()}


@app.get("/api/sectors")
async def list_sectors():
    return list(sectors.values())


@app.get("/api/sectors/{sector_id}")
async def get_sector(sector_id: str):
    if sector_id not in sectors:
        raise HTTPException(status_code=404, detail="Sector not found")
    return sectors[sector_id]


# With a slash at the end, as many write it: FastAPI redirects the other spelling.
@app.get("/api/agents/")
async def list_agents():
    return {"agents": list(agents.values()), "count": len(agents)}


@app.get("/api/agents/{agent_id}")
async def get_agent(agent_id: str):
    if agent_id not in agents and wrong != "unknown-id":
        raise HTTPException(status_code=404, detail="Agent not found")
    return agents.get(agent_id)


@app.get("/api/discussions")
async def list_discussions(skip: int = 0, limit: int = 100):
    return {"items": list(discussions.values())[skip : skip + limit], "total": len(discussions)}


@app.get("/api/discussions/{discussion_id}")
async def get_discussion(discussion_id: str):
    if discussion_id not in discussions:
        raise HTTPException(status_code=404, detail="Discussion not found")
    return discussions[discussion_id]


async def broadcast():
    tick = 0
    while True:
        tick += 1
        price = 1250.0 + tick
        minute = now()[:17] + "00Z" if wrong != "naive" else now()[:17] + "00"
        value = float("nan") if wrong == "nan" and tick % 10 == 0 else price
        await sio.emit("market:update", {"sectorId": "tech-001", "value": value, "timestamp": now()})
        await sio.emit("market:update", {"indexValue": 15000.0, "timestamp": now()})
        candle = {"timestamp": minute, "value": price, "open": 1250.0, "high": price, "low": 1250, "close": price}
        await sio.emit("sector:candle_update", {"sectorId": "tech-001", "candle": candle})
        message = {
            "id": "msg-%d" % tick,
            "content": "Größer als gestern \N{CHART WITH UPWARDS TREND}",
            "authorId": "agent-789",
            "authorName": "Trading Agent",
            "timestamp": now(),
            "type": "text",
        }
        await sio.emit("discussion:new_message", {"discussionId": "disc-123", "message": message})
        status = ["active", "idle", "processing", "error"][tick % 4]
        await sio.emit("agent:status_update", {"agentId": "agent-789", "status": status})
        await asyncio.sleep(0.05)


@app.on_event("startup")
async def start():
    asyncio.get_running_loop().create_task(broadcast())
    asyncio.get_running_loop().call_later(0.2, lambda: print("ready", flush=True))


uvicorn.run(socketio.ASGIApp(sio, other_asgi_app=app), host="127.0.0.1", port=port, log_level="error")
