"""A queue in SQLite and a task that writes down when it begins and when it is done."""

import os
import sys
import time

from huey import SqliteHuey


def report(seconds: float) -> None:
    """Take *seconds*; whose child took them goes on record."""
    with open(os.environ["REPORT"], "a", encoding="ascii") as file:
        file.write(f"begun {os.getppid()}\n")
        file.flush()
        time.sleep(seconds)
        file.write(f"done {os.getppid()}\n")


huey = SqliteHuey(filename=os.environ["QUEUE_FILE"])
asked = huey.task()(report)

if __name__ == "__main__":
    import tasks  # under the name by which the consumer knows it

    tasks.asked(float(sys.argv[1]))
