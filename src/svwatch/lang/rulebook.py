"""The rules of one service: from texts with places to rules that its core need not doubt."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.connection import Connection
from svwatch.core.plan import (
    Alert,
    ChangedPid,
    Command,
    Exec,
    Exists,
    Gauge,
    Gauged,
    NotExists,
    Op,
    Restart,
    Rule,
    Silent,
    Start,
    Stop,
    Storm,
    Times,
)
from svwatch.core.units import show_duration
from svwatch.lang.canonical import canonical
from svwatch.lang.commands import Usual, check_program, check_user, merged
from svwatch.lang.named import known_routes, resolved
from svwatch.lang.nodes import Line, Map, Node, Seq, Style, Text
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints
from svwatch.lang.rules import Misread, Sentence, parse_rule

BLOCK = "write rules: | (a text block)"
MOST = 64  # rules of a service


class Hands(Struct, frozen=True):
    """What can be done to a service: which actions make sense."""

    runit: bool
    start: bool
    stop: bool
    restart: bool
    external: bool
    usual: Usual
    interval: float
    log: bool = True  # it has a log whose age can be told
    routes: frozenset[str] | None = None  # None: nobody knows which there are


class Said(Struct, frozen=True):
    """A sentence and where it stands."""

    sentence: Sentence
    place: Place


def rules(nodes: tuple[Node, ...], hands: Hands, complaints: Complaints) -> tuple[Rule, ...]:
    """Give the rules of a service, the built-in ones last."""
    said = [one for node in nodes for one in _sentences(node, complaints)]
    if len(said) > MOST:
        complaints.error(said[MOST].place, f"more than {MOST} rules for one service")
    found = [_rule(one, hands, complaints) for one in said]
    keys: dict[str, int] = {}
    for at, rule in enumerate(found):
        keys[rule.key] = keys.get(rule.key, 0) + 1
        if keys[rule.key] > 1:
            found[at] = replace(rule, key=f"{rule.key} #{keys[rule.key]}")
    return (*found, *_built_in(found, hands))


def _sentences(node: Node, complaints: Complaints) -> Iterator[Said]:
    items = node.items if isinstance(node, Seq) else (node,)
    for item in items:
        match item:
            case Text(style=Style.FOLDED):
                what = "several lines were folded into one"
                complaints.error(item.place, what, BLOCK)
            case Text(value="", style=Style.PLAIN):
                complaints.error(item.place, '"rules" is empty', "rules: [] for none")
            case Text():
                for line in item.lines:
                    yield from _line(line, complaints)
            case Map():
                what = f'this rule was read as a mapping because of ": "; {BLOCK}'
                complaints.error(item.place, what)
            case _:
                complaints.error(item.place, "a rule is a sentence, not a list", BLOCK)


def _line(line: Line, complaints: Complaints) -> Iterator[Said]:
    match parse_rule(line.text):
        case Misread() if line.tail:
            place = line.place.right(len(line.text))
            complaints.error(place, f'this rule was cut at " #"; {BLOCK}')
        case Misread(column=column, what=what, hint=hint):
            complaints.error(line.place.right(column), what, hint)
        case Sentence() as sentence:
            yield Said(sentence, line.place)
        case None:
            return


def _rule(said: Said, hands: Hands, complaints: Complaints) -> Rule:
    sentence, place = said.sentence, said.place
    action = sentence.action
    _refuse_impossible(said, hands, complaints)
    _remark(said, hands, complaints)
    tail, otherwise = sentence.tail, sentence.tail.otherwise
    if isinstance(action, Exec):
        action = Exec(_own(action.command, place, hands.usual, complaints))
    if isinstance(otherwise, Exec):
        otherwise = Exec(_own(otherwise.command, place, hands.usual, complaints))
    return Rule(
        key=sentence.key,
        text=sentence.text,
        where=place.short(),
        test=resolved(sentence.test, place, complaints),
        window=sentence.window,
        action=action,
        quietly=tail.quietly,
        repeat=tail.repeat,
        otherwise=otherwise,
        well=tail.well,
        to=known_routes(tail.to, hands.routes, place, complaints),
    )


def _own(command: Command, place: Place, usual: Usual, complaints: Complaints) -> Command:
    check_program(command.argv, place, complaints)
    if command.user is not None:
        check_user(command.user, place, complaints)
    env = merged(usual.env, command.env)
    return replace(command, user=command.user or usual.user, env=env)


def _refuse_impossible(said: Said, hands: Hands, complaints: Complaints) -> None:
    if isinstance(said.sentence.test, Silent) and not hands.log:
        complaints.error(said.place, "this service has no log", "log: /path/to/its/log")
    if hands.external:
        _refuse_external(said, complaints)
        return
    match said.sentence.action:
        case Restart(now=False) if hands.restart:
            return
        case Restart() | Stop(seconds=float()):
            needs = {"start": hands.start, "stop": hands.stop}
        case Start():
            needs = {"start": hands.start}
        case Stop():
            needs = {"stop": hands.stop}
        case _:
            return
    missing = [key for key, given in needs.items() if not given]
    if missing and not hands.runit:  # restart now is not what its restart command does
        verb = said.sentence.action.__struct_config__.tag
        what = f'"then {verb}" needs a command: {" and ".join(missing)}'
        signal = " or stop_signal:" if "stop" in missing else ""
        complaints.error(said.place, what, f"give it{signal}, or say supervisor: runit")


def _refuse_external(said: Said, complaints: Complaints) -> None:
    """Refuse what is the affair of its own supervisor."""
    match said.sentence.action:
        case Start():
            what = '"then start": an external supervisor starts it; svwatch never does'
            complaints.error(said.place, what, "then alert")
        case Stop():
            what = '"then stop": its external supervisor would start it again'
            complaints.error(said.place, what, "then unmonitor, or then alert")


def _remark(said: Said, hands: Hands, complaints: Complaints) -> None:
    sentence = said.sentence
    match sentence.test:
        case Storm(cycles=int() as cycles):
            span = show_duration(cycles * hands.interval)
            complaints.remark(said.place, f"{cycles} cycles = {span} here")
        case Gauged(gauge=Gauge.CPU | Gauge.TOTAL_CPU, op=Op.GT | Op.GE, limit=limit) if (
            limit > 100
        ):
            text = "never true: 100% is all that it could use; cores counts processors"
            complaints.remark(said.place, text)
        case Connection(timeout=timeout) if timeout > hands.interval:
            longest, every = show_duration(timeout), show_duration(hands.interval)
            text = f"a look every {every}, an answer may take {longest}: each is judged once"
            complaints.remark(said.place, text)
        case ChangedPid() if hands.runit and isinstance(sentence.action, Restart):
            text = "runit has restarted it already when its pid changed; read as alert"
            complaints.remark(said.place, text)


def _built_in(found: list[Rule], hands: Hands) -> Iterator[Rule]:
    if any(isinstance(rule.test, Exists | NotExists) for rule in found):
        return
    action = Start() if hands.start and not hands.runit else Alert()
    test = NotExists()
    key = canonical(test, Times(), action)
    yield Rule(key=key, text=key, where="built in", test=test, action=action)
