"""Routes: which way, in which form, of what, how often; and who is told of a service."""

from collections.abc import Callable

import pytest

from svwatch.core.level import Level
from svwatch.core.plan import Plan
from svwatch.core.route import NEVER_HIDDEN, Form, Heartbeat, Rate, Route, Target, Word
from svwatch.lang.event_words import MONIT
from svwatch.lang.load import Loaded
from svwatch.lang.problem import show

Write = Callable[..., Loaded]

SERVICES = """
services:
  web: {supervisor: runit, group: front}
  w-{1..2}: {supervisor: runit}
  job-*: {supervisor: runit}
"""


def plan(found: Loaded) -> Plan:
    assert found.plan is not None, [show(problem) for problem in found.problems]
    return found.plan


def route(loaded: Write, text: str, environ: dict[str, str] | None = None) -> Route:
    (made,) = plan(loaded(f"alerts: {{ops: {{{text}}}}}{SERVICES}", environ)).routes
    return made


def errors(found: Loaded) -> list[str]:
    return [show(problem) for problem in found.problems if not problem.warning]


# --- the way ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("mailto://u:p@example.net", Form.MAIL),
        ("mailtos://u:p@example.net", Form.MAIL),
        ("sendgrid://k:a@example.net", Form.MAIL),
        ("jsons://example.net", Form.MAIL),
        ("slack://T1/B2/c3", Form.SLACK),
        ("HTTPS://HOOKS.SLACK.COM/services/T1/B2/c3", Form.SLACK),
        ("https://hooks.slack.com.example.net/services/T1/B2/c3", Form.CHAT),
        ("https://discord.com/api/webhooks/1/abc", Form.CHAT),
        ("tgram://123:abc/1", Form.CHAT),
        ("twilio://a:b@c", Form.CHAT),
        ("46elks://a:b@c", Form.CHAT),
        ("syslog://", Form.CHAT),
        ("nobodyknows://x", Form.CHAT),
    ],
)
def test_the_form_follows_the_url(url: str, form: Form, loaded: Write) -> None:
    made = route(loaded, f"url: '{url}'")
    assert (made.form, made.targets[0].url, made.level) == (form, url, Level.NOTICE)


@pytest.mark.parametrize(
    ("way", "form", "url", "level"),
    [
        ("webhook: https://h.example/k", Form.JSON, "https://h.example/k", Level.NOTICE),
        ("webhook: {url: 'http://u:p@h:8/k'}", Form.JSON, "http://u:p@h:8/k", Level.NOTICE),
        ("webhook: 'https://h/${KEY}'", Form.JSON, "https://h/hunter2", Level.NOTICE),
        ("alertmanager: http://am:9093", Form.ALERTMANAGER, "http://am:9093", Level.WARNING),
        ("alertmanager: 'http://[::1]:9093/'", Form.ALERTMANAGER, "http://[::1]:9093", "warning"),
        ("alertmanager: http://am/x/api/v2/alerts", Form.ALERTMANAGER, "http://am/x", "warning"),
        ("alertmanager: http://am, level: notice", Form.ALERTMANAGER, "http://am", "notice"),
    ],
)
def test_what_we_post_ourselves(way: str, form: Form, url: str, level: str, loaded: Write) -> None:
    made = route(loaded, way, {"KEY": "hunter2"})
    assert (made.form, made.targets[0].url, made.level) == (form, url, level)
    assert "hunter2" not in repr(made)


def test_each_recipient_of_a_mail_is_a_target_of_its_own(loaded: Write) -> None:
    made = route(loaded, "mail: [a@example.org, 'b@example.org, a@example.org', c@example.org]")
    assert [target.to for target in made.targets] == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
    ]
    for target in made.targets:
        others = {other.to.replace("@", "%40") for other in made.targets} - {
            target.to.replace("@", "%40")
        }
        assert target.to.replace("@", "%40") in target.url
        assert not any(other in target.url for other in others)
    assert made.form is Form.MAIL


# --- wishes ----------------------------------------------------------------------------------


