// The text of an editor for code, which is told whenever it changes and comes back as a property: late, while more was typed.
import type { EditorView } from '@codemirror/view';
import { useCallback, useEffect, useRef } from 'react';
import type { RefObject } from 'react';

/** Puts the text into the editor where it is another one than the editor has told itself. What comes back takes what is told. */
export function useTextOf(
  editor: RefObject<EditorView | null>,
  value: string,
): (text: string) => void {
  // Texts that the editor has told and that have not all come back.
  const told = useRef(new Set<string>());
  useEffect(() => {
    const view = editor.current;
    if (view === null) return;
    const echo = told.current.has(value);
    if (view.state.doc.toString() === value) told.current.clear();
    // What comes back of what was typed comes late: more has been typed since.
    else if (!echo)
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [editor, value]);
  return useCallback((text: string) => void told.current.add(text), []);
}
