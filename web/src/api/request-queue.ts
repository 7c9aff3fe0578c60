// At most sixteen queries in the air at once, so that forty cards do not start together and the cards
// asked for first (the visible ones) are answered first. More than a browser has connections to one
// server: it sends the next by itself while the page is busy drawing, which a queue in the page cannot.

export interface RequestQueue {
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  readonly active: number;
}

export function createRequestQueue(limit = 16): RequestQueue {
  let active = 0;
  const waiting: (() => void)[] = [];

  const release = (): void => {
    active -= 1;
    waiting.shift()?.();
  };

  return {
    get active() {
      return active;
    },
    async run(task, signal) {
      if (active >= limit) {
        await new Promise<void>((resolve, reject) => {
          const start = (): void => {
            signal?.removeEventListener('abort', leave);
            resolve();
          };
          const leave = (): void => {
            const place = waiting.indexOf(start);
            if (place >= 0) waiting.splice(place, 1);
            reject(new DOMException('The request was cancelled', 'AbortError'));
          };
          waiting.push(start);
          signal?.addEventListener('abort', leave, { once: true });
        });
      }
      active += 1;
      try {
        return await task();
      } finally {
        release();
      }
    },
  };
}

export const queryQueue = createRequestQueue();