def test_a_route_without_wishes_hears_of_everything(loaded: Write) -> None:
    made = route(loaded, "mail: ops@example.org")
    usual = Route("ops", made.targets)
    assert made == usual
    assert (usual.remind, usual.rate, usual.gather) == (14400.0, Rate(10, 600.0), 10.0)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("only: down", "only", (Word.DOWN,)),
        ("only: [down, No-Answer, no_answer]", "only", (Word.DOWN, Word.NO_ANSWER)),
        ("only: [nonexist, resource]", "only", ("down", "restarted", "pidfile", "over")),
        ("only: timeout", "only", (Word.STORM,)),
        ("except: [restarted, order, storm]", "hidden", (Word.RESTARTED, Word.ORDER)),
        ("except: [exec, delivery]", "hidden", ()),
        ("services: [web, 'w-{1..2}', 'j*']", "services", ("web", "w-1", "w-2", "j*")),
        ("services: job-17", "services", ("job-17",)),
        ("groups: [front, 'job-*', 'w-{1..2}']", "groups", ("front", "job-*", "w-{1..2}")),
        ("remind: 30m", "remind", 1800.0),
        ("remind: off", "remind", None),
        ("gather: 0s", "gather", 0.0),
        ("gather: off", "gather", 0.0),
        ("gather: 2m", "gather", 120.0),
        ("rate: 10 per 1h", "rate", Rate(10, 3600.0)),
        ("rate: 5/10m", "rate", Rate(5, 600.0)),
        ("rate: 1 per hour", "rate", Rate(1, 3600.0)),
        ("rate: 3 / 1h30m", "rate", Rate(3, 5400.0)),
        ("rate: 20 Per 10 minutes", "rate", Rate(20, 600.0)),
    ],
)
def test_a_wish_is_what_it_says(text: str, key: str, value: object, loaded: Write) -> None:
    assert getattr(route(loaded, f"mail: ops@example.org, {text}"), key) == value


ACCEPTED = """
action bytein byteout checksum connection content data exec exist fsflag fsflags gid icmp instance
invalid link nonexist packetin packetout permission pid ppid resource saturation size speed status
timeout timestamp uid uptime
"""  # by monit 5.33 after `only on`, each tried there


def test_monits_names_mean_something_each(loaded: Write) -> None:
    assert sorted(MONIT) == ACCEPTED.split()
    assert all(MONIT.values())
    assert not set(MONIT) & set(Word)
    found = loaded(f"alerts: {{ops: {{mail: a@example.org, only: [{', '.join(MONIT)}]}}}}")
    assert set(plan(found).routes[0].only) <= set(Word)
    assert len(plan(found).remarks) == len(MONIT)


def test_what_cannot_be_hidden_is_never_hidden(loaded: Write) -> None:
    every = ", ".join(Word)
    made = route(loaded, f"mail: a@example.org, except: [{every}]")
    assert set(made.hidden) == set(Word) - NEVER_HIDDEN


# --- services, their reminders, and the heartbeat --------------------------------------------


def test_a_service_names_its_routes_by_the_usual_layers(loaded: Write) -> None:
    made = plan(
        loaded("""
alerts: {a: {mail: a@example.org}, b: {mail: b@example.org}, c: {mail: c@example.org}}
templates: {quiet: {alerts: c}}
defaults: {supervisor: runit, alerts: [a, b]}
services:
  one:
  two: {alerts: b}
  three: {use: quiet}
  m-*: {alerts: [c, a]}
""")
    )
    assert [(one.name, one.alerts) for one in made.services] == [
        ("one", ("a", "b")),
        ("two", ("b",)),
        ("three", ("c",)),
    ]
    assert made.molds[0].service.alerts == ("c", "a")


def test_reminders_come_as_often_as_the_most_curious_route_wants(loaded: Write) -> None:
    made = plan(
        loaded("""
alerts:
  every: {mail: a@example.org}
  web: {mail: b@example.org, services: web, remind: 1h}
  front: {mail: c@example.org, groups: front, remind: 30m}
  m: {mail: d@example.org, services: m-1*, remind: 10m}
  off: {mail: e@example.org, remind: off}
  am: {alertmanager: "http://localhost:9093"}
services:
  web: {supervisor: runit}
  www: {supervisor: runit, group: front}
  db: {supervisor: runit}
  silent: {supervisor: runit, alerts: [off, am]}
  m-*: {supervisor: runit}
""")
    )
    reminders = {one.name: one.remind for one in made.services}
    assert reminders == {"web": 3600.0, "www": 1800.0, "db": 14400.0, "silent": None}
    assert made.molds[0].service.remind == 600.0


def test_without_routes_nobody_is_told_and_that_is_said(loaded: Write) -> None:
    made = plan(loaded("services: {a: {supervisor: runit}}"))
    assert made.services[0].remind == 14400.0
    assert made.remarks == ("svwatch.yaml: no route under alerts: nobody will be told",)


