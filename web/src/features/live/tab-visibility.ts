// What a tab nobody looks at costs: after thirty seconds it draws once a minute, after five minutes
// it gives its subscriptions back. Coming back, or coming online, reconnects at once.
import type { LiveSocket } from './live-socket';

export const SLOW_AFTER_MS = 30_000;
export const SLOW_EVERY_MS = 60_000;
export const SLEEP_AFTER_MS = 300_000;

export type TabSocket = Pick<LiveSocket, 'pause' | 'catchUp' | 'sleep' | 'wake' | 'retry'>;

export function followTab(socket: TabSocket): () => void {
  let timers: number[] = [];
  let ticker: number | undefined;

  const forget = (): void => {
    timers.forEach((timer) => window.clearTimeout(timer));
    timers = [];
    window.clearInterval(ticker);
    ticker = undefined;
  };

  const changed = (): void => {
    forget();
    if (document.visibilityState === 'visible') {
      socket.wake();
      socket.retry();
      return;
    }
    timers.push(
      window.setTimeout(() => {
        socket.pause(true);
        ticker = window.setInterval(() => {
          socket.catchUp();
          timers.push(window.setTimeout(() => socket.pause(true), 1_000));
        }, SLOW_EVERY_MS);
      }, SLOW_AFTER_MS),
      window.setTimeout(() => {
        forget();
        socket.sleep();
      }, SLEEP_AFTER_MS),
    );
  };

  const back = (): void => socket.retry();
  document.addEventListener('visibilitychange', changed);
  window.addEventListener('online', back);
  window.addEventListener('focus', back);
  return () => {
    forget();
    document.removeEventListener('visibilitychange', changed);
    window.removeEventListener('online', back);
    window.removeEventListener('focus', back);
  };
}
