"""ASGI: uvicorn. Waits are sleeps (behind a semaphore of POOL_SIZE), or `pg_sleep` through asyncpg."""

import asyncio
import os

from work import burn, phases

URL = os.environ.get("DATABASE_URL")
SIZE = int(os.environ.get("POOL_SIZE", "0"))
_pool = None
_opening = asyncio.Lock()
_places = asyncio.Semaphore(SIZE) if SIZE else None


async def pool():
    global _pool
    async with _opening:
        if _pool is None:
            import asyncpg

            _pool = await asyncpg.create_pool(URL, min_size=SIZE, max_size=SIZE)
        return _pool


async def wait(seconds):
    if URL:
        async with (await pool()).acquire() as connection:
            await connection.execute("select pg_sleep($1)", seconds)
    elif _places:
        async with _places:
            await asyncio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    for kind, seconds in phases(scope["path"]):
        if kind == "c":
            burn(seconds)
        else:
            await wait(seconds)
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n"})
