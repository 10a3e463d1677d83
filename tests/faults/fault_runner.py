"""A parent with everything imported that forks one child per run, harms it as told, and reports.

Speaks JSON lines: a job on stdin, its outcome on stdout. Started by ``faults.py``; the parent never
runs a job itself, so that every child begins with the same warm imports and no open store.
"""

import contextlib
import faulthandler
import io
import json
import mmap
import os
import random
import resource
import select
import signal
import sqlite3
import struct
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import fault_disk

from regularize.cli import main
from regularize.store import connection, events

# Where a child is: before its first write, inside a transaction or a file, in a commit, after it.
BEFORE, WRITING, COMMIT, AFTER = range(4)
PHASES = ("before", "writing", "commit", "after")
_FIELDS = ("phase", "statements", "ticks", "writes", "files", "commits")
TICK = 400  # steps of SQLite's machine between two looks
NOBODY = 65534
COMMITS_KEPT = 64


class Watch:
    """What a child does, told to its parent through shared memory; and the harm that is due."""

    def __init__(self, plan: dict[str, Any], folder: Path, shared: int, bell: tuple[int, int]) -> None:
        self.memory = mmap.mmap(shared, 4096)
        self.plan = plan
        self.folder = str(folder.resolve())
        self.bell_out, self.bell_in = bell

    def __getitem__(self, name: str) -> int:
        return int(struct.unpack_from("<q", self.memory, 8 * _FIELDS.index(name))[0])

    def __setitem__(self, name: str, value: int) -> None:
        struct.pack_into("<q", self.memory, 8 * _FIELDS.index(name), value)

    def times(self) -> tuple[float, float, float]:
        """Begin of the command, of its first write, end of its last write."""
        return struct.unpack_from("<3d", self.memory, 8 * len(_FIELDS))

    def mark(self, slot: int) -> None:
        struct.pack_into("<d", self.memory, 8 * (len(_FIELDS) + slot), time.monotonic())

    def states(self) -> list[int]:
        """How many events the log held after each commit."""
        n = min(self["commits"], COMMITS_KEPT)
        return list(struct.unpack_from(f"<{n}q", self.memory, 1024))

    # In the child

    def count(self, what: str) -> int:
        """Count one `what`; end the process if its turn has come."""
        self[what] = n = self[what] + 1
        if self.plan.get("at") == what and self.plan["n"] == n:
            os.kill(os.getpid(), self.plan.get("signal", signal.SIGKILL))
        return n

    def writing(self) -> None:
        if self["phase"] == BEFORE:
            self.mark(1)
            os.write(self.bell_in, b"!")
        self["phase"] = WRITING

    def install(self) -> None:
        real = connection._open_uri

        def opened(uri: str, read_only: bool) -> sqlite3.Connection:
            made = real(uri, read_only)
            made.set_trace_callback(self.traced)
            made.set_progress_handler(self.tick, TICK)
            return made

        connection._open_uri = opened
        head = events.write_head

        def write_head(store: Path, now_at: events.Head, **more: Any) -> None:
            struct.pack_into("<q", self.memory, 1024 + 8 * min(self["commits"], COMMITS_KEPT - 1), now_at.seq)
            self["commits"] += 1
            head(store, now_at, **more)
            self.mark(2)
            self["phase"] = AFTER

        events.write_head = write_head
        sys.addaudithook(self.audited)
        if fault_disk.reachable():
            fault_disk.install(self.disk)

    def traced(self, statement: str) -> None:
        if statement.startswith("BEGIN IMMEDIATE"):
            self.writing()
        elif statement == "COMMIT" and self["phase"] == WRITING:
            self["phase"] = COMMIT
        if self["phase"] in {WRITING, COMMIT}:
            self.count("statements")

    def tick(self) -> int:
        if self["phase"] in {WRITING, COMMIT}:
            self.count("ticks")
        return 0

    def disk(self, _name: str) -> int:
        if self["phase"] == BEFORE:
            return 0  # opening a store may mend its journal; that is not yet this command's work
        n = self.count("writes")
        first = self.plan.get("fail_from")
        if first is not None and first <= n < first + self.plan.get("fail_for", 1 << 60):
            return int(self.plan["errno"])
        return 0

    def audited(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = args
            if not isinstance(path, str) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
            if not os.path.realpath(path).startswith(self.folder):
                return
        elif event not in {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}:
            return
        if event not in {"os.mkdir", "os.rmdir", "os.remove"}:
            self.writing()
        self.count("files")
        self.mark(2)


def child(job: dict[str, Any], watch: Watch, out: int) -> None:
    """Become the command: never returns."""
    plan = job["plan"]
    code, begun = 99, False
    try:
        os.setsid()
        # A suite started in the background hands down ignored signals; a planner's terminal does not.
        signal.signal(signal.SIGINT, fault_disk.interrupt)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        devnull = os.open(os.devnull, os.O_RDONLY)
        os.dup2(devnull, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - until the end
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - until the end
        faulthandler.enable(2)
        os.chdir(job["folder"])
        if job.get("nobody"):
            # Who has no rights may not be able to read the interpreter either: all is imported before.
            os.chdir(Path(job["folder"]).with_name("warm"))
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                main(job["args"])
            os.chdir(job["folder"])
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            # Dropping rights makes the kernel forget that a debugger might look; irrelevant here.
        if "fsize" in plan:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (plan["fsize"], plan["fsize"]))
        watch.install()
        watch.mark(0)
        begun = True
        code = main(job["args"])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 - whatever happens, the child must not go on as the parent
        code = 130 if isinstance(error, KeyboardInterrupt) and not begun else code
        if code != 130:
            os.write(out, f"\nescaped: {''.join(traceback.format_exception(error))}\n".encode())
    finally:
        os._exit(code & 0xFF if isinstance(code, int) else 98)


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Fork one run of the job; the outcome as JSON-able values."""
    plan = job["plan"]
    shared = os.memfd_create("watch")
    os.ftruncate(shared, 4096)
    watch = Watch(plan, Path(job["folder"]), shared, os.pipe())
    reading, out = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        if job.get("fresh"):
            handles = [shared, watch.bell_out, watch.bell_in, out]
            for handle in handles:
                os.set_inheritable(handle, True)
            os.execv(sys.executable, [sys.executable, __file__, json.dumps(job), *map(str, handles)])  # noqa: S606
        child(job, watch, out)
    os.close(out)
    if "after_s" in plan:
        if plan.get("from_write"):
            os.set_blocking(watch.bell_out, False)
            if not _rung(watch, pid):
                plan = {}
        if plan:
            time.sleep(plan["after_s"])
            _kill(pid, plan.get("signal", signal.SIGKILL))
    said, hung = _listen(reading, pid, job.get("limit_s", 120.0))
    _pid, status = os.waitpid(pid, 0)
    for handle in (reading, watch.bell_in, watch.bell_out, shared):
        os.close(handle)
    begun, first, last = watch.times()
    return {
        "code": os.waitstatus_to_exitcode(status),
        "phase": PHASES[watch["phase"]],
        "seconds": time.monotonic() - begun if begun else 0.0,
        "write_seconds": max(0.0, last - first) if first else 0.0,
        "states": watch.states(),
        "hung": hung,
        "said": said.decode("utf-8", "replace"),
        **{name: watch[name] for name in _FIELDS[1:]},
    }


def _listen(reading: int, pid: int, limit_s: float) -> tuple[bytes, bool]:
    """What the child says until it ends; one that never ends is ended, and that is told."""
    said, until = b"", time.monotonic() + limit_s
    while True:
        left = until - time.monotonic()
        ready, _w, _x = select.select([reading], [], [], max(0.0, left))
        if not ready:
            _kill(pid, signal.SIGABRT)
            return said, True
        chunk = os.read(reading, 65536)
        if not chunk:
            return said, False
        said += chunk


def _rung(watch: Watch, pid: int) -> bool:
    """Wait until the child begins to write; False if it ends before."""
    while True:
        try:
            return bool(os.read(watch.bell_out, 1))
        except BlockingIOError:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                return False
            time.sleep(0.0002)


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def warm(scene: Path, asked: list[str]) -> None:
    """Import what the commands import lazily, by running some of them to no effect."""
    import fault_scene

    for name, command in fault_scene.COMMANDS.items():
        if command.fresh or (command.slow and name not in asked):
            continue  # the typesetter keeps threads, which do not survive a fork
        if asked and name not in asked:
            continue
        code = main(["-q", "-p", str(scene), *fault_scene.resolved(command, scene)])
        if code not in {*command.ends, *command.again}:
            sys.stderr.write(f"warm: {name} ended with {code}\n")


def serve() -> None:
    """Answer jobs until stdin ends."""
    import fault_scene

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    random.seed(0)
    for line in sys.stdin:
        job = json.loads(line)
        if "prepare" in job:
            folder = Path(job["prepare"])
            scene = fault_scene.prepare(folder)
            spare = fault_scene.copy_of(scene, folder.with_name("warm"))
            os.chdir(spare)
            warm(spare, job["warm"])
            answer: dict[str, Any] = {"ready": True}
        else:
            answer = run(job)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:  # a child that could not be forked: see ``run``
        told = json.loads(sys.argv[1])
        common, bell_out, bell_in, answer_to = map(int, sys.argv[2:])
        child(told, Watch(told["plan"], Path(told["folder"]), common, (bell_out, bell_in)), answer_to)
    serve()
