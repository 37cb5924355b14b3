"""The keys of the language: what each holds, and which belong to a later version."""

from enum import StrEnum

from msgspec import Struct


class Form(StrEnum):
    """What a key holds."""

    TEXT = "text"
    DURATION = "duration"
    PATH = "path"
    REGEX = "regex"
    YES_NO = "yes or no"
    WHOLE = "whole number"
    SHARE = "number or percent"
    LIST = "list of words"
    COMMAND = "command"
    ENV = "environment"
    RULES = "rules"
    LEVEL = "level"
    MODE = "mode"
    SURVIVORS = "survivors"
    SUPERVISOR = "supervisor"
    SIGNALS = "signals"
    EXPECT = "expect"
    TLS = "tls"
    MAIL = "mail"
    ADDRESS = "address"
    HEARTBEAT = "heartbeat"
    EVENTS = "events"
    OR_OFF = "duration or off"
    RATE = "rate"
    ROUTES = "routes"
    GROUPS = "groups"
    LIMITS = "limits"
    SERVICE = "service"
    SERVICES = "services"


class Key(Struct, frozen=True):
    """A key: what it holds, and what it is for."""

    form: Form
    says: str


TOP = {
    "interval": Key(Form.DURATION, "from one look to the next; 5s unless given"),
    "check_timeout": Key(Form.DURATION, "the longest that --check may take; 50s unless given"),
    "mode": Key(Form.MODE, "observe: judge, record and tell, but do nothing"),
    "service_root": Key(Form.PATH, "where runit's service directories are; $SVDIR, /etc/service"),
    "state_dir": Key(Form.PATH, "where the database is kept"),
    "control_socket": Key(Form.PATH, "where the daemon listens for the other verbs"),
    "control_group": Key(Form.TEXT, "the group whose members may give orders"),
    "metrics_file": Key(
        Form.PATH, "a textfile for Prometheus, in a directory that node_exporter reads: *.prom"
    ),
    "alerts": Key(Form.ROUTES, "who is told, and how"),
    "heartbeat": Key(
        Form.HEARTBEAT, "a URL that is asked for after complete looks, so that silence is noticed"
    ),
    "include": Key(Form.LIST, "more files, as patterns relative to this one"),
    "groups": Key(Form.GROUPS, "services that must not all be down at once"),
    "defaults": Key(Form.SERVICE, "what holds for every service that does not say otherwise"),
    "templates": Key(Form.SERVICES, "keys of services under a name, for use:"),
    "services": Key(
        Form.SERVICES, "what is watched: a name, one with {1..4} or {a,b} in it, or a pattern"
    ),
    "limits": Key(Form.LIMITS, "limits of the whole host"),
}
"""Keys of the main file."""

SERVICE = {
    "supervisor": Key(
        Form.SUPERVISOR,
        "runit: pidfile, commands, log and state come from there; external: something else "
        "starts what has ended, and a pidfile names it",
    ),
    "service_dir": Key(Form.PATH, "runit's directory of the service; service_root/NAME"),
    "pidfile": Key(Form.PATH, "the file that names the process"),
    "cmdline": Key(Form.REGEX, "what the command line of the process must match"),
    "trust_pidfile": Key(Form.YES_NO, "act on a pidfile that other users can write"),
    "start": Key(Form.COMMAND, "the command that starts it"),
    "stop": Key(Form.COMMAND, "the command that ends it"),
    "restart": Key(Form.COMMAND, "the command that does both, instead of stop and start"),
    "stop_signal": Key(
        Form.SIGNALS, "what ends it gently: QUIT, INT ...; or [TSTP 30s, TERM]; TERM unless given"
    ),
    "as": Key(Form.TEXT, "the user that commands run as"),
    "env": Key(Form.ENV, "environment of the commands"),
    "start_timeout": Key(Form.DURATION, "until a process must be there; 30s unless given"),
    "start_after": Key(Form.DURATION, "absent for so long before it is started; 10s unless given"),
    "stop_timeout": Key(Form.DURATION, "until it must be gone, then an alert; 30s unless given"),
    "kill_after": Key(Form.DURATION, "after stop_timeout, until it is killed; never unless given"),
    "settle": Key(Form.DURATION, "how long a successor must live; 10s unless given"),
    "warm_up": Key(Form.DURATION, "age at which resource rules begin to judge; 0s unless given"),
    "expect": Key(Form.EXPECT, "up: an `sv down` by hand is an alarm, too"),
    "log": Key(Form.PATH, "the file whose last lines go into alerts"),
    "group": Key(Form.TEXT, "the group it belongs to"),
    "groups": Key(Form.LIST, "the groups it belongs to"),
    "after": Key(Form.LIST, "silent, and not restarted, while one of these is the problem"),
    "depends_on": Key(Form.LIST, "as after, and down before and up after each of these"),
    "mode": Key(Form.MODE, "observe: judge, record and tell, but do nothing"),
    "survivors": Key(Form.SURVIVORS, "what becomes of descendants that outlive a stop"),
    "alerts": Key(Form.LIST, "the routes that are told of it; all unless given"),
    "use": Key(Form.LIST, "templates: what a service of this kind is like"),
    "members": Key(Form.WHOLE, "of a pattern: with fewer than this many up something is wrong"),
    "exclude": Key(Form.LIST, "of a pattern: names and patterns that are none of its members"),
    "rules": Key(
        Form.RULES, "sentences, one to a line, in a text block; instead of inherited ones"
    ),
    "add_rules": Key(Form.RULES, "sentences in addition to inherited ones"),
}
"""Keys of a service, and of `defaults`."""

