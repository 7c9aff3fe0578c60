// The editor for a model as text: colours, completion, and marks where something is wrong. It loads when it is looked at.
import { autocompletion } from '@codemirror/autocomplete';
import { indentOnInput } from '@codemirror/language';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, drawSelection, EditorView } from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';
import { useEffect, useEffectEvent, useImperativeHandle, useRef } from 'react';
import type { Ref } from 'react';
import { typing } from '@/components/code/typing';
import { useTextOf } from '@/components/code/use-text-of';
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
  const tell = useTextOf(editor, value);
  const changed = useEffectEvent((text: string) => props.onChange(text));
  const shapeNow = useEffectEvent((text: string) => props.shapeOf(text));
  const first = useEffectEvent(() => props);

  useEffect(() => {
    if (host.current === null) return;
    const start = first();
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: start.value,
        extensions: [
          ...typing(start.label, { tabindex: '0' }),
          drawSelection(),
          indentOnInput(),
          autocompletion({ icons: false, override: [completions((text) => shapeNow(text))] }),
          yamlLanguage,
          wrongPlaces,
          EditorState.readOnly.of(start.readOnly),
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
