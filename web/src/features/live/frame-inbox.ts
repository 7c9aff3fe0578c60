// Frames wait here until the next animation frame and are applied within a budget of eight
// milliseconds; what does not fit waits for the next one. Frames of one subscription stay in order
// (a patch builds on the one before), and a snapshot makes everything queued before it pointless.
import type { DataFrame } from './apply-frame';

export const FLUSH_BUDGET_MS = 8;

export interface InboxClock {
  now(): number;
  /** Calls back before the next paint (or soon, when the tab is hidden). */
  schedule(callback: () => void): void;
}

export class FrameInbox {
  private readonly queues = new Map<string, DataFrame[]>();
  private readonly apply: (frame: DataFrame) => void;
  private readonly clock: InboxClock;
  private scheduled = false;
  private paused = false;

  constructor(apply: (frame: DataFrame) => void, clock: InboxClock) {
    this.apply = apply;
    this.clock = clock;
  }

  push(frame: DataFrame): void {
    const queue = this.queues.get(frame.id);
    if (!queue || frame.type === 'snapshot') this.queues.set(frame.id, [frame]);
    else queue.push(frame);
    this.wake();
  }

  drop(id: string): void {
    this.queues.delete(id);
  }

  clear(): void {
    this.queues.clear();
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    if (!paused) this.wake();
  }

  get size(): number {
    return this.queues.size;
  }

  private wake(): void {
    if (this.scheduled || this.paused || this.queues.size === 0) return;
    this.scheduled = true;
    this.clock.schedule(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.paused) return;
    const start = this.clock.now();
    for (const [id, queue] of [...this.queues]) {
      if (this.clock.now() - start > FLUSH_BUDGET_MS) break;
      this.queues.delete(id);
      for (const frame of queue) this.apply(frame);
    }
    this.wake();
  }
}
