// What editors for code have in common: the numbers of lines, brackets, undoing, the keys, and no place that Tab cannot leave.
import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { readNonce } from '@/theme/nonce';
import { appearance } from './appearance';

/** `label`: what is read out. `attributes`: more of the element that holds the text. */
export function typing(label: string, attributes: Record<string, string> = {}): Extension[] {
  const nonce = readNonce();
  return [
    ...(nonce === undefined ? [] : [EditorView.cspNonce.of(nonce)]),
    lineNumbers(),
    history(),
    bracketMatching(),
    closeBrackets(),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
    EditorView.lineWrapping,
    // Tab leaves the editor, as it leaves every other field.
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', ...attributes }),
    appearance,
  ];
}
