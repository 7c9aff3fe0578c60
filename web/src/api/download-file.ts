// A file that the server writes, handed to the browser under a name.
import { saveFile } from '@/lib/save-file';
import { problemFromBody, problemOf } from './problem';
import { apiBase, withFreshToken } from './reauth';
import type { Problem } from './types';
import { viewAsHeader } from './view-as';

/** null when the file was handed to the browser. `asked`: what is sent for it, as JSON. */
export async function downloadFile(
  route: string,
  name: string,
  asked?: { accept: string; body: object },
): Promise<Problem | null> {
  const sent =
    asked === undefined
      ? {}
      : {
          method: 'POST',
          headers: { accept: asked.accept, 'content-type': 'application/json' },
          body: JSON.stringify(asked.body),
        };
  try {
    const response = await withFreshToken(
      (token) =>
        fetch(`${window.location.origin}${apiBase}${route}`, {
          ...sent,
          credentials: 'same-origin',
          headers: {
            ...sent.headers,
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...viewAsHeader(),
          },
        }),
      (answer) => answer.status === 401,
    );
    if (!response.ok) {
      const body: unknown = await response.json().catch(() => null);
      return problemFromBody(response.status, body, response.headers.get('x-request-id'));
    }
    saveFile(await response.blob(), name);
    return null;
  } catch {
    return problemOf('network', 'Check the connection, then try again.');
  }
}
