"""The API's own server against callers who are slow, idle, many, or not speaking HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from cyborg_rr.processes.door.limits import Limits
from cyborg_rr.processes.door.server import ApiServer

REQUEST = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET /quick HTTP/1.1\r\nHost: x\r\nX-A: "
LARGE = 30_000_000
BROKEN = b"broken"


@dataclass
class App:
    """Answers by path, and remembers what it was asked."""

    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    asked: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    most: int = 0
    now: int = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ)
        self.now += 1
        self.most = max(self.most, self.now)
        answer = self.answer(environ["PATH_INFO"], environ)
        self.now -= 1
        status = "401 Unauthorized" if environ["PATH_INFO"] == "/refused" else "200 OK"
        status = "400 Bad Request" if answer == BROKEN else status
        start(status, [("Content-Length", str(len(answer)))])
        return [answer]

    def answer(self, path: str, environ: dict[str, Any]) -> bytes:
        """The body for a path."""
        if path == "/gated":
            self.begun.release()
            self.gate.wait(30)
        if path == "/first":
            self.bodies.append(environ["wsgi.input"].read(300_000))
            self.gate.set()
        if path == "/all":
            try:
                self.bodies.append(environ["wsgi.input"].read())
            except (OSError, ValueError):
                return BROKEN
        return b"x" * LARGE if path == "/large" else path.encode()


@dataclass
class Door:
    """A server with connections to it."""

    server: ApiServer
    app: App
    stack: ExitStack

    def connect(self, sent: bytes = b"") -> socket.socket:
        """A new connection, on which something was sent already."""
        made = self.stack.enter_context(
            socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
        )
        made.sendall(sent)
        return made

    def ask(self, sent: bytes = REQUEST) -> bytes:
        """The beginning of the answer to one request on a connection of its own."""
        return self.connect(sent).recv(65536)


@pytest.fixture
def open_door() -> Iterator[Callable[..., Door]]:
    """Starts servers; each has one worker unless it is told otherwise."""
    with ExitStack() as stack:

        def make(**options: Any) -> Door:
            app = App()
            limits = Limits(**{"threads": 1, "most_waiting": 1, "aside": ("/aside",), **options})
            server = ApiServer(app, "127.0.0.1", 0, name="door", limits=limits)
            server.start()
            stack.callback(server.stop)
            stack.callback(app.gate.set)
            return Door(server, app, stack)

        yield make


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    received = b""
    while more := connection.recv(65536):
        received += more
    return received


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side closed, read or unread what it was sent."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_idle_and_slow_connections_hold_no_worker(open_door: Callable[..., Door]) -> None:
    door = open_door()
    for sent in (b"", HALF, b"POST /all HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"):
        for _ in range(50):
            door.connect(sent)
    assert door.ask().startswith(b"HTTP/1.1 200 ")
    assert len(door.app.asked) == 1


def test_a_caller_who_does_not_read_holds_no_worker(open_door: Callable[..., Door]) -> None:
    door = open_door()
    slow = [door.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(3)]
    assert door.ask().startswith(b"HTTP/1.1 200 ")
    slow[0].sendall(b"GET /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    received = read_all(slow[0])
    assert received.count(b"x" * LARGE) == 1
    assert received.endswith(b"/quick")


def test_a_request_that_does_not_end_is_refused_in_time(open_door: Callable[..., Door]) -> None:
    door = open_door(request_seconds=0.1)
    slow = door.connect(HALF)
    received = read_all_while_sending(slow)
    assert received.startswith(b"HTTP/1.1 408 ")
    assert door.app.asked == []


def read_all_while_sending(connection: socket.socket) -> bytes:
    """What comes until the other side closes; a byte is sent now and then, as slowloris does."""
    connection.settimeout(0.05)
    received = b""
    for _ in range(600):
        try:
            more = connection.recv(65536)
        except TimeoutError:
            connection.send(b"a")
            continue
        if not more:
            break
        received += more
    return received


def test_a_connection_without_requests_is_closed(open_door: Callable[..., Door]) -> None:
    door = open_door(idle_seconds=0.1)
    assert door.connect().recv(1) == b""
    used = door.connect(REQUEST)
    assert read_all(used).startswith(b"HTTP/1.1 200 ")


def test_the_connection_that_waits_longest_makes_room(open_door: Callable[..., Door]) -> None:
    door = open_door(connections=16)
    first, *others = [door.connect(HALF) for _ in range(16)]
    assert door.ask().startswith(b"HTTP/1.1 200 ")
    assert is_closed(first)
    others[-1].sendall(b"b\r\n\r\n")
    assert others[-1].recv(65536).startswith(b"HTTP/1.1 200 ")


def test_headers_without_end_are_refused(open_door: Callable[..., Door]) -> None:
    door = open_door()
    for endless in (b"X-A: " + b"a" * 200_000, b"".join(b"X-%d: a\r\n" % n for n in range(20_000))):
        connection = door.connect(b"GET /quick HTTP/1.1\r\nHost: x\r\n" + endless)
        assert connection.recv(65536).startswith(b"HTTP/1.1 431 ")
    assert door.ask(b"GET /" + b"a" * 200_000).startswith(b"HTTP/1.1 431 ")
    assert door.app.asked == []


def test_many_headers_are_refused_though_they_are_short(open_door: Callable[..., Door]) -> None:
    """Also in a request that came with another: reading them takes time by their number."""
    door = open_door()
    few, many = (b"".join(b"X-%d: a\r\n" % n for n in range(count)) for count in (95, 5000))
    assert door.ask(REQUEST[:-2] + few + b"\r\n").startswith(b"HTTP/1.1 200 ")
    received = read_all(door.connect(REQUEST + REQUEST[:-2] + many + b"\r\n"))
    assert (received.count(b"HTTP/1.1 200 "), received.count(b"HTTP/1.1 431 ")) == (1, 1)
    body = b"POST /all HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n" + b"\n" * 500
    assert door.ask(body).startswith(b"HTTP/1.1 200 ")


def test_headers_of_many_uuids_fit(open_door: Callable[..., Door]) -> None:
    door = open_door()
    query = b",".join(b"00000000-0000-0000-0000-%012d" % number for number in range(1000))
    answer = door.ask(b"GET /quick?arqs=" + query + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert len(door.app.asked[0]["QUERY_STRING"]) == len(query) + 5


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 5_0\r\n",
        b"Content-Length: 99999999999999999999999999\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length : 5\r\n",
        b"Host: y\r\n",
        b"X-A: a\x00b\r\n",
        b"no colon\r\n",
        b"X-A: a\r\n Content-Length: 5\r\n",
        b"X-A: a\r\n\tb\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n",
        b"X-A: a\nTransfer-Encoding: chunked\r\n",
        b"X-A: a\rTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: \xd9\xa5\r\n",
        b":path: /first\r\n",
    ],
)
def test_a_head_that_two_servers_read_differently_is_refused(
    open_door: Callable[..., Door], head: bytes
) -> None:
    door = open_door()
    connection = door.connect(b"POST /quick HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + REQUEST)
    connection.shutdown(socket.SHUT_WR)
    received = read_all(connection)
    assert received.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 "))
    assert received.count(b"HTTP/1.1 ") == 1
    assert door.app.asked == []


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\n",
        b"-1\r\n",
        b"0x5\r\nabcde\r\n",
        b"5\r\nabcdefg",
        b"5 5\r\nabcde\r\n",
        b"\r\n",
        b"5\nabcde\n",
        b"5;\nxx\r\nabcde\r\n",
        b"5\r\nabcdeXX",
        b"+5\r\nabcde\r\n",
        b"5;" + b"a" * 200_000,
        b"0\r\n" + b"X-A: b\r\n" * 20_000,
    ],
    ids=lambda chunks: repr(chunks[:20]),
)
def test_chunks_that_are_none_end_the_connection(
    open_door: Callable[..., Door], chunks: bytes
) -> None:
    door = open_door()
    head = b"POST /all HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    received = read_all(door.connect(head + chunks + b"0\r\n\r\n" + REQUEST))
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert len(door.app.asked) == 1
    assert door.app.bodies == []


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\n\n\n\nfoo\r\n\r\n",
        b"GET /quick\r\n\r\n",
        b"GET /quick HTTP/1.1\nHost: x\n\n",
        b"GET /quick HTTP/1.1\r\n\r\n",
        b"GET /a /b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET\t/quick\tHTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT /quick HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(open_door: Callable[..., Door], noise: bytes) -> None:
    door = open_door()
    connection = door.connect(noise)
    connection.shutdown(socket.SHUT_WR)
    assert read_all(connection).startswith(b"HTTP/1.1 4")
    assert door.app.asked == []


def test_another_version_of_http_is_refused(open_door: Callable[..., Door]) -> None:
    door = open_door()
    assert door.ask(REQUEST.replace(b"1.1", b"2.0")).startswith(b"HTTP/1.1 505 ")
    assert door.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").startswith(b"HTTP/1.1 505 ")
    assert door.ask(REQUEST.replace(b"1.1", b"0.9")).startswith(b"HTTP/1.1 505 ")
    assert door.app.asked == []


@pytest.mark.parametrize("wish", [b"websocket", b"h2c"])
def test_a_wish_to_speak_otherwise_is_passed_over(
    open_door: Callable[..., Door], wish: bytes
) -> None:
    door = open_door()
    head = REQUEST[:-2] + b"Connection: upgrade\r\nUpgrade: " + wish + b"\r\n\r\n"
    connection = door.connect(head + REQUEST)
    connection.shutdown(socket.SHUT_WR)
    assert read_all(connection).count(b"HTTP/1.1 200 ") == 2
    assert len(door.app.asked) == 2


def test_the_end_of_a_chunked_body_adds_no_header(open_door: Callable[..., Door]) -> None:
    door = open_door()
    head = b"POST /all HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection = door.connect(head + b"0\r\nX-Auth-Token: admin\r\nHost: y\r\n\r\n" + REQUEST)
    connection.shutdown(socket.SHUT_WR)
    assert read_all(connection).count(b"HTTP/1.1 200 ") == 2
    assert "HTTP_X_AUTH_TOKEN" not in door.app.asked[0]
    assert door.app.asked[0]["HTTP_HOST"] == "x"


def test_a_header_that_is_there_twice_is_no_choice_of_two(open_door: Callable[..., Door]) -> None:
    door = open_door()
    twice = b"X-Auth-Token: a\r\nX-Auth-Token: b\r\nContent-Type: c\r\nContent-Type: d\r\n\r\n"
    door.ask(REQUEST[:-2] + twice)
    asked = door.app.asked[0]
    assert (asked["HTTP_X_AUTH_TOKEN"], asked["CONTENT_TYPE"]) == ("a, b", "c, d")


def test_a_target_that_is_no_path_is_refused(open_door: Callable[..., Door]) -> None:
    door = open_door()
    for target in (b"http://x/quick", b"*", b"quick"):
        request = b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        assert door.ask(request).startswith(b"HTTP/1.1 400 ")
    assert door.app.asked == []


def test_a_header_with_an_underscore_passes_for_no_other(open_door: Callable[..., Door]) -> None:
    door = open_door()
    door.ask(b"GET /quick HTTP/1.1\r\nHost: x\r\nX_Roles: admin\r\nX-Is: a\r\nX-Is: b\r\n\r\n")
    assert "HTTP_X_ROLES" not in door.app.asked[0]
    assert door.app.asked[0]["HTTP_X_IS"] == "a, b"


def test_pipelined_requests_are_answered_in_order_and_one_at_a_time(
    open_door: Callable[..., Door],
) -> None:
    door = open_door(threads=4)
    requests = [b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(100)]
    last = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = read_all(door.connect(b"".join(requests) + last))
    assert received.count(b"HTTP/1.1 200 ") == 101
    assert [environ["PATH_INFO"] for environ in door.app.asked[:-1]] == [
        f"/{number}" for number in range(100)
    ]
    assert door.app.most == 1


def test_a_long_body_streams_to_whoever_reads_it(open_door: Callable[..., Door]) -> None:
    """The chunk says that it has 4 GiB: no more is kept than was read."""
    door = open_door()
    head = b"POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"
    connection = door.connect(head + b"y" * 300_000)
    assert door.app.gate.wait(30)
    assert door.app.bodies == [b"y" * 300_000]
    answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"Connection: close" in answer


def test_a_chunked_body_is_read_to_its_end(open_door: Callable[..., Door]) -> None:
    door = open_door()
    chunks = b"".join(b"%x\r\n%b\r\n" % (1000, b"z" * 1000) for _ in range(200))
    head = b"POST /all HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection = door.connect(head + chunks + b"0\r\n\r\n" + REQUEST)
    received = connection.recv(65536)
    while received.count(b"HTTP/1.1 200 ") < 2:
        received += connection.recv(65536)
    assert door.app.bodies == [b"z" * 200_000]


def test_whoever_is_refused_before_a_long_body_is_told_at_once(
    open_door: Callable[..., Door],
) -> None:
    door = open_door()
    head = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 4294967296\r\n\r\n"
    sending = [door.connect(head) for _ in range(5)]
    for connection in sending:
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b"Connection: close" in answer
        connection.sendall(b"still sending")
    assert door.ask().startswith(b"HTTP/1.1 200 ")


def test_a_refused_body_is_read_away_without_a_worker(open_door: Callable[..., Door]) -> None:
    door = open_door()
    head = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    connection = door.connect(head)
    assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
    assert door.ask().startswith(b"HTTP/1.1 200 ")
    connection.sendall(b"y" * 3_000_000 + REQUEST)
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_caller_who_asks_first_sends_only_what_is_wanted(open_door: Callable[..., Door]) -> None:
    door = open_door()
    rest = b" HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    assert door.ask(b"POST /refused" + rest).startswith(b"HTTP/1.1 401 ")
    connection = door.connect(b"POST /all" + rest)
    assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
    connection.sendall(b"abcde")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert door.app.bodies == [b"abcde"]


def test_a_path_aside_is_answered_while_all_workers_are_busy(
    open_door: Callable[..., Door],
) -> None:
    door = open_door(threads=2)
    for _ in range(10):
        door.connect(b"GET /gated HTTP/1.1\r\nHost: x\r\n\r\n")
    for _ in range(2):
        assert door.app.begun.acquire(timeout=30)
    for path in (b"/aside", b"/aside/", b"/aside?detail=true"):
        assert door.ask(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 2")
    assert not door.app.gate.is_set()


def test_reads_have_workers_of_their_own_and_changes_wait_for_theirs(
    open_door: Callable[..., Door],
) -> None:
    """What waits for a silent host keeps nobody from reading, and none of it is refused."""
    door = open_door(threads=3, most_waiting=2)
    changes = [door.connect(b"PATCH /gated HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(8)]
    for _ in range(2):
        assert door.app.begun.acquire(timeout=30)
    assert door.ask().startswith(b"HTTP/1.1 200 ")
    assert door.app.most == 3
    door.app.gate.set()
    for change in changes:
        assert change.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert door.app.most == 3


def test_a_request_in_progress_is_finished_when_the_server_ends(
    open_door: Callable[..., Door],
) -> None:
    door = open_door(drain_seconds=30)
    idle, busy = door.connect(), door.connect(b"GET /gated HTTP/1.1\r\nHost: x\r\n\r\n")
    assert door.app.begun.acquire(timeout=30)
    stopping = threading.Thread(target=door.server.stop)
    stopping.start()
    assert idle.recv(1) == b""
    with pytest.raises(OSError, match="refused"):
        door.connect()
    door.app.gate.set()
    answer = read_all(busy)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"Connection: close" in answer
    stopping.join(30)
    assert not stopping.is_alive()


def test_a_server_ends_in_time_though_a_request_does_not(open_door: Callable[..., Door]) -> None:
    door = open_door(drain_seconds=0.2)
    door.connect(b"GET /gated HTTP/1.1\r\nHost: x\r\n\r\n")
    assert door.app.begun.acquire(timeout=30)
    stopping = threading.Thread(target=door.server.stop)
    stopping.start()
    stopping.join(10)
    assert not stopping.is_alive()


def test_a_caller_who_hangs_up_costs_nobody_anything(open_door: Callable[..., Door]) -> None:
    door = open_door()
    gone = door.connect(b"GET /gated HTTP/1.1\r\nHost: x\r\n\r\n")
    assert door.app.begun.acquire(timeout=30)
    gone.close()
    for _ in range(20):
        door.connect(HALF).close()
    door.app.gate.set()
    assert door.ask().startswith(b"HTTP/1.1 200 ")
