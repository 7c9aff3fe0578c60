// When the server is asked what it would say of a model, and of which model what it said is.
import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Model, ModelCheck } from '@/api/types';
import { joinedFlights } from '@/testing/joined-fixtures';
import { useModelCheck } from './use-model-check';

interface Sent {
  asked: { name: string; model: Model };
  answer: (answer: { data?: ModelCheck }) => void;
  abort: () => void;
}

const sent = vi.hoisted((): Sent[] => []);

vi.mock('@/api/models-api', () => {
  const check = (asked: Sent['asked']) => {
    let answer: Sent['answer'] = () => undefined;
    const promise = new Promise<{ data?: ModelCheck }>((resolve) => (answer = resolve));
    const request = Object.assign(promise, { abort: vi.fn() });
    sent.push({ asked, answer, abort: request.abort });
    return request;
  };
  return { useCheckModelMutation: () => [check] };
});

beforeEach(() => {
  sent.length = 0;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const labelled = (label: string): Model => ({ ...joinedFlights, label });
const watch = (model: Model, ask = true) =>
  renderHook(({ model: now, ask: asking }) => useModelCheck('flights', now, asking), {
    initialProps: { model, ask },
  });
const wrong = { data: { diagnostics: [{ field: 'label', detail: 'No' }] } };

it('is asked once of what is typed without a pause', async () => {
  const { rerender } = watch(labelled('F'));
  await pass(300);
  rerender({ model: labelled('Fl'), ask: true });
  await pass(300);
  expect(sent).toHaveLength(0);
  await pass(300);
  expect(sent.map(({ asked }) => asked.model.label)).toEqual(['Fl']);
});

it('takes back what is asked of a model that has changed since, and does not hear it', async () => {
  const { result, rerender } = watch(labelled('F'));
  await pass(600);
  rerender({ model: labelled('Fl'), ask: true });
  expect(sent[0]?.abort).toHaveBeenCalled();
  sent[0]?.answer(wrong);
  await pass(0);
  expect(result.current).toBeNull();
});

it('says what is wrong until the model changes or is not asked of any more', async () => {
  const model = labelled('F');
  const { result, rerender } = watch(model);
  await pass(600);
  sent[0]?.answer(wrong);
  await pass(0);
  expect(result.current?.errors).toEqual([{ field: 'label', detail: 'No' }]);
  rerender({ model, ask: false });
  expect(result.current).toBeNull();
  rerender({ model: labelled('Fl'), ask: true });
  expect(result.current).toBeNull();
});

it('says nothing where it could not be asked', async () => {
  const { result } = watch(labelled('F'));
  await pass(600);
  sent[0]?.answer({});
  await pass(0);
  expect(result.current).toBeNull();
});
