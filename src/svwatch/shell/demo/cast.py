"""The cast: a worker that leaks when told to, a daemon with a pidfile, a naive watchdog."""

# Both Python programs run with -I -S: about 9 MB each, and nothing of the user's is imported.
WORKER = '''\
"""A queue worker. Files in its directory tell it what to do: leak (MB per second), crash."""
import os, signal, sys, time

name, job, ceiling = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append("TERM"))


def say(text):
    print(f"[{name} pid:{os.getpid()}] {text}", flush=True)


def take(path):
    """Read a request once: the successor shall not find it again."""
    try:
        with open(path) as file:
            text = file.read()
        os.unlink(path)
        return float(text)
    except (FileNotFoundError, ValueError):
        return 0.0


if os.path.exists("crash"):
    say("cannot connect to the database: Connection refused (127.0.0.1:5432)")
    sys.exit(1)
say("Job NewsletterJob (id=881204) RUNNING")
hoard, rate, step = [], 0.0, 0.1
while not told:
    rate = rate or take("leak")
    if rate and sum(map(len, hoard)) < ceiling * 2**20:
        hoard.append(b"x" * int(rate * step * 2**20))
    time.sleep(step)
time.sleep(job)
say(f"Job NewsletterJob (id=881204) COMPLETED after {job:.1f}")
'''

DAEMON = '''\
"""A daemon of the old kind: forks twice, writes its pidfile, removes it at the end."""
import os, signal, sys, time

verb, pidfile = sys.argv[1], sys.argv[2]
if verb == "stop":  # as many do: whatever number the file holds gets the signal
    os.kill(int(open(pidfile).read()), signal.SIGTERM)
    sys.exit(0)
if os.fork():
    sys.exit(0)
os.setsid()
if os.fork():
    os._exit(0)
null = os.open(os.devnull, os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(null, fd)
with open(pidfile + ".new", "w") as file:
    file.write(f"{os.getpid()}\\n")
os.rename(pidfile + ".new", pidfile)
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append("TERM"))
while not told:
    time.sleep(0.1)
if os.path.exists(pidfile):
    os.unlink(pidfile)
'''

NAIVE = """\
#!/bin/sh
# a naive watchdog: is there a process behind the pidfile? if not, start one
pidfile=$1; shift
while :; do
  pid=$(cat "$pidfile" 2>/dev/null)
  if [ -z "$pid" ] || ! kill -0 "$pid"; then
    "$@"
  fi
  sleep 1
done
"""

RUN = """\
#!/bin/sh
exec 2>&1
exec '{python}' -I -S '{root}/worker.py' {name} {job} {ceiling}
"""

LOG_RUN = """\
#!/bin/sh
exec svlogd -tt ./main
"""

MAIN_CONFIG = """\
interval: 1s
service_root: {root}/service
alerts:
  ops:
    mail: {{to: ops@example.net, from: svwatch@example.net, server: 127.0.0.1, port: {port}}}
    gather: 0s
defaults: {{settle: 2s, start_after: 2s}}
include: ["services.d/*.yaml"]
"""

# What the audience is shown, below `services:`.
FIVE_LINES = """\
  worker-{1..4}:
    supervisor: runit
    rules: |
      if totalmem > 175 MB for 3 cycles then restart
      if 3 restarts within 5 minutes then stop for 10 minutes
"""

PIDFILE_CONFIG = """\
services:
  mailer:
    pidfile: {root}/run/mailer.pid
    start: "'{python}' -I -S {root}/daemon.py start {root}/run/mailer.pid"
    stop: "'{python}' -I -S {root}/daemon.py stop {root}/run/mailer.pid"
    rules: |
      if not exist then start
  indexer:
    pidfile: {root}/run/indexer.pid
    start: "'{python}' -I -S {root}/daemon.py start {root}/run/indexer.pid"
    stop: "'{python}' -I -S {root}/daemon.py stop {root}/run/indexer.pid"
    rules: |
      if not exist then start
      if totalmem > {limit} MB for 2 cycles then restart
"""
