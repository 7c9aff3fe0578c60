// Results of queries, outside Redux: a map from query key to columns, read by components through
// useSyncExternalStore. HTTP answers and live frames both write here; a drawing never knows which.
import { onPersonChanged } from './reauth';
import type { Problem, QueryResult } from './types';
import { onViewAsChanged } from './view-as';

export interface StoredResult {
  key: string;
  result: QueryResult;
  /** Version of the live channel, or of the provenance of an HTTP answer (version-read.ts). */
  version: number;
  /** When the client last heard that this is the newest answer. */
  confirmedAt: number;
  source: 'http' | 'live';
}

type Listener = () => void;

export class ResultStore {
  private readonly results = new Map<string, StoredResult>();
  private readonly problems = new Map<string, Problem>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly held = new Map<string, number>();
  private readonly capacity: number;
  /** Grows when everything is forgotten: what was asked before that is not for who sees the answers now. */
  generation = 0;

  constructor(capacity = 300) {
    this.capacity = capacity;
  }

  get(key: string): StoredResult | undefined {
    return this.results.get(key);
  }

  /** Problem of the live channel for this query; an HTTP problem stays with its request. */
  problem(key: string): Problem | undefined {
    return this.problems.get(key);
  }

  put(entry: StoredResult): void {
    this.keep(entry);
    this.announce(entry.key);
  }

  /** Without telling anybody yet. */
  keep(entry: StoredResult): void {
    const current = this.results.get(entry.key);
    // An HTTP answer that was overtaken by the live channel must not turn the picture back.
    const overtaken =
      current !== undefined &&
      entry.source === 'http' &&
      current.source === 'live' &&
      current.version > entry.version;
    if (!overtaken) {
      this.results.delete(entry.key);
      this.results.set(entry.key, entry);
    }
    this.problems.delete(entry.key);
    this.evict();
  }

  confirm(key: string, at: number, change?: Partial<StoredResult>): void {
    const current = this.results.get(key);
    if (!current) return;
    this.results.set(key, { ...current, ...change, confirmedAt: at });
    this.announce(key);
  }

  fail(key: string, problem: Problem): void {
    this.problems.set(key, problem);
    this.announce(key);
  }

  clear(): void {
    this.generation += 1;
    const keys = [...this.results.keys()];
    this.results.clear();
    this.problems.clear();
    keys.forEach((key) => this.announce(key));
  }

  /** Listens to one key; a key that somebody listens to is never evicted. */
  subscribe(key: string, listener: Listener): () => void {
    const set = this.listeners.get(key) ?? new Set();
    set.add(listener);
    this.listeners.set(key, set);
    this.held.set(key, (this.held.get(key) ?? 0) + 1);
    return () => {
      set.delete(listener);
      const left = (this.held.get(key) ?? 1) - 1;
      if (left > 0) {
        this.held.set(key, left);
      } else {
        this.held.delete(key);
        this.listeners.delete(key);
      }
    };
  }

  announce(key: string): void {
    this.listeners.get(key)?.forEach((listener) => listener());
  }

  private evict(): void {
    if (this.results.size <= this.capacity) return;
    for (const key of this.results.keys()) {
      if (this.results.size <= this.capacity) return;
      if (!this.held.has(key)) this.results.delete(key);
    }
  }
}

export const resultStore = new ResultStore();
onPersonChanged(() => resultStore.clear());
onViewAsChanged(() => resultStore.clear());
