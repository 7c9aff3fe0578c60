// What is kept, as it is typed: no days are refused with the reason, and no question is asked about them.
import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { DatasetSettings } from '@/api/types';
import { flightsDetail } from '@/testing/fixtures';
import { renderApp } from '@/testing/render-app';
import { KeepingForm } from './keeping-form';

const open = (settings: DatasetSettings) =>
  renderApp(<KeepingForm dataset={flightsDetail} settings={settings} mayChange />);

describe('no days', () => {
  it.each([
    ['Keep rows', /^Enter at least 1 day: with 0, no row would stay/],
    ['Keep versions', /^Enter at least 1 day: with 0, a version would be gone/],
  ])('%s: are refused with the reason', async (label, message) => {
    const { user } = open({ keep_days: null, versions_kept_days: null });
    await user.click(screen.getByRole('radio', { name: `${label} for a number of days` }));
    const field = screen.getByLabelText(`${label} for`);
    await user.type(field, '0{Enter}');
    expect(field).toBeInvalid();
    expect(screen.getByText(message)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it('that somebody set elsewhere are in nobody\u2019s way, and the question says what they mean', async () => {
    const { user } = open({ keep_days: null, versions_kept_days: 0 });
    expect(screen.getByLabelText('Keep versions for')).toBeValid();
    await user.click(screen.getByRole('radio', { name: 'Keep rows for a number of days' }));
    await user.type(screen.getByLabelText('Keep rows for'), '30{Enter}');
    expect(await screen.findByRole('dialog', { name: 'Delete old rows?' })).toHaveTextContent(
      'No older version is kept, so the rows cannot be brought back.',
    );
  });
});
