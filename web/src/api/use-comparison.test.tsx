// What an answer is compared with while it is asked again for a new state: what is known stays, and another question begins anew.
import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { answer } from '@/testing/fake-engine';
import { gate } from '@/testing/gate';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import type { SemanticQuery } from './types';
import { useComparison } from './use-comparison';

const question: SemanticQuery = { measures: ['flights.count'], limit: 61 };

function Compared() {
  const [before, setBefore] = useState<SemanticQuery | null>({ ...question, asOf: 1 });
  const { stored, problem } = useComparison(before, true);
  return (
    <>
      <output>{problem?.title ?? stored?.result.provenance.version ?? 'nothing'}</output>
      <button onClick={() => setBefore({ ...question, asOf: 2 })}>Next</button>
      <button onClick={() => setBefore({ ...question, limit: 62, asOf: 2 })}>Other</button>
      <button onClick={() => setBefore(null)}>None</button>
    </>
  );
}

describe('a comparison', () => {
  it('stays until it is answered for the next state, and not for another question', async () => {
    let [opened, letGo] = gate();
    letGo();
    server.use(
      http.post('*/api/v1/queries', async ({ request }) => {
        const query = (await request.json()) as SemanticQuery;
        await opened;
        return HttpResponse.json(answer(query, Number(query.asOf)));
      }),
    );
    const { user } = renderApp(<Compared />);
    const shown = screen.getAllByRole('status').find((entry) => entry.tagName === 'OUTPUT');
    await expect.poll(() => shown?.textContent).toBe('1');
    [opened, letGo] = gate();
    await user.click(screen.getByRole('button', { name: 'Next' }));
    expect(shown).toHaveTextContent('1');
    letGo();
    await expect.poll(() => shown?.textContent).toBe('2');
    [opened, letGo] = gate();
    await user.click(screen.getByRole('button', { name: 'Other' }));
    expect(shown).toHaveTextContent('nothing');
    letGo();
    await expect.poll(() => shown?.textContent).toBe('2');
    await user.click(screen.getByRole('button', { name: 'None' }));
    expect(shown).toHaveTextContent('nothing');
  });
});