@pytest.mark.parametrize(
    ("text", "beat"),
    [
        ("https://hc.example/${KEY}", ("https://hc.example/hunter2", 60.0)),
        ("{url: https://hc.example/1, every: 5m}", ("https://hc.example/1", 300.0)),
        ("{url: https://hc.example/1}", ("https://hc.example/1", 60.0)),
    ],
)
def test_a_heartbeat_is_a_url_and_how_often(
    text: str, beat: tuple[str, float], loaded: Write
) -> None:
    found = plan(loaded(f"heartbeat: {text}\nservices: {{}}", {"KEY": "hunter2"})).heartbeat
    assert found == Heartbeat(beat[0], "https://hc.example/...", beat[1])
    assert "hunter2" not in repr(found)


def test_every_secret_may_come_from_a_file(tmp_path: object, loaded: Write) -> None:
    text = """
alerts:
  hook: {webhook: {url_file: w.yaml}}
  am: {alertmanager: {url_file: a.yaml}}
  any: {url_file: u.yaml}
  mail: {mail: {to: a@example.org, user: u, password_file: p.yaml}}
heartbeat: {url_file: h.yaml}
services: {}
"""
    urls = {name: f"https://{name}.example/hunter2" for name in "wauh"}
    made = plan(
        loaded(text, p="  pass word \n", **{name: f"{url}\r\n" for name, url in urls.items()})
    )
    assert [one.targets[0].url for one in made.routes[:3]] == [urls["w"], urls["a"], urls["u"]]
    assert "u:%20%20pass%20word%20@" in made.routes[3].targets[0].url
    assert made.heartbeat is not None
    assert made.heartbeat.url == urls["h"]


@pytest.mark.parametrize(
    ("url", "filled"),
    [
        ("json://u:${PW}@h/x", "json://u:p%40%3A%2F%20%25@h/x"),
        ("json://${PW}@h", "json://p%40:%2F%20%25@h"),
        ("json://${PW}:${PW}@h", "json://p%40%3A%2F%20%25:p%40%3A%2F%20%25@h"),
        ("${ALL}", "json://u:x%40@h"),
        ("${ALL}/${N}@${N}", "json://u:x%40@h/1@1"),
        ("json://${N}/a@b", "json://1/a@b"),
        ("slack://${TOKENS}", "slack://T1/B2/c3"),
        ("https://h/?key=${TOKENS}", "https://h/?key=T1/B2/c3"),
    ],
)
def test_a_variable_is_escaped_where_a_login_stands_and_nowhere_else(
    url: str, filled: str, loaded: Write
) -> None:
    environ = {"PW": "p@:/ %", "ALL": "json://u:x%40@h", "N": "1", "TOKENS": "T1/B2/c3"}
    (made,) = plan(loaded(f"alerts: {{a: {{url: '{url}'}}}}", environ)).routes
    assert made.targets == (Target(filled, made.shown),)


def test_every_url_is_known_with_its_places(loaded: Write) -> None:
    text = """
alerts:
  m: {mail: {to: [a@example.org, b@example.org]}}
  u: {level: warning, url: json://h}
  f:
    url_file: secret.yaml
  w: {webhook: http://w}
  v: {webhook: {url: http://v}}
  a: {alertmanager: {url_file: secret.yaml}}
  broken: {webhook: 7}
heartbeat: {every: 1m, url: http://b}
"""
    found = loaded(text, secret="http://secret")
    assert [
        (one.name, one.url, (one.key.line, one.key.column), (one.value.line, one.value.column))
        for one in found.outlets[1:]
    ] == [
        ('route "u"', "json://h", (4, 3), (4, 28)),
        ('route "f"', "http://secret", (5, 3), (6, 15)),
        ('route "w"', "http://w", (7, 3), (7, 16)),
        ('route "v"', "http://v", (8, 3), (8, 22)),
        ('route "a"', "http://secret", (9, 3), (9, 32)),
        ("heartbeat", "http://b", (11, 1), (11, 29)),
    ]
    assert (found.outlets[0].name, found.outlets[0].value.column) == ('route "m"', 13)
    assert found.outlets[1].form is Form.MAIL
    assert "secret" not in repr(found.outlets)


def test_a_route_with_a_mistake_may_be_the_one_that_hears(loaded: Write) -> None:
    text = "alerts: {a: {mail: a@example.org, services: web}, b: {mial: b@example.org}}"
    found = loaded(f"{text}{SERVICES}")
    assert not any("nobody is told" in one.what for one in found.problems)
