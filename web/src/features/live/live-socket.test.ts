// The live channel against a socket made of paper: time is moved by hand, nothing sleeps.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ResultStore } from '@/api/result-store';
import type { LiveClientFrame, LiveServerFrame } from '@/api/types';
import { answer } from '@/testing/fake-engine';
import { retryDelay } from './backoff';
import { LINGER_MS, LiveSocket, MARK_AFTER_MS } from './live-socket';
import type { SocketLike } from './live-socket';

class PaperSocket implements SocketLike {
  sent: LiveClientFrame[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as LiveClientFrame);
  }
  close(): void {
    this.closed = true;
  }
  say(frame: LiveServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  types(): string[] {
    return this.sent.map((frame) => frame.type);
  }
}

const query = { measures: ['flights.count'], dimensions: ['flights.origin'] };
const result = answer(query);

describe('LiveSocket', () => {
  let sockets: PaperSocket[];
  let results: ResultStore;
  let socket: LiveSocket;
  let tokenListener: (token: string | null) => void;
  let frames: (() => void)[];
  let viewed: string | null;
  const poll = vi.fn(async () => true);
  const refresh = vi.fn(async () => true);
  const paint = (): void => frames.splice(0).forEach((frame) => frame());
  const last = (): PaperSocket => sockets[sockets.length - 1]!;
  const welcome = (): void => {
    last().onopen?.();
    last().say({ type: 'welcome', heartbeat_seconds: 15 });
  };

  beforeEach(() => {
    vi.useFakeTimers();
    poll.mockClear();
    refresh.mockClear();
    sockets = [];
    frames = [];
    viewed = null;
    results = new ResultStore();
    socket = new LiveSocket({
      openSocket: () => {
        const made = new PaperSocket();
        sockets.push(made);
        return made;
      },
      clock: {
        now: () => 0,
        schedule: (callback) => frames.push(callback),
        setTimer: (callback, delay) => setTimeout(callback, delay) as unknown as number,
        clearTimer: (timer) => clearTimeout(timer),
      },
      random: () => 1,
      session: {
        token: () => 'token-1',
        onChanged: (listener) => {
          tokenListener = listener;
          return () => undefined;
        },
        refresh,
      },
      viewAs: () => viewed,
      results,
      poll,
    });
    socket.start();
    return () => {
      socket.stop();
      vi.useRealTimers();
    };
  });

  it('says hello with the token, then subscribes each distinct query once', () => {
    const one = socket.subscribe('k', query);
    const two = socket.subscribe('k', query);
    welcome();
    expect(last().types()).toEqual(['hello', 'subscribe']);
    one();
    vi.advanceTimersByTime(LINGER_MS + 1);
    expect(last().types()).toEqual(['hello', 'subscribe']);
    two();
    vi.advanceTimersByTime(LINGER_MS + 1);
    expect(last().types()).toEqual(['hello', 'subscribe', 'unsubscribe']);
  });

  it('keeps a subscription that is taken up again at once', () => {
    const leave = socket.subscribe('k', query);
    welcome();
    leave();
    socket.subscribe('k', query);
    vi.advanceTimersByTime(LINGER_MS * 3);
    expect(last().types()).toEqual(['hello', 'subscribe']);
  });

  it('stores a snapshot, applies a patch and returns the credits', () => {
    socket.subscribe('k', query);
    welcome();
    last().say({ type: 'snapshot', id: 's1', version: 3, result });
    expect(results.get('k')).toBeUndefined();
    paint();
    expect(results.get('k')?.version).toBe(3);
    last().say({
      type: 'patch',
      id: 's1',
      from: 3,
      to: 4,
      row_count: 3,
      changed: { indices: [0], data: [['EWR'], [1]] },
      provenance: result.provenance,
    });
    paint();
    expect(results.get('k')?.result.data[1]?.[0]).toBe(1);
    expect(last().sent.filter((frame) => frame.type === 'ack')).toEqual([
      { type: 'ack', id: 's1', version: 3 },
      { type: 'ack', id: 's1', version: 4 },
    ]);
  });

  it('subscribes again after a patch that does not fit, and ignores what was on its way', () => {
    socket.subscribe('k', query);
    welcome();
    last().say({ type: 'snapshot', id: 's1', version: 3, result });
    paint();
    const patch = (from: number): LiveServerFrame => ({
      type: 'patch',
      id: 's1',
      from,
      to: from + 1,
      row_count: 3,
      changed: { indices: [], data: [[], []] },
      provenance: result.provenance,
    });
    last().say(patch(7));
    paint();
    last().say(patch(8));
    paint();
    expect(last().types().slice(-2)).toEqual(['unsubscribe', 'subscribe']);
    expect(results.get('k')?.version).toBe(3);
  });

  it('marks a loss after two seconds and comes back by itself', () => {
    socket.subscribe('k', query);
    welcome();
    expect(socket.getState().status).toBe('live');
    last().onclose?.();
    expect(socket.getState().status).toBe('live');
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    last().onclose?.();
    vi.advanceTimersByTime(MARK_AFTER_MS);
    expect(socket.getState().status).toBe('reconnecting');
    vi.advanceTimersByTime(5_000);
    welcome();
    expect(socket.getState().status).toBe('live');
    expect(last().types()).toEqual(['hello', 'subscribe']);
  });

  it('asks over HTTP after three failures, and stops when the socket is back', async () => {
    socket.subscribe('k', query);
    for (let failure = 0; failure < 3; failure += 1) {
      last().onclose?.();
      await vi.advanceTimersByTimeAsync(4_000);
    }
    expect(poll).toHaveBeenCalled();
    expect(socket.getState().status).toBe('polling');
    welcome();
    const asked = poll.mock.calls.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(poll).toHaveBeenCalledTimes(asked);
  });

  it('is disconnected when nothing answers', async () => {
    poll.mockResolvedValue(false);
    socket.subscribe('k', query);
    for (let failure = 0; failure < 3; failure += 1) {
      last().onclose?.();
      await vi.advanceTimersByTimeAsync(4_000);
    }
    expect(socket.getState().status).toBe('disconnected');
    poll.mockResolvedValue(true);
  });

  it('connects at once when asked to', () => {
    welcome();
    last().onclose?.();
    socket.retry();
    expect(sockets).toHaveLength(2);
  });

  it('hands a renewed token over, and refreshes once when it was refused', async () => {
    welcome();
    tokenListener('token-2');
    expect(last().sent[last().sent.length - 1]).toEqual({ type: 'token', token: 'token-2' });
    const problem = {
      type: 'about:blank',
      title: 'Signed out',
      status: 401,
      code: 'unauthenticated' as const,
    };
    last().say({ type: 'error', problem });
    await vi.advanceTimersByTimeAsync(0);
    expect(refresh).toHaveBeenCalledTimes(1);
    expect(sockets).toHaveLength(2);
  });

  it('treats silence as a loss', () => {
    welcome();
    vi.advanceTimersByTime(15_000 * 2.5 + 1);
    expect(sockets[0]?.closed).toBe(true);
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
  });

  it('waits as long as the server asks on goodbye', () => {
    welcome();
    last().say({ type: 'bye', reason: 'restart', retry_after_ms: 3_000 });
    vi.advanceTimersByTime(2_900);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(sockets).toHaveLength(2);
  });

  it('gives a problem of one subscription to that query only', () => {
    socket.subscribe('k', query);
    welcome();
    last().say({
      type: 'error',
      id: 's1',
      problem: { type: 'about:blank', title: 'No such column', status: 400, code: 'invalid' },
    });
    expect(results.problem('k')?.title).toBe('No such column');
  });

  it('asks once more for what the server has ended, and believes it after that', () => {
    const ended: LiveServerFrame = {
      type: 'error',
      id: 's1',
      problem: { type: 'about:blank', title: 'Changed', status: 409, code: 'conflict' },
    };
    socket.subscribe('k', query);
    welcome();
    last().say({ type: 'snapshot', id: 's1', version: 3, result });
    paint();
    last().say(ended);
    expect(last().types()).toEqual(['hello', 'subscribe', 'ack', 'subscribe']);
    expect(results.problem('k')).toBeUndefined();
    // What is shown stays until the answer comes.
    expect(results.get('k')?.version).toBe(3);
    last().say(ended);
    expect(last().types()).toHaveLength(4);
    expect(results.problem('k')?.title).toBe('Changed');
  });

  it('asks again each time when an answer came in between', () => {
    const ended: LiveServerFrame = {
      type: 'error',
      id: 's1',
      problem: { type: 'about:blank', title: 'Changed', status: 409, code: 'conflict' },
    };
    socket.subscribe('k', query);
    welcome();
    for (let round = 0; round < 3; round += 1) {
      last().say({ type: 'snapshot', id: 's1', version: 3 + round, result });
      paint();
      last().say(ended);
    }
    expect(
      last()
        .types()
        .filter((type) => type === 'subscribe'),
    ).toHaveLength(4);
    expect(results.problem('k')).toBeUndefined();
  });

  it('says whose answers are wanted, and begins anew when that changes', () => {
    socket.subscribe('k', query);
    welcome();
    last().say({ type: 'snapshot', id: 's1', version: 3, result });
    viewed = 'u2';
    socket.restart();
    // What was on its way to the one before is nobody's.
    paint();
    expect(results.get('k')).toBeUndefined();
    expect(sockets[0]?.closed).toBe(true);
    expect(sockets).toHaveLength(2);
    welcome();
    expect(last().sent).toEqual([
      { type: 'hello', token: 'token-1', viewAs: 'u2' },
      { type: 'subscribe', id: 's1', query },
    ]);
    viewed = null;
    socket.restart();
    welcome();
    expect(last().sent[0]).toEqual({ type: 'hello', token: 'token-1' });
  });

  it('draws nothing while paused, and everything afterwards', () => {
    socket.subscribe('k', query);
    welcome();
    socket.pause(true);
    last().say({ type: 'snapshot', id: 's1', version: 3, result });
    paint();
    expect(results.get('k')).toBeUndefined();
    socket.pause(false);
    paint();
    expect(results.get('k')?.version).toBe(3);
  });

  it('gives subscriptions back in its sleep', () => {
    socket.subscribe('k', query);
    welcome();
    socket.sleep();
    expect(last().types().slice(-1)).toEqual(['unsubscribe']);
    socket.wake();
    expect(last().types().slice(-1)).toEqual(['subscribe']);
  });
});

describe('retryDelay', () => {
  it('doubles up to thirty seconds and is never zero', () => {
    expect([0, 1, 2, 3].map((n) => retryDelay(n, () => 1))).toEqual([500, 1_000, 2_000, 4_000]);
    expect(retryDelay(20, () => 1)).toBe(30_000);
    expect(retryDelay(3, () => 0)).toBe(100);
  });
});
