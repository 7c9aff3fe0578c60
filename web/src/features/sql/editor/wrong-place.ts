// Marks the place of an error, until the statement is changed.
import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';
import type { ErrorPlace } from '../error-place';

export const markWrong = StateEffect.define<ErrorPlace | null>();

const mark = Decoration.mark({ class: 'cm-wrong' });

export const wrongPlace = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    for (const effect of transaction.effects) {
      if (!effect.is(markWrong)) continue;
      const place = effect.value;
      if (place === null) return Decoration.none;
      const { length } = transaction.newDoc;
      const [from, to] = [Math.min(place.from, length), Math.min(place.to, length)];
      return from < to ? Decoration.set([mark.range(from, to)]) : Decoration.none;
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});
