"""FastAPI with a handler that is a plain function: it runs in a thread."""

import time

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from work import burn, phases

app = FastAPI()


@app.get("/{path:path}")
def handler(path: str):
    for kind, seconds in phases(path):
        burn(seconds) if kind == "c" else time.sleep(seconds)
    return PlainTextResponse("ok\n")
