// The access token, in memory only: a reload loses it and the refresh cookie brings a new one.
// Outside the store on purpose, so that it is in no state snapshot and no persisted draft.

type Listener = (token: string | null) => void;

let current: { token: string; expiresAt: number } | null = null;
const listeners = new Set<Listener>();

export function getAccessToken(): string | null {
  return current?.token ?? null;
}

// Milliseconds since the epoch, or null when signed out.
export function getAccessTokenExpiry(): number | null {
  return current?.expiresAt ?? null;
}

export function setAccessToken(token: string, expiresInSeconds: number): void {
  current = { token, expiresAt: Date.now() + expiresInSeconds * 1000 };
  listeners.forEach((listener) => listener(token));
}

export function clearAccessToken(): void {
  if (current === null) return;
  current = null;
  listeners.forEach((listener) => listener(null));
}

// Calls the listener at every change until the returned function is called.
export function onAccessTokenChanged(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
