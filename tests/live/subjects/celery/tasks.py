"""A task that writes down when it begins and when it is done."""

import os
import time

from celery import Celery


def report(seconds: float) -> None:
    """Take *seconds*; whose child took them goes on record."""
    with open(os.environ["REPORT"], "a", encoding="ascii") as file:
        file.write(f"begun {os.getppid()}\n")
        file.flush()
        time.sleep(seconds)
        file.write(f"done {os.getppid()}\n")


app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.broker_connection_retry_on_startup = True
asked = app.task(report)
