// Kinds of cards that a model has nothing for: reached by keyboard, said why, and not added.
import { screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { flightsModel } from '@/testing/fake-engine';
import { renderApp } from '@/testing/render-app';
import { AddDialog } from './add-dialog';

it('says at a kind why it cannot be added, where the keyboard is', async () => {
  const onAdd = vi.fn();
  const { user } = renderApp(
    <AddDialog models={[flightsModel]} preferred={null} onAdd={onAdd} onClose={vi.fn()} />,
  );
  const map = await screen.findByRole('button', { name: /^Map/ });
  map.focus();
  expect(map).toHaveFocus();
  expect(map).toHaveAttribute('aria-disabled', 'true');
  expect(map).toHaveAccessibleName(/Needs a latitude and its longitude$/);
  await user.keyboard('{Enter}');
  expect(onAdd).not.toHaveBeenCalled();
  screen.getByRole('button', { name: /^Table/ }).focus();
  await user.keyboard('{Enter}');
  expect(onAdd).toHaveBeenCalledOnce();
});
