// The one socket of a tab (docs/api.md, Live). It subscribes by distinct query, applies frames to the
// result store, returns credits, and comes back by itself. It knows no React and no Redux: time,
// randomness, the socket, the session and polling are handed in.
import type { LiveClient, LiveState, LiveStatus } from '@/api/live-client';
import type { ResultStore } from '@/api/result-store';
import type { LiveClientFrame, LiveServerFrame, SemanticQuery } from '@/api/types';
import { applyFrame } from './apply-frame';
import type { DataFrame } from './apply-frame';
import { retryDelay } from './backoff';
import { FrameInbox } from './frame-inbox';
import type { InboxClock } from './frame-inbox';
import { SubscriptionTable } from './subscriptions';

export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
}

export interface LiveClock extends InboxClock {
  setTimer(callback: () => void, delayMs: number): number;
  clearTimer(timer: number): void;
}

export interface LiveSession {
  token(): string | null;
  onChanged(listener: (token: string | null) => void): () => void;
  refresh(): Promise<boolean>;
}

export interface LiveSettings {
  openSocket(): SocketLike;
  clock: LiveClock;
  random(): number;
  session: LiveSession;
  /** Whose answers are wanted; null: those of who is signed in. */
  viewAs(): string | null;
  results: ResultStore;
  /** Asks over HTTP; true when the server answered. */
  poll(query: SemanticQuery): Promise<boolean>;
}

export const MARK_AFTER_MS = 2_000;
export const POLL_AFTER_FAILURES = 3;
export const POLL_EVERY_MS = 10_000;
export const LINGER_MS = 1_000;
export const WELCOME_WITHIN_MS = 8_000;
const SUBSCRIPTIONS_PER_SOCKET = 100;

export class LiveSocket implements LiveClient {
  private readonly settings: LiveSettings;
  private readonly table = new SubscriptionTable();
  private readonly inbox: FrameInbox;
  private readonly listeners = new Set<() => void>();
  private state: LiveState = { status: 'off', heardAt: null, retryAt: null };
  private socket: SocketLike | null = null;
  private welcomed = false;
  private failures = 0;
  private heartbeatMs = 15_000;
  private stopped = true;
  private refreshed = false;
  private nextRetryMs: number | null = null;
  private readonly timers = new Map<string, number>();
  private leaveSession: (() => void) | null = null;
  private asleep = false;

  constructor(settings: LiveSettings) {
    this.settings = settings;
    this.inbox = new FrameInbox((frame) => this.applied(frame), settings.clock);
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.leaveSession = this.settings.session.onChanged((token) => this.tokenChanged(token));
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.leaveSession?.();
    this.leaveSession = null;
    for (const name of [...this.timers.keys()]) this.cancel(name);
    this.abandon();
    this.inbox.clear();
    this.setStatus('off');
  }

