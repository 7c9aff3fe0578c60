// The editor for a model as text: colours, completion, and marks where something is wrong. It loads when it is looked at.
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';
import { useEffect, useEffectEvent, useImperativeHandle, useRef } from 'react';
import type { Ref } from 'react';
import { appearance } from '@/components/code/appearance';
import { readNonce } from '@/theme/nonce';
import { completions } from './completion';
import type { Shape } from './shape';
import type { Wrong } from './yaml-text';
import { yamlLanguage } from './yaml-language';

export interface YamlEditorHandle {
  /** Puts the cursor there and shows it. */
  go: (place: number) => void;
}

export interface YamlEditorProps {
  label: string;
  value: string;
  readOnly: boolean;
  wrong: readonly Wrong[];
  shapeOf: (text: string) => Shape;
  onChange: (text: string) => void;
  ref?: Ref<YamlEditorHandle>;
}

const markWrong = StateEffect.define<readonly Wrong[]>();
const mark = Decoration.mark({ class: 'cm-wrong' });

const wrongPlaces = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    for (const effect of transaction.effects) {
      if (!effect.is(markWrong)) continue;
      const { length } = transaction.newDoc;
      const ranges = effect.value
        .map(({ from, to }) => [Math.min(from, length), Math.min(to, length)] as const)
        .filter(([from, to]) => from < to);
      return Decoration.set(
        ranges.map(([from, to]) => mark.range(from, to)),
        true,
      );
    }
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

export default function YamlEditor(props: YamlEditorProps) {
  const { value, wrong, ref } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  // Texts that the editor has told and that have not all come back.
  const told = useRef(new Set<string>());
  const changed = useEffectEvent((text: string) => props.onChange(text));
  const shapeNow = useEffectEvent((text: string) => props.shapeOf(text));
  const first = useEffectEvent(() => props);

  useEffect(() => {
    if (host.current === null) return;
    const start = first();
    const nonce = readNonce();
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: start.value,
        extensions: [
          ...(nonce === undefined ? [] : [EditorView.cspNonce.of(nonce)]),
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false, override: [completions((text) => shapeNow(text))] }),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          yamlLanguage,
          wrongPlaces,
          EditorView.lineWrapping,
          EditorState.readOnly.of(start.readOnly),
          // Tab leaves the editor, as it leaves every other field.
          EditorView.contentAttributes.of({
            'aria-label': start.label,
            spellcheck: 'false',
            tabindex: '0',
          }),
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
    editor.current?.dispatch({ effects: markWrong.of(wrong) });
  }, [wrong]);
  useImperativeHandle(ref, () => ({
    go: (place) => {
      const view = editor.current;
      if (view === null) return;
      const at = Math.min(place, view.state.doc.length);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at) });
      view.focus();
    },
  }));

  return <div ref={host} style={{ height: '100%', overflow: 'hidden' }} />;
}
