"""A small web server whose habit can be changed while it runs.

Usage: server.py DIR PORT

DIR/habit says what happens to callers from now on: `well` (HTTP 200), `error` (500), `drip` (a
byte now and then, for ever), `shut` (hung up on at once), `hang` (not even accepted: nothing is
done at all until it is told to end). DIR/calls holds one line per caller.
"""

import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready"
BAD = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops"


def serve(place: Path, port: int) -> None:
    """Treat callers by our habit, for ever."""
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    # it can hang at its first call only: the copy that comes after it is well again
    started = time.time()
    dripped: list[socket.socket] = []
    while True:
        ready, _, _ = select.select([listener], [], [], 0.05)
        habit = now(place, started)
        if habit == "hang":
            while True:
                time.sleep(60)
        for caller in tuple(dripped):
            drip(caller, dripped)
        if ready:
            caller, _ = listener.accept()
            answer(caller, habit, place, dripped)


def now(place: Path, started: float) -> str:
    """Give the habit; one that was taken on before our start was another copy's."""
    path = place / "habit"
    try:
        return path.read_text().strip() if path.stat().st_mtime > started else "well"
    except FileNotFoundError:
        return "well"


def drip(caller: socket.socket, dripped: list[socket.socket]) -> None:
    """Say one byte more."""
    try:
        caller.send(b"x")
    except OSError:
        dripped.remove(caller)
        caller.close()


def answer(caller: socket.socket, habit: str, place: Path, dripped: list[socket.socket]) -> None:
    """Answer one caller."""
    with (place / "calls").open("a") as calls:
        calls.write(f"{habit}\n")
    if habit == "shut":
        caller.close()
        return
    caller.settimeout(2)
    try:
        caller.recv(4096)
        if habit == "drip":
            caller.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            dripped.append(caller)
            return
        caller.sendall(BAD if habit == "error" else GOOD)
    except OSError:
        print("a caller went away", flush=True)
    caller.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    serve(Path(sys.argv[1]), int(sys.argv[2]))
