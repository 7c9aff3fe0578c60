// One polite region for screen readers, there before what it says: one that comes with its words is not heard. `announce` may
// be called from anywhere; messages that come in a burst are merged into the last one, so that a live page does not talk
// without end.
import Box from '@mui/material/Box';
import { useState, useSyncExternalStore } from 'react';

const quietMs = 400;

let spoken = { words: '' };
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export function announce(message: string): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    // A trailing space makes an equal message a new one.
    spoken = { words: message === spoken.words ? `${message}\u00a0` : message };
    listeners.forEach((listener) => listener());
  }, quietMs);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const visuallyHidden = {
  position: 'absolute',
  width: '1px',
  height: '1px',
  margin: '-1px',
  padding: 0,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
  border: 0,
} as const;

/** The page has one. A dialog, which hides the page and so that one, has its own where something in it announces. */
export function Announcer() {
  const message = useSyncExternalStore(subscribe, () => spoken);
  const [before] = useState(message);
  return (
    <Box role="status" aria-live="polite" sx={visuallyHidden}>
      {message === before ? '' : message.words}
    </Box>
  );
}
