// What is said of a model or a member, in the form: a description in lines, and whether it is offered.
import { screen } from '@testing-library/react';
import { useState } from 'react';
import { expect, it, vi } from 'vitest';
import { renderApp } from '@/testing/render-app';
import { ReadOnly } from './fields';
import { SaidFields } from './said-fields';
import type { Said } from './said-fields';

function Form({ told, first }: { told: (part: Said) => void; first: Said }) {
  const [said, setSaid] = useState(first);
  return (
    <SaidFields
      of={said}
      onChange={(part) => {
        told(part);
        setSaid({ ...said, ...part });
      }}
    />
  );
}

it('takes several lines, and nothing for none', async () => {
  const told = vi.fn<(part: Said) => void>();
  const { user } = renderApp(<Form first={{}} told={told} />);
  const field = screen.getByRole('textbox', { name: 'Description' });
  await user.type(field, 'a{Enter}b');
  expect(told).toHaveBeenLastCalledWith({ description: 'a\nb' });
  await user.clear(field);
  expect(told).toHaveBeenLastCalledWith({ description: null });
});

it('is offered until somebody says otherwise', async () => {
  const told = vi.fn<(part: Said) => void>();
  const { user } = renderApp(<Form first={{}} told={told} />);
  const offered = screen.getByRole('checkbox', { name: 'Offered in lists' });
  expect(offered).toBeChecked();
  await user.click(offered);
  expect(told).toHaveBeenLastCalledWith({ public: false });
  expect(offered).not.toBeChecked();
});

it('is read by who may not edit', () => {
  renderApp(
    <ReadOnly value>
      <SaidFields of={{ description: 'What it is', public: false }} onChange={vi.fn()} />
    </ReadOnly>,
  );
  expect(screen.getByRole('textbox', { name: 'Description' })).toBeDisabled();
  expect(screen.getByRole('checkbox', { name: 'Offered in lists' })).toBeDisabled();
});
