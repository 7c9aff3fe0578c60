// A failure in a small place says each thing once; where there is room it also says of which field.
import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { problem } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { ProblemNotice } from './problem-notice';

const words = 'member "carrier" has no model';
const refused = {
  ...problem(400, 'invalid', 'The request is not valid', words),
  errors: [
    { field: 'filters[0]', detail: words },
    { field: 'limit', detail: 'is too large' },
  ],
};

it.each([
  [true, 1],
  [false, 2],
])('in a small place (%s) says what is wrong so many times: %d', (dense, times) => {
  renderApp(<ProblemNotice problem={refused} dense={dense} />);
  expect(screen.getAllByText(words, { exact: false })).toHaveLength(times);
  expect(screen.getByText(/is too large/)).toBeVisible();
});
