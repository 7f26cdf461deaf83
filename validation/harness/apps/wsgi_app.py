"""WSGI: gunicorn and waitress. Waits are sleeps, or `pg_sleep` through psycopg_pool where DATABASE_URL is set."""

import os
import threading
import time

from work import burn, phases

URL = os.environ.get("DATABASE_URL")
_pool = None
_lock = threading.Lock()


def pool():
    """One pool per process, opened by its first request, because gunicorn forks earlier."""
    global _pool
    with _lock:
        if _pool is None:
            from psycopg_pool import ConnectionPool

            size = int(os.environ["POOL_SIZE"])
            _pool = ConnectionPool(URL, min_size=size, max_size=size, open=True)
            _pool.wait()
        return _pool


def app(environ, start_response):
    for kind, seconds in phases(environ["PATH_INFO"]):
        if kind == "c":
            burn(seconds)
        elif URL:
            with pool().connection() as connection:
                connection.execute("select pg_sleep(%s)", (seconds,))
        else:
            time.sleep(seconds)
    headers = [("Content-Type", "text/plain"), ("Content-Length", "3"), ("X-Process", str(os.getpid()))]
    start_response("200 OK", headers)
    return [b"ok\n"]
