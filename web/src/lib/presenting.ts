// A page on a wall: the address says that it stands alone, without the places of the app around it, so that a link does too.
const PARAMETER = 'screen';
const FULL = 'full';

export const isPresented = (params: URLSearchParams): boolean => params.get(PARAMETER) === FULL;

/** The address with the page alone, or among the rest again. */
export function presented(params: URLSearchParams, alone: boolean): URLSearchParams {
  const next = new URLSearchParams(params);
  if (alone) next.set(PARAMETER, FULL);
  else next.delete(PARAMETER);
  return next;
}
