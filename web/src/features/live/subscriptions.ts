// Who listens to which query: one subscription per distinct query, counted references, short ids.
import type { SemanticQuery } from '@/api/types';

export interface Subscription {
  id: string;
  key: string;
  query: SemanticQuery;
  references: number;
  /** Version of the last applied frame; null until a snapshot has come. */
  version: number | null;
  /** Asked for again since the last snapshot, because the server had ended it. */
  renewed: boolean;
}

export class SubscriptionTable {
  private readonly entries = new Map<string, Subscription>();
  private readonly ids = new Map<string, Subscription>();
  private next = 1;

  get size(): number {
    return this.entries.size;
  }

  all(): Subscription[] {
    return [...this.entries.values()];
  }

  byId(id: string): Subscription | undefined {
    return this.ids.get(id);
  }

  /** Place in the order of arrival, so that a limit cuts the newest. */
  place(id: string): number {
    return [...this.ids.keys()].indexOf(id);
  }

  hold(key: string, query: SemanticQuery): { entry: Subscription; isNew: boolean } {
    const known = this.entries.get(key);
    if (known) {
      known.references += 1;
      return { entry: known, isNew: false };
    }
    const entry: Subscription = {
      id: `s${this.next}`,
      key,
      query,
      references: 1,
      version: null,
      renewed: false,
    };
    this.next += 1;
    this.entries.set(key, entry);
    this.ids.set(entry.id, entry);
    return { entry, isNew: true };
  }

  /** True when nobody listens any more; the entry stays until it is forgotten. */
  release(key: string): boolean {
    const entry = this.entries.get(key);
    if (!entry) return false;
    entry.references = Math.max(0, entry.references - 1);
    return entry.references === 0;
  }

  /** Removes an entry that nobody took up again. */
  forget(key: string): boolean {
    const entry = this.entries.get(key);
    if (!entry || entry.references > 0) return false;
    this.entries.delete(key);
    this.ids.delete(entry.id);
    return true;
  }
}
