// What went wrong is said once, however many fields of the answer say it.
import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { problem } from '@/testing/fixtures';
import { ProblemNotice } from './problem-notice';

it('says of the fields only what it has not said of the whole', () => {
  const detail = 'no column is called carier';
  render(
    <ProblemNotice
      problem={{
        ...problem(400, 'invalid', 'Not valid', detail),
        errors: [
          { field: 'predicate', detail },
          { field: 'limit', detail: 'must be positive' },
        ],
      }}
    />,
  );
  expect(screen.getByText(detail)).toBeInTheDocument();
  expect(screen.getAllByRole('listitem').map((item) => item.textContent)).toEqual([
    'limit: must be positive',
  ]);
});
