// The editor for statements: colours, completion, running by Ctrl+Enter, explaining by Ctrl+Shift+Enter, the place of an error. It is a chunk of its own.
import { autocompletion } from '@codemirror/autocomplete';
import { keywordCompletionSource, schemaCompletionSource } from '@codemirror/lang-sql';
import { LanguageSupport } from '@codemirror/language';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view';
import { useEffect, useEffectEvent, useImperativeHandle, useRef } from 'react';
import type { Ref } from 'react';
import type { ErrorPlace } from '../error-place';
import type { Schema } from '../use-schema';
import { typing } from '@/components/code/typing';
import { useTextOf } from '@/components/code/use-text-of';
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
  const tell = useTextOf(editor, value);
  const changed = useEffectEvent((text: string) => props.onChange(text));
  const run = useEffectEvent(() => props.onRun());
  const explain = useEffectEvent(() => props.onExplain());
  const first = useEffectEvent(() => ({ doc: value, schema }));

  useEffect(() => {
    if (host.current === null) return;
    const start = first();
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: start.doc,
        extensions: [
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
          ...typing('SQL statement'),
          drawSelection({ cursorBlinkRate: calm() ? 0 : 1_200 }),
          autocompletion({ icons: false }),
          languageSlot.current.of(language(start.schema)),
          wrongPlace,
          placeholder('select …'),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            const text = update.state.doc.toString();
            tell(text);
            changed(text);
          }),
        ],
      }),
    });
    editor.current = view;
    return () => {
      view.destroy();
      editor.current = null;
    };
  }, [tell]);

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
