"""A simulated host for the core: processes, runsv and a clock, all of them data."""

from msgspec.structs import replace

from svwatch.core.connection import Answer, Connection, Dialled
from svwatch.core.decide import memory_for, step
from svwatch.core.ledger import Notify, Record, What, Why
from svwatch.core.phases import Phase
from svwatch.core.plan import (
    Command,
    Metric,
    NotExists,
    Op,
    Resource,
    Restart,
    Rule,
    Service,
    Size,
    Start,
    Times,
)
from svwatch.core.seen import (
    Absent,
    Identity,
    Incarnation,
    Input,
    Kind,
    Lookalike,
    Now,
    Observation,
    Outcome,
    Proc,
    Running,
    SvStatus,
    Tree,
    Verdict,
    World,
)
from svwatch.core.state import Run, Signal, State, Step, TakeDown

MB = 1024 * 1024
BOOT = World("boot-1", 1)
START = Now(10_000.0, 9_000.0)


def limit_rule(mb: int = 175, n: int = 3, *, action: object = None, key: str = "") -> Rule:
    """Make `if totalmem > mb MB for n cycles then restart`."""
    text = key or f"if totalmem > {mb} MB for {n} cycles then restart"
    return Rule(
        key=text,
        text=text,
        where="dj.yaml:9",
        test=Resource(Metric.TOTALMEM, Op.GT, Size(mb * MB)),
        window=Times(n, n),
        action=action or Restart(),  # type: ignore[arg-type]
    )


def built_in() -> Rule:
    """Make the rule that a pidfile service gets where it writes none."""
    text = "if not exist then start"
    return Rule(key=text, text=text, where="built in", test=NotExists(), action=Start())


def runit(*rules: Rule, **keys: object) -> Service:
    """Make a service under runit."""
    base = Service(name="dj", where="dj.yaml:1", service_dir="/sv/dj", rules=rules)
    return replace(base, **keys)


def daemon(*rules: Rule, **keys: object) -> Service:
    """Make a service behind a pidfile."""
    base = Service(
        name="dj",
        where="dj.yaml:1",
        pidfile="/run/dj.pid",
        start=Command(("/bin/dj", "start")),
        stop=Command(("/bin/dj", "stop")),
        rules=(*rules, built_in()),
    )
    return replace(base, **keys)


def external(*rules: Rule, **keys: object) -> Service:
    """Make a service that something else starts again whenever it has ended."""
    base = Service(name="dj", where="dj.yaml:1", pidfile="/run/dj.pid", external=True, rules=rules)
    return replace(base, **keys)


