// Keyboard shortcuts of the page that is open. A shortcut is one key ('e', '?') or two in a row
// ('g d'). None of them fires while a dialog has the focus, and while a text field has it only those that say so.
import { useEffect, useSyncExternalStore } from 'react';

export interface Shortcut {
  // Keys as KeyboardEvent.key writes them, a space between two: 'g d'. 'mod+z' is Ctrl or Cmd.
  keys: string;
  label: string;
  group: string;
  /** Also while somebody types: of a combination that no text field has for itself. */
  whileTyping?: true;
  run: () => void;
}

function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? '');
}

/** How the key is called that stands as 'mod' in a shortcut. */
export const modName = isApple() ? '\u2318' : 'Ctrl';

const sequenceMs = 1000;

let registered: Shortcut[] = [];
const listeners = new Set<() => void>();
let pending: { key: string; at: number } | null = null;

function change(next: Shortcut[]): void {
  registered = next;
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

function isInDialog(target: EventTarget | null): boolean {
  const selector = '[role="dialog"],[role="menu"],[role="listbox"]';
  return target instanceof HTMLElement && target.closest(selector) !== null;
}

function keyOf(event: KeyboardEvent): string {
  const modified = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 && modified ? event.key.toLowerCase() : event.key;
  return `${modified ? 'mod+' : ''}${modified && event.shiftKey ? 'shift+' : ''}${key}`;
}

function handle(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  if (isInDialog(event.target)) return;
  const key = keyOf(event);
  if (isTyping(event.target)) {
    // There every text field edits by Ctrl: with K to the end of the line.
    if (event.ctrlKey && isApple()) return;
    const always = registered.findLast(({ keys, whileTyping }) => keys === key && whileTyping);
    if (always === undefined) return;
    event.preventDefault();
    always.run();
    return;
  }
  const sequence =
    pending !== null && Date.now() - pending.at < sequenceMs ? `${pending.key} ${key}` : null;
  // The one registered last wins: a page over the shell.
  const find = (keys: string) => registered.findLast((shortcut) => shortcut.keys === keys);
  const match = (sequence !== null ? find(sequence) : undefined) ?? find(key);
  pending = null;
  if (match !== undefined) {
    event.preventDefault();
    match.run();
  } else if (registered.some((shortcut) => shortcut.keys.startsWith(`${key} `))) {
    pending = { key, at: Date.now() };
  }
}

// Call with a memoized list; the shortcuts live as long as the component.
export function useShortcuts(shortcuts: Shortcut[]): void {
  useEffect(() => {
    if (registered.length === 0) window.addEventListener('keydown', handle);
    change([...registered, ...shortcuts]);
    return () => {
      change(registered.filter((shortcut) => !shortcuts.includes(shortcut)));
      if (registered.length === 0) window.removeEventListener('keydown', handle);
    };
  }, [shortcuts]);
}

export function useRegisteredShortcuts(): Shortcut[] {
  return useSyncExternalStore(subscribe, () => registered);
}
