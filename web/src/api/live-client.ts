// The live channel as the rest of the application sees it. The socket behind it is in features/live;
// a page puts it into the context, and without one everything works over HTTP alone.
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { SemanticQuery } from './types';

export type LiveStatus =
  | 'off'
  | 'connecting'
  | 'live'
  /** Lost for more than two seconds; drawings stay. */
  | 'reconnecting'
  /** Three failures: answers come by asking again over HTTP. */
  | 'polling'
  | 'disconnected';

export interface LiveState {
  status: LiveStatus;
  /** When the last frame arrived (epoch milliseconds), or null. */
  heardAt: number | null;
  /** When the next attempt is made, or null. */
  retryAt: number | null;
}

export interface LiveClient {
  /** Counts references: the same query asked twice is one subscription. */
  subscribe(key: string, query: SemanticQuery): () => void;
  getState(): LiveState;
  onState(listener: () => void): () => void;
  /** Connects now instead of waiting for the back-off. */
  retry(): void;
  /** Pauses drawing while a card is dragged or resized. */
  pause(paused: boolean): void;
}

const offState: LiveState = { status: 'off', heardAt: null, retryAt: null };

export const offClient: LiveClient = {
  subscribe: () => () => undefined,
  getState: () => offState,
  onState: () => () => undefined,
  retry: () => undefined,
  pause: () => undefined,
};

export const LiveClientContext = createContext<LiveClient>(offClient);

export const useLiveClient = (): LiveClient => useContext(LiveClientContext);

/** It was there, or should be, and is not. */
export const isLost = (status: LiveStatus): boolean =>
  status === 'reconnecting' || status === 'polling' || status === 'disconnected';

/** For cards: connecting is nothing that every one of them should be drawn again for. */
export function useLiveLost(): boolean {
  const client = useLiveClient();
  return useSyncExternalStore(client.onState, () => isLost(client.getState().status));
}

export function useLiveState(): LiveState {
  const client = useLiveClient();
  return useSyncExternalStore(client.onState, client.getState);
}
