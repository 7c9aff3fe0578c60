// Turns whatever went wrong into a Problem, so that one component can show every failure in words.
import type { Problem, ProblemCode } from './types';

const words: Record<ProblemCode, string> = {
  invalid: 'The request was not accepted',
  unauthenticated: 'You are signed out',
  denied: 'You do not have permission for this',
  not_found: 'This does not exist, or you cannot see it',
  conflict: 'Something else changed this at the same time',
  precondition_failed: 'Someone else saved a newer version',
  precondition_required: 'This was saved without saying which version it changes',
  too_large: 'This is larger than the server accepts',
  exhausted: 'This asks for more than is allowed right now',
  internal: 'The server failed to answer',
  corrupt: 'Stored data could not be read',
  unavailable: 'The server is not available right now',
  network: 'The server could not be reached',
  aborted: 'The request was cancelled',
};

// A short sentence for a code, without the details of one case.
export function describeCode(code: ProblemCode): string {
  return words[code] ?? words.internal;
}

export function codeOfStatus(status: number): ProblemCode {
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 403:
      return 'denied';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 412:
      return 'precondition_failed';
    case 413:
      return 'too_large';
    case 428:
      return 'precondition_required';
    case 429:
      return 'exhausted';
    case 502:
    case 503:
    case 504:
      return 'unavailable';
    default:
      return status >= 400 && status < 500 ? 'invalid' : 'internal';
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function isProblem(value: unknown): value is Problem {
  return isRecord(value) && typeof value.title === 'string' && typeof value.status === 'number';
}

export function problemOf(code: ProblemCode, detail?: string, status = 0): Problem {
  return { type: 'about:blank', title: describeCode(code), status, code, detail };
}

// An answer that is not problem details (a proxy, an old server) still becomes one.
export function problemFromBody(status: number, body: unknown, requestId?: string | null): Problem {
  const base: Problem = isProblem(body)
    ? { ...body, code: body.code ?? codeOfStatus(status) }
    : problemOf(codeOfStatus(status), undefined, status);
  return base.request_id || !requestId ? base : { ...base, request_id: requestId };
}

// Accepts errors of RTK Query, thrown errors and problems.
export function toProblem(error: unknown): Problem {
  if (isProblem(error)) return error;
  if (isRecord(error)) {
    if (isProblem(error.data)) return error.data;
    if (error.name === 'AbortError') return problemOf('aborted');
    if (typeof error.status === 'number') return problemFromBody(error.status, error.data);
    if (error.status === 'FETCH_ERROR' || error.status === 'TIMEOUT_ERROR')
      return problemOf('network', 'Check the connection, then try again.');
    if (typeof error.message === 'string') return problemOf('internal', error.message);
  }
  return problemOf('internal');
}

// Can trying the same thing again help?
export function isRetryable(problem: Problem): boolean {
  // What is over a budget is so the next time too.
  if (problem.suggestions && problem.suggestions.length > 0) return false;
  return ['network', 'unavailable', 'internal', 'exhausted', 'conflict'].includes(problem.code);
}
