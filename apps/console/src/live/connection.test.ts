import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LiveEvent, LiveMessage } from "@muster/contract";
import { connectLive, type LiveConnection, type LiveState, type Socket, type SocketListeners } from "./connection.ts";

const SESSION_ENDED = 4401;

/** A socket that the test plays the server of. */
class PlayedSocket implements Socket {
  readonly path: string;
  readonly listeners: SocketListeners;
  closed = false;

  constructor(path: string, listeners: SocketListeners) {
    this.path = path;
    this.listeners = listeners;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.listeners.onClose(1000);
  }

  say(message: LiveMessage): void {
    this.listeners.onMessage(JSON.stringify(message));
  }

  breakOff(code = 1006): void {
    this.closed = true;
    this.listeners.onClose(code);
  }
}

/** A connection with a clock that the test moves. */
function played() {
  let now = 0;
  const timers = new Map<number, { at: number; callback: () => void }>();
  let nextTimer = 0;
  const sockets: PlayedSocket[] = [];
  const states: LiveState[] = [];
  const events: LiveEvent[] = [];
  let gaps = 0;
  let sessionEnds = 0;
  const connection: LiveConnection = connectLive(
    {
      open(path, listeners) {
        const socket = new PlayedSocket(path, listeners);
        sockets.push(socket);
        return socket;
      },
      now: () => now,
      after(milliseconds, callback) {
        const timer = nextTimer++;
        timers.set(timer, { at: now + milliseconds, callback });
        return () => timers.delete(timer);
      },
      random: () => 1,
    },
    {
      onState: (state) => states.push(state),
      onEvent: (event) => events.push(event),
      onGap: () => {
        gaps += 1;
      },
      onSessionEnd: () => {
        sessionEnds += 1;
      },
    },
  );
  return {
    connection,
    sockets,
    events,
    get socket(): PlayedSocket {
      const last = sockets.at(-1);
      assert.ok(last);
      return last;
    },
    get state(): LiveState | undefined {
      return states.at(-1);
    },
    get gaps() {
      return gaps;
    },
    get sessionEnds() {
      return sessionEnds;
    },
    pass(milliseconds: number): void {
      const end = now + milliseconds;
      for (;;) {
        const due = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
        if (!due) break;
        timers.delete(due[0]);
        now = due[1].at;
        due[1].callback();
      }
      now = end;
    },
  };
}

const appended = (id: number): LiveMessage => ({ type: "evidence.appended", id, from: id, to: id });

describe("the stream of changes", () => {
  test("is live from the first hello, and asks for everything anew once, since earlier answers may be older", () => {
    const stream = played();

    stream.socket.say({ type: "hello", latest: 7, gap: false });

    assert.deepEqual(stream.state, { kind: "live" });
    assert.equal(stream.gaps, 1);
    assert.equal(stream.socket.path, "/api/v1/live");
  });

  test("tells events in order and none twice", () => {
    const stream = played();
    stream.socket.say({ type: "hello", latest: 7, gap: false });

    for (const id of [8, 9, 9, 8, 10]) stream.socket.say(appended(id));

    assert.deepEqual(
      stream.events.map((event) => event.id),
      [8, 9, 10],
    );
  });

  test("resumes behind the last event that it saw, and then nothing needs to be read anew", () => {
    const stream = played();
    stream.socket.say({ type: "hello", latest: 7, gap: false });
    stream.socket.say(appended(8));

    stream.socket.breakOff();
    stream.pass(500);
    stream.socket.say({ type: "hello", latest: 9, gap: false });
    stream.socket.say(appended(9));

    assert.equal(stream.socket.path, "/api/v1/live?after=8");
    assert.equal(stream.gaps, 1);
    assert.deepEqual(
      stream.events.map((event) => event.id),
      [8, 9],
    );
  });

  test("asks for everything anew when the server no longer keeps what was missed", () => {
    const stream = played();
    stream.socket.say({ type: "hello", latest: 7, gap: false });
    stream.socket.breakOff();
    stream.pass(500);

    stream.socket.say({ type: "hello", latest: 900, gap: true });
    stream.socket.breakOff();
    stream.pass(500);

    assert.equal(stream.gaps, 2);
    assert.equal(stream.socket.path, "/api/v1/live?after=900");
  });

  test("says since when it is behind, and after half a minute that it is offline", () => {
    const stream = played();
    stream.socket.say({ type: "hello", latest: 7, gap: false });
    stream.pass(1_000);

    stream.socket.breakOff();
    const behind = stream.state;
    for (let second = 0; second < 30; second += 1) {
      stream.pass(1_000);
      if (!stream.socket.closed) stream.socket.breakOff();
    }

    assert.deepEqual(behind, { kind: "behind", since: 1_000 });
    assert.deepEqual(stream.state, { kind: "offline", since: 1_000 });
  });

  test("waits longer after each failure, but never longer than fifteen seconds", () => {
    const stream = played();
    const waits: number[] = [];

    for (let attempt = 0; attempt < 8; attempt += 1) {
      const opened = stream.sockets.length;
      stream.socket.breakOff();
      let waited = 0;
      while (stream.sockets.length === opened) {
        stream.pass(500);
        waited += 500;
      }
      waits.push(waited);
    }

    assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  test("gives up a socket that opens and says nothing", () => {
    const stream = played();

    stream.pass(10_000);

    assert.equal(stream.sockets[0]?.closed, true);
    assert.equal(stream.state?.kind, "behind");
  });

  test("tries at once when it is woken, and only then when nothing is open", () => {
    const stream = played();
    stream.socket.say({ type: "hello", latest: 7, gap: false });
    stream.connection.wake();
    const whileLive = stream.sockets.length;

    stream.socket.breakOff();
    stream.connection.wake();
    stream.pass(500);

    assert.deepEqual([whileLive, stream.sockets.length], [1, 2]);
  });

  test("does not come back after the session ended", () => {
    const stream = played();
    stream.socket.say({ type: "hello", latest: 7, gap: false });

    stream.socket.breakOff(SESSION_ENDED);
    stream.pass(60_000);

    assert.equal(stream.sessionEnds, 1);
    assert.equal(stream.sockets.length, 1);
  });

  test("is silent once it was stopped", () => {
    const stream = played();

    stream.connection.stop();
    stream.pass(60_000);

    assert.equal(stream.sockets.length, 1);
    assert.equal(stream.socket.closed, true);
    assert.deepEqual(stream.state, { kind: "connecting" });
  });

  test("passes over what it does not understand", () => {
    const stream = played();
    stream.socket.say({ type: "hello", latest: 7, gap: false });

    stream.socket.listeners.onMessage("{");
    stream.socket.listeners.onMessage(new ArrayBuffer(2));

    assert.deepEqual(stream.state, { kind: "live" });
  });
});