  subscribe = (key: string, query: SemanticQuery): (() => void) => {
    const { entry, isNew } = this.table.hold(key, query);
    this.cancel(`linger ${entry.id}`);
    if (isNew && this.welcomed && !this.asleep) this.sendSubscribe(entry.id, query);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      if (!this.table.release(key)) return;
      // A short wait, so that a card that is only moved does not start from nothing.
      this.after(`linger ${entry.id}`, LINGER_MS, () => {
        if (!this.table.forget(key)) return;
        this.inbox.drop(entry.id);
        if (this.welcomed) this.send({ type: 'unsubscribe', id: entry.id });
      });
    };
  };

  getState = (): LiveState => this.state;

  onState = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  retry = (): void => {
    if (this.stopped || this.socket) return;
    this.cancel('retry');
    this.connect();
  };

  /** Everything is asked for anew, because somebody else is to see it. */
  restart(): void {
    if (this.stopped) return;
    this.abandon();
    this.inbox.clear();
    this.cancel('retry');
    for (const entry of this.table.all()) Object.assign(entry, { version: null, renewed: false });
    this.connect();
  }

  pause = (paused: boolean): void => this.inbox.setPaused(paused);

  /** Applies what has arrived although drawing is paused (a hidden tab does this once a minute). */
  catchUp(): void {
    this.inbox.setPaused(false);
  }

  /** A tab nobody has looked at for minutes gives its subscriptions back. */
  sleep(): void {
    if (this.asleep) return;
    this.asleep = true;
    this.inbox.clear();
    for (const entry of this.table.all()) {
      entry.version = null;
      if (this.welcomed) this.send({ type: 'unsubscribe', id: entry.id });
    }
  }

  wake(): void {
    this.inbox.setPaused(false);
    if (!this.asleep) return;
    this.asleep = false;
    if (this.welcomed) this.subscribeAll();
  }

  private connect(): void {
    if (this.stopped || this.socket) return;
    const token = this.settings.session.token();
    if (token === null) return; // tokenChanged() connects
    if (this.state.status === 'off') this.setStatus('connecting');
    let socket: SocketLike;
    try {
      socket = this.settings.openSocket();
    } catch {
      this.lost();
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      const viewAs = this.settings.viewAs();
      this.send({
        type: 'hello',
        token: this.settings.session.token() ?? token,
        ...(viewAs === null ? {} : { viewAs }),
      });
    };
    socket.onmessage = (event) => this.received(event.data);
    socket.onerror = () => undefined; // always followed by close
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
    this.watchSilence();
  }

  private received(data: unknown): void {
    if (typeof data !== 'string') return;
    let frame: LiveServerFrame;
    try {
      frame = JSON.parse(data) as LiveServerFrame;
    } catch {
      return;
    }
    this.state = { ...this.state, heardAt: Date.now() };
    if (frame.type === 'welcome') this.welcomed = true;
    this.watchSilence();
    switch (frame.type) {
      case 'welcome':
        this.heartbeatMs = Math.max(1, frame.heartbeat_seconds) * 1000;
        this.failures = 0;
        this.refreshed = false;
        this.cancel('mark');
        this.cancel('poll');
        this.setStatus('live');
        if (!this.asleep) this.subscribeAll();
        return;
      case 'snapshot':
      case 'patch':
      case 'unchanged':
        if (this.table.byId(frame.id)) this.inbox.push(frame);
        return;
      case 'error':
        this.failed(frame);
        return;
      case 'bye':
        this.nextRetryMs = frame.retry_after_ms;
        this.abandon();
        this.lost();
        return;
      case 'heartbeat':
        return;
    }
  }

  private applied(frame: DataFrame): void {
    const entry = this.table.byId(frame.id);
    if (!entry) return;
    // After asking again, frames of the old subscription may still be on their way.
    if (entry.version === null && frame.type !== 'snapshot') return;
    const { results } = this.settings;
    const current = results.get(entry.key);
    const outcome = applyFrame(entry.key, current, entry.version, frame, Date.now());
    if (outcome.kind === 'resubscribe') {
      entry.version = null;
      this.send({ type: 'unsubscribe', id: entry.id });
      this.sendSubscribe(entry.id, entry.query);
      return;
    }
    if (outcome.kind === 'ahead') {
      entry.version = outcome.version;
      results.confirm(entry.key, Date.now(), { source: 'live' });
    } else {
      entry.version = outcome.entry.version;
      entry.renewed = false;
      results.put(outcome.entry);
    }
    this.send({ type: 'ack', id: entry.id, version: entry.version });
  }

  private failed(frame: Extract<LiveServerFrame, { type: 'error' }>): void {
    if (frame.id !== undefined) {
      const entry = this.table.byId(frame.id);
      if (!entry) return;
      if (frame.problem.code === 'conflict' && !entry.renewed) {
        // What may be seen has changed: from now on other rows answer. Once; a server that goes on refusing is believed.
        entry.renewed = true;
        entry.version = null;
        this.inbox.drop(entry.id);
        this.sendSubscribe(entry.id, entry.query);
        return;
      }
      this.settings.results.fail(entry.key, frame.problem);
      return;
    }
    if (frame.problem.code === 'unauthenticated' && !this.refreshed) {
      this.refreshed = true;
      this.abandon();
      void this.settings.session.refresh().then((ok) => {
        if (ok) this.connect();
        else this.lost();
      });
    }
  }

  private tokenChanged(token: string | null): void {
    if (this.stopped) return;
    if (token === null) {
      this.abandon();
      this.cancel('retry');
      this.setStatus('off');
      return;
    }
    if (this.socket && this.welcomed) {
      this.send({ type: 'token', token });
    } else if (!this.socket && !this.timers.has('retry')) {
      this.connect();
    }
  }

  private lost(): void {
    this.socket = null;
    this.welcomed = false;
    this.cancel('silence');
    this.inbox.clear();
    for (const entry of this.table.all()) entry.version = null;
    if (this.stopped) return;
    const asked = this.nextRetryMs;
    this.nextRetryMs = null;
    const delay = asked ?? retryDelay(this.failures, () => this.settings.random());
    this.failures += 1;
    if (this.failures >= POLL_AFTER_FAILURES) this.startPolling();
    else if (!this.timers.has('mark') && this.state.status !== 'reconnecting') {
      this.after('mark', MARK_AFTER_MS, () => this.setStatus('reconnecting'));
    }
    this.state = { ...this.state, retryAt: Date.now() + delay };
    this.emit();
    this.after('retry', delay, () => this.connect());
  }

  private abandon(): void {
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    this.cancel('silence');
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close(1000);
  }

  private startPolling(): void {
    this.cancel('mark');
    if (this.timers.has('poll')) return;
    const round = async (): Promise<void> => {
      const answers = await Promise.all(
        this.table.all().map((entry) => this.settings.poll(entry.query).catch(() => false)),
      );
      if (this.welcomed || this.stopped) return;
      const reached = answers.length > 0 && answers.some(Boolean);
      this.setStatus(reached ? 'polling' : 'disconnected');
      this.after('poll', POLL_EVERY_MS, () => void round());
    };
    this.after('poll', 0, () => void round());
    if (this.state.status === 'live') this.setStatus('reconnecting');
  }

  private subscribeAll(): void {
    for (const entry of this.table.all()) this.sendSubscribe(entry.id, entry.query);
  }

  private sendSubscribe(id: string, query: SemanticQuery): void {
    if (
      this.table.size > SUBSCRIPTIONS_PER_SOCKET &&
      this.table.place(id) >= SUBSCRIPTIONS_PER_SOCKET
    )
      return;
    this.send({ type: 'subscribe', id, query });
  }

  private send(frame: LiveClientFrame): void {
    try {
      this.socket?.send(JSON.stringify(frame));
    } catch {
      // The close event follows and starts the reconnect.
    }
  }

  private watchSilence(): void {
    // A server that accepts but does not welcome is no better than none.
    const patience = this.welcomed ? this.heartbeatMs * 2.5 : WELCOME_WITHIN_MS;
    this.after('silence', patience, () => {
      this.abandon();
      this.lost();
    });
  }

  private after(name: string, delayMs: number, callback: () => void): void {
    this.cancel(name);
    const timer = this.settings.clock.setTimer(() => {
      this.timers.delete(name);
      callback();
    }, delayMs);
    this.timers.set(name, timer);
  }

  private cancel(name: string): void {
    const timer = this.timers.get(name);
    if (timer === undefined) return;
    this.settings.clock.clearTimer(timer);
    this.timers.delete(name);
  }

  private setStatus(status: LiveStatus): void {
    if (status === 'live') this.state = { ...this.state, retryAt: null };
    if (this.state.status === status) {
      if (status === 'live') this.emit();
      return;
    }
    this.state = { ...this.state, status };
    this.emit();
  }

  private emit(): void {
    this.listeners.forEach((listener) => listener());
  }
}
