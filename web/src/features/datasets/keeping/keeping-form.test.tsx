// What is kept, as it is typed: no days are refused with the reason, and what somebody else saves meanwhile is taken over.
import { screen, waitFor } from '@testing-library/react';
import { act } from 'react';
import { describe, expect, it } from 'vitest';
import { baseApi } from '@/api/base-api';
import type { DatasetSettings } from '@/api/types';
import { flightsDetail, session } from '@/testing/fixtures';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { KeepingForm } from './keeping-form';
import KeepingTab from './keeping-tab';

const open = (settings: DatasetSettings) =>
  renderApp(<KeepingForm dataset={flightsDetail} settings={settings} mayChange />);

describe('no days', () => {
  it.each([
    ['Keep rows', /^Enter at least 1 day: with 0, no row would stay/],
    ['Keep versions', /^Enter at least 1 day: with 0, a version would be gone/],
  ])('%s: are refused with the reason', async (label, message) => {
    const { user } = open({ keep_days: null, versions_kept_days: null, keys_kept_days: null });
    await user.click(screen.getByRole('radio', { name: `${label} for a number of days` }));
    const field = screen.getByLabelText(`${label} for`);
    await user.type(field, '0{Enter}');
    expect(field).toBeInvalid();
    expect(screen.getByText(message)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it('that somebody set elsewhere are in nobody\u2019s way, and the question says what they mean', async () => {
    const { user } = open({ keep_days: null, versions_kept_days: 0, keys_kept_days: null });
    expect(screen.getByLabelText('Keep versions for')).toBeValid();
    await user.click(screen.getByRole('radio', { name: 'Keep rows for a number of days' }));
    await user.type(screen.getByLabelText('Keep rows for'), '30{Enter}');
    expect(await screen.findByRole('dialog', { name: 'Delete old rows?' })).toHaveTextContent(
      'No older version is kept, so the rows cannot be brought back.',
    );
  });
});

describe('what somebody else has saved meanwhile', () => {
  const rowDays = () => screen.getByLabelText('Keep rows for');
  const saveButton = () => screen.getByRole('button', { name: 'Save' });

  async function begin() {
    mockState.settings = { keep_days: 30, versions_kept_days: null, keys_kept_days: null };
    const { user, store } = renderApp(<KeepingTab dataset={flightsDetail} />, {
      session: { ...session, user: { ...session.user, role: 'admin' } },
    });
    expect(await screen.findByLabelText('Keep rows for')).toHaveValue('30');
    const meanwhile = (settings: DatasetSettings) => {
      mockState.settings = settings;
      act(() => {
        store.dispatch(baseApi.util.invalidateTags([{ type: 'Dataset', id: flightsDetail.name }]));
      });
    };
    return { user, meanwhile };
  }

  it('is taken over where nothing was typed', async () => {
    const { meanwhile } = await begin();
    meanwhile({ keep_days: 60, versions_kept_days: null, keys_kept_days: null });
    await waitFor(() => expect(rowDays()).toHaveValue('60'));
    expect(saveButton()).toBeDisabled();
  });

  it('does not throw away what is typed, and is not undone by it', async () => {
    const { user, meanwhile } = await begin();
    await user.type(rowDays(), '0');
    // What is not on the form is saved as it is.
    meanwhile({ keep_days: 60, versions_kept_days: 5, keys_kept_days: 90 });
    expect(await screen.findByLabelText('Keep versions for')).toHaveValue('5');
    expect(rowDays()).toHaveValue('300');
    await user.click(saveButton());
    await waitFor(() =>
      expect(mockState.settings).toEqual({
        keep_days: 300,
        versions_kept_days: 5,
        keys_kept_days: 90,
      }),
    );
    await waitFor(() => expect(saveButton()).toBeDisabled());
    meanwhile({ keep_days: 90, versions_kept_days: 5, keys_kept_days: null });
    await waitFor(() => expect(rowDays()).toHaveValue('90'));
  });
});
