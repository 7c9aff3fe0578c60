// What is said to who does not look: at any place, and nothing old where a dialog has just opened.
import { render, screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { announce, Announcer } from './announcer';

it('says what is announced while it is there, also the same once more', async () => {
  render(<Announcer />);
  announce('Saved');
  await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent('Saved'));
  render(<Announcer />);
  const [, later] = screen.getAllByRole('status');
  expect(later).toBeEmptyDOMElement();
  announce('Saved');
  await waitFor(() => expect(later).toHaveTextContent('Saved'));
});