ROUTE = {
    "mail": Key(Form.MAIL, "an address, or {to, from, server, port, user, password_file, tls}"),
    "url": Key(
        Form.TEXT, "any apprise URL, or the webhook as Slack shows it; ${NAME} is filled in"
    ),
    "url_file": Key(Form.PATH, "a file that holds the URL"),
    "webhook": Key(Form.ADDRESS, "a URL that our own JSON document is posted to"),
    "alertmanager": Key(Form.ADDRESS, "Prometheus' Alertmanager: http://localhost:9093"),
    "level": Key(
        Form.LEVEL, "the least that is told on this route; notice, for Alertmanager warning"
    ),
    "only": Key(Form.EVENTS, "kinds of events; what must not be missed is told all the same"),
    "except": Key(Form.EVENTS, "kinds of events that are not told on this route"),
    "services": Key(Form.LIST, "names and patterns of services; all unless given"),
    "groups": Key(Form.LIST, "groups, in addition to services; all unless given"),
    "remind": Key(Form.OR_OFF, "of what is critical, after so long; 4h unless given"),
    "rate": Key(Form.RATE, "the most messages; what is over goes as one; 10 per 10m unless given"),
    "gather": Key(Form.OR_OFF, "a message waits so long for others to go along; 10s unless given"),
}
"""Keys of a route under `alerts`."""

ADDRESS = {
    "url": Key(Form.TEXT, "http:// or https://; ${NAME} is filled in"),
    "url_file": Key(Form.PATH, "a file that holds the URL"),
}
"""Keys of `webhook` and `alertmanager` in their long form."""

HEARTBEAT = {
    **ADDRESS,
    "every": Key(Form.DURATION, "from one beat to the next, at least; 1m unless given"),
}
"""Keys of `heartbeat` in its long form."""

MAIL = {
    "to": Key(Form.LIST, "who gets it"),
    "from": Key(Form.TEXT, "the sender; svwatch@HOST unless given"),
    "server": Key(Form.TEXT, "the mail server; localhost unless given"),
    "port": Key(Form.WHOLE, "its port; 25, with tls 587 or 465"),
    "user": Key(Form.TEXT, "the account there"),
    "password": Key(Form.TEXT, "its password; better ${NAME} or password_file"),
    "password_file": Key(Form.PATH, "a file that holds the password"),
    "tls": Key(Form.TLS, "none, starttls or ssl; starttls where there is a user"),
}
"""Keys of `mail` in its long form."""

COMMAND = {
    "command": Key(Form.TEXT, "a program and its arguments; split like a shell does, but no shell"),
    "as": Key(Form.TEXT, "the user it runs as"),
    "timeout": Key(Form.DURATION, "how long it may take"),
    "env": Key(Form.ENV, "its environment"),
}
"""Keys of a command in its long form."""

GROUP = {
    "max_down": Key(Form.SHARE, "how many rules may restart at the same time; 1 unless given"),
    "min_up": Key(Form.SHARE, "fewer than this many up is CRITICAL"),
}
"""Keys of a group."""

LIMITS = {"restarts_at_once": Key(Form.WHOLE, "restarts by rules at the same time; 4 unless given")}
"""Keys of `limits`."""

LATER = {
    "start_delay": "",
    "matching": "use pidfile: or supervisor: runit",
    "unit": "use pidfile:",
    "every": "",
    "onreboot": "",
    "ignore_strays": "",
}
"""Keys of the language that this version does not have, and what it has instead."""
