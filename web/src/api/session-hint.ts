// Remembers that this browser had a session, so that a first visit does not ask the server to
// refresh what cannot exist. Holds no secret: the refresh cookie is out of reach of scripts.

const key = 'tidemill-session';

export function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return true;
  }
}

export function rememberSession(exists: boolean): void {
  try {
    if (exists) localStorage.setItem(key, '1');
    else localStorage.removeItem(key);
  } catch {
    // Storage is blocked; asking once more costs nothing but a request.
  }
}
