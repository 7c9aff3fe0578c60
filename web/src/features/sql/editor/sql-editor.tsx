// The editor for statements: colours, completion, running by Ctrl+Enter, explaining by Ctrl+Shift+Enter, the place of an error. It is a chunk of its own.
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { keywordCompletionSource, schemaCompletionSource } from '@codemirror/lang-sql';
import { bracketMatching, LanguageSupport } from '@codemirror/language';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { useEffect, useEffectEvent, useImperativeHandle, useRef } from 'react';
import type { Ref } from 'react';
import { readNonce } from '@/theme/nonce';
import type { ErrorPlace } from '../error-place';
import type { Schema } from '../use-schema';
import { appearance } from '@/components/code/appearance';
import { measureCompletions, namespaceOf, outsideMeasure, plainCompletions } from './completion';
import { dialect, words } from './dialect';
import { markWrong, wrongPlace } from './wrong-place';

export interface SqlEditorHandle {
  focus: () => void;
  /** Puts text in place of what is selected. */
  insert: (text: string) => void;
}

export interface SqlEditorProps {
  value: string;
  schema: Schema;
  wrong: ErrorPlace | null;
  onChange: (sql: string) => void;
  onRun: () => void;
  onExplain: () => void;
  ref?: Ref<SqlEditorHandle>;
}

const calm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

const language = (schema: Schema) =>
  new LanguageSupport(
    dialect.language,
    [
      outsideMeasure(schemaCompletionSource({ dialect, schema: namespaceOf(schema) })),
      outsideMeasure(keywordCompletionSource(words)),
      outsideMeasure(plainCompletions(schema)),
      measureCompletions(schema),
    ].map((autocomplete) => dialect.language.data.of({ autocomplete })),
  );

export default function SqlEditor(props: SqlEditorProps) {
  const { value, schema, wrong, ref } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const languageSlot = useRef(new Compartment());
  // Texts that the editor has told and that have not all come back.
  const told = useRef(new Set<string>());
  const changed = useEffectEvent((text: string) => props.onChange(text));
  const run = useEffectEvent(() => props.onRun());
  const explain = useEffectEvent(() => props.onExplain());
  const first = useEffectEvent(() => ({ doc: value, schema }));

  useEffect(() => {
    if (host.current === null) return;
    const start = first();
    const nonce = readNonce();
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: start.doc,
        extensions: [
          ...(nonce === undefined ? [] : [EditorView.cspNonce.of(nonce)]),
          Prec.highest(
            keymap.of([
              {
                key: 'Mod-Enter',
                run: () => {
                  run();
                  return true;
                },
              },
              {
                key: 'Mod-Shift-Enter',
                run: () => {
                  explain();
                  return true;
                },
              },
            ]),
          ),
          lineNumbers(),
          history(),
          drawSelection({ cursorBlinkRate: calm() ? 0 : 1_200 }),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          languageSlot.current.of(language(start.schema)),
          wrongPlace,
          EditorView.lineWrapping,
          placeholder('select …'),
          // Tab leaves the editor, as it leaves every other field.
          EditorView.contentAttributes.of({ 'aria-label': 'SQL statement', spellcheck: 'false' }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            const text = update.state.doc.toString();
            told.current.add(text);
            changed(text);
          }),
          appearance,
        ],
      }),
    });
    editor.current = view;
    return () => {
      view.destroy();
      editor.current = null;
    };
  }, []);

  useEffect(() => {
    const view = editor.current;
    if (view === null) return;
    const echo = told.current.has(value);
    if (view.state.doc.toString() === value) told.current.clear();
    // What comes back of what was typed comes late: more has been typed since.
    else if (!echo)
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    editor.current?.dispatch({
      effects: languageSlot.current.reconfigure(language(schema)),
    });
  }, [schema]);
  useEffect(() => {
    editor.current?.dispatch({ effects: markWrong.of(wrong) });
  }, [wrong]);
  useImperativeHandle(ref, () => ({
    focus: () => editor.current?.focus(),
    insert: (text) => {
      const view = editor.current;
      if (view === null) return;
      view.dispatch(view.state.replaceSelection(text));
      view.focus();
    },
  }));

  return <div ref={host} data-testid="sql-editor" style={{ height: '100%', overflow: 'hidden' }} />;
}