class Sim:
    """One service in a simulated world; `look` is one scheduled look, `run` many.

    The supervisor obeys at once: a process told to end is gone `stop_takes` seconds later, a
    start brings a process `start_takes` seconds later (None: never).
    """

    def __init__(self, service: Service, *, alive: bool = True) -> None:
        self.service = service
        self.state = State()
        self.now = START
        self.world = BOOT
        self.rss = 40 * MB
        self.fresh_rss = 40 * MB
        self.children: dict[Incarnation, int] = {}
        self.main: Incarnation | None = None
        self.next_pid = 100
        self.want = "u"
        self.stop_takes: float | None = 0.0
        self.start_takes: float | None = 0.0
        self.ends_at: float | None = None
        self.starts_at: float | None = None
        self.starts = 0
        self.term = False
        self.around: tuple[Lookalike, ...] = ()
        self.verdict: Verdict | None = None
        self.sv_alive = True
        self.answer = Answer.OK  # what a dial comes to
        self.dial_takes = 0.01
        self.dialling: float | None = None  # when the dial under way began
        self.dialled: tuple[Dialled, ...] = ()
        self.restarting = False  # its restart command is at work
        self.deaf = False  # runsv reads no orders
        self.races = False  # the process ends just before runsv reads the next `o`
        self.signals: list[Signal] = []
        self.orders: list[TakeDown] = []
        self.runs: list[Run] = []
        self.records: list[Record] = []
        self.notes: list[Notify] = []
        self.said: list[tuple[What, Why]] = []
        self.inbox: list[Input] = []
        self.last: Step | None = None
        self.scheduled = self.now.mono + service.interval
        self.hurried = 0  # looks in a row that asked to be called at once
        if alive:
            self.spawn()
            self.starts = 0

    # --- the world ---------------------------------------------------------------------------

    def spawn(self) -> Incarnation:
        self.next_pid += 1
        self.main = Incarnation(self.next_pid, int(self.now.boot * 100))
        self.rss = self.fresh_rss
        self.starts += 1
        return self.main

    def die(self, *, term: bool = False) -> None:
        self.main = None
        self.term = term

    def crash(self) -> None:
        """End, and be restarted at once by runsv."""
        self.die()
        self.spawn()

    def advance(self, seconds: float) -> None:
        self.now = Now(self.now.boot + seconds, self.now.mono + seconds)
        if self.ends_at is not None and self.now.mono >= self.ends_at:
            self.ends_at = None
            self.die(term=True)
            self.come_again()
        if self.starts_at is not None and self.now.mono >= self.starts_at:
            self.starts_at = None
            self.spawn()

    def come_again(self) -> None:
        """Let what keeps it up start it again: not runsv where it is wanted down."""
        kept = self.service.external or self.restarting
        if self.start_takes is not None and (kept or (self.service.runit and self.want == "u")):
            self.starts_at = self.now.mono + self.start_takes
        self.restarting = False

    def tree(self) -> Tree | None:
        if self.main is None:
            return None
        main = Proc(self.main, 1, self.rss)
        below = (Proc(one, self.main.pid, rss) for one, rss in self.children.items())
        return Tree((main, *below))

    def observe(self, *, scheduled: bool) -> Observation:
        memory = memory_for(self.service, self.state)
        tree = self.tree()
        living = {self.main, *self.children} - {None}
        asked = {memory.known, *memory.tree}
        sv = None
        if self.service.runit:
            pid = self.main.pid if self.main else 0
            state = 1 if pid else 0
            sv = SvStatus(pid, self.want, state, term=self.term, alive=self.sv_alive)
        found: Verdict = Absent("down")
        if self.main is not None:
            found = Running(self.main, Identity("/usr/bin/dj", 1000))
        seen = Observation(
            at=self.now,
            world=self.world,
            verdict=self.verdict or found,
            scheduled=scheduled,
            sv=sv,
            tree=tree,
            alive=tuple(one for one in living if one in asked and one is not None),
            around=self.around if memory.around else None,
            starts=self.starts if self.service.runit else 0,
            term=self.term,
            memtotal=8192 * MB,
            dialled=self.results(),
        )
        self.starts, self.term = 0, False
        return seen

    def results(self) -> tuple[Dialled, ...]:
        """Give what came of the last dials; the one under way ends when its time is over."""
        began = self.dialling
        if began is not None and began + self.dial_takes <= self.now.mono:
            tests = [rule.test for rule in self.service.rules]
            places = {one.endpoint for one in tests if isinstance(one, Connection)}
            why = "" if self.answer is Answer.OK else "connection refused"
            at = began + self.dial_takes
            self.dialled = tuple(Dialled(one, self.answer, began, at, why) for one in places)
            self.dialling = None
        return self.dialled

    def dial(self) -> None:
        """Begin a dial where the shell would: after a scheduled look at what runs."""
        if self.dialling is None and self.main is not None and self.state.intent is None:
            self.dialling = self.now.mono

    # --- the loop ----------------------------------------------------------------------------

    def look(self, *inputs: Input, scheduled: bool = True) -> Step:
        """Look once, and perform what comes of it."""
        todo = (*self.inbox, *inputs)
        self.inbox = []
        done = step(self.service, self.state, self.observe(scheduled=scheduled), todo)
        self.state, self.last = done.state, done
        if scheduled:
            self.dial()
        for effect in done.effects:
            self.perform(effect)
        return done

    def perform(self, effect: object) -> None:
        match effect:
            case Run():
                self.runs.append(effect)
                self.obey(effect)
                self.inbox.append(Outcome(effect.kind, effect.serial, 0, seconds=0.01))
            case Signal():
                self.signals.append(effect)
                if effect.name == "KILL":
                    self.children.pop(effect.incarnation, None)
                    if effect.incarnation == self.main:
                        self.die()
                        self.come_again()
                elif effect.incarnation == self.main and effect.name == self.service.final:
                    self.end()
            case TakeDown():
                self.orders.append(effect)
                if effect.incarnation == self.main and not self.deaf:
                    self.ordered(effect)
            case Record():
                self.records.append(effect)
            case Notify():
                self.notes.append(effect)
                event = [one for one in self.records if one.serial == effect.serial]
                stood = [one.what for one in event if not one.aside] or [event[-1].what]
                self.said.append((stood[-1], effect.why))

    def obey(self, run: Run) -> None:
        if run.kind is Kind.STOP:
            self.want = "d"
            self.end()
        elif run.kind is Kind.RESTART:
            self.restarting = True
            self.end()
        elif run.kind is Kind.START:
            self.want = "u"
            if self.start_takes is not None:
                self.starts_at = self.now.mono + self.start_takes

    def ordered(self, order: TakeDown) -> None:
        """Let runsv read the order: `o` starts what ended just before (runsv.c), `d` does not."""
        self.want = "d"
        if self.races and order.name != "TERM":
            self.races = False
            self.die()
            self.spawn()
        else:
            self.end()

    def end(self) -> None:
        """Tell the process to end."""
        if self.main is not None and self.stop_takes is not None:
            self.ends_at = self.now.mono + self.stop_takes

    def run(self, seconds: float) -> None:
        """Let time pass: scheduled looks at the interval, extra ones when they are due."""
        end = self.now.mono + seconds
        while self.now.mono < end:
            due = self.last.due if self.last is not None and self.last.due else end
            self.hurried = self.hurried + 1 if due <= self.now.mono else 0
            assert self.hurried < 5, "a step asks to be called again and again at once"
            after = max(min(self.scheduled, due, end), self.now.mono + 0.01)
            if self.inbox:
                after = self.now.mono + 0.01
            self.advance(after - self.now.mono)
            is_scheduled = self.now.mono >= self.scheduled
            if is_scheduled:
                self.scheduled = self.now.mono + self.service.interval
            self.look(scheduled=is_scheduled)

    # --- what came of it ---------------------------------------------------------------------

    def stands(self) -> Phase:
        """Give the phase; a call, so that no type checker believes it stays."""
        return self.state.phase

    @property
    def commands(self) -> list[str]:
        return [f"{run.kind}" for run in self.runs]

    def whats(self) -> list[What]:
        """Give the events in order, each amendment once."""
        seen: list[What] = []
        for record in self.records:
            if not record.aside and (not seen or seen[-1] is not record.what):
                seen.append(record.what)
        return seen

    def told(self) -> list[tuple[What, Why]]:
        """Give what people were told, with the event as it stood then."""
        return self.said
