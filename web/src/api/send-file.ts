// Sends a file with progress. XMLHttpRequest, because fetch still tells nothing about what has been sent.
import { problemFromBody, problemOf } from './problem';
import { apiBase, withFreshToken } from './reauth';
import type { Problem, Upload } from './types';
import { viewAsHeader } from './view-as';

export interface SendProgress {
  sentBytes: number;
  totalBytes: number;
}

export type Sent = { upload: Upload } | { problem: Problem };

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function sendOnce(
  file: File,
  token: string | null,
  onProgress: (progress: SendProgress) => void,
  signal: AbortSignal,
): Promise<Sent> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const finish = (sent: Sent) => {
      signal.removeEventListener('abort', abort);
      resolve(sent);
    };
    request.open('POST', `${apiBase}/uploads`);
    request.setRequestHeader('accept', 'application/json');
    if (token !== null) request.setRequestHeader('authorization', `Bearer ${token}`);
    for (const [name, value] of Object.entries(viewAsHeader()))
      request.setRequestHeader(name, value);
    request.upload.onprogress = (event) =>
      onProgress({
        sentBytes: event.loaded,
        totalBytes: event.lengthComputable ? event.total : file.size,
      });
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status >= 200 && request.status < 300 && body !== null) {
        finish({ upload: body as Upload });
      } else {
        const requestId = request.getResponseHeader('x-request-id');
        finish({ problem: problemFromBody(request.status, body, requestId) });
      }
    };
    request.onerror = () =>
      finish({
        problem: problemOf(
          'network',
          'The file was not sent completely. Check the connection, then try again.',
        ),
      });
    request.onabort = () => finish({ problem: problemOf('aborted') });
    signal.addEventListener('abort', abort);
    if (signal.aborted) {
      finish({ problem: problemOf('aborted') });
      return;
    }
    const form = new FormData();
    form.append('file', file, file.name);
    request.send(form);
  });
}

export function sendFile(
  file: File,
  onProgress: (progress: SendProgress) => void,
  signal: AbortSignal,
): Promise<Sent> {
  return withFreshToken(
    (token) => sendOnce(file, token, onProgress, signal),
    (sent) => 'problem' in sent && sent.problem.status === 401,
  );
}
