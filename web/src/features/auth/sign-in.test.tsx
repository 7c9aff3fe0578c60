// Signing in and setting up: what goes wrong is said in words, and what was typed stays.
import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { AppRoutes } from '@/app/router';
import { mockState } from '@/testing/mock-state';
import { renderApp } from '@/testing/render-app';
import { server } from '@/testing/server';
import { slugOf } from './schemas';

// The first use of a page compiles its chunk, which takes longer than the usual second.
const slow = { timeout: 10_000 };
const openSignIn = (path = '/sign-in') => renderApp(<AppRoutes />, { path, session: null });

describe('sign in', () => {
  it('asks for what is missing before it sends', async () => {
    const { user } = openSignIn();
    await user.click(await screen.findByRole('button', { name: 'Sign in' }, slow));
    expect(await screen.findByText('Enter your email')).toBeInTheDocument();
    expect(screen.getByText('Enter your password')).toBeInTheDocument();
    expect(screen.getByLabelText('Email')).toBeInvalid();
  });

  it('says that email and password do not match, and keeps the email', async () => {
    const { user } = openSignIn();
    await user.type(await screen.findByLabelText('Email', undefined, slow), 'ada@harbour.example');
    await user.type(screen.getByLabelText('Password'), 'wrong');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'This email and password do not match',
    );
    expect(screen.getByText(/^Forgotten it\? Whoever runs the server/)).toBeVisible();
    expect(screen.getByLabelText('Email')).toHaveValue('ada@harbour.example');
    await waitFor(() => expect(screen.getByLabelText('Password')).toHaveFocus());
  });

  it('tells a server that is out of reach from a wrong password', async () => {
    const { user } = openSignIn();
    await screen.findByLabelText('Email', undefined, slow);
    server.use(http.post('*/api/v1/session', () => HttpResponse.error()));
    await user.type(screen.getByLabelText('Email'), 'ada@harbour.example');
    await user.type(screen.getByLabelText('Password'), 'a long enough password{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('The server could not be reached');
    expect(screen.queryByText(/^Forgotten it/)).not.toBeInTheDocument();
  });

  it('returns to the page that was asked for', async () => {
    const { user } = openSignIn('/settings');
    await user.type(await screen.findByLabelText('Email', undefined, slow), 'ada@harbour.example');
    await user.type(screen.getByLabelText('Password'), 'a long enough password{Enter}');
    expect(
      await screen.findByRole('heading', { name: 'Settings', level: 1 }, slow),
    ).toBeInTheDocument();
  });

  it('never leaves the app through the address', async () => {
    const { user } = openSignIn('/sign-in?next=//elsewhere.example/settings');
    await user.type(await screen.findByLabelText('Email', undefined, slow), 'ada@harbour.example');
    await user.type(screen.getByLabelText('Password'), 'a long enough password{Enter}');
    const bars = await screen.findAllByRole('navigation', { name: 'Main' }, slow);
    expect(bars.length).toBeGreaterThan(0);
  });
});

describe('set up', () => {
  it('reads the code from the address and checks the password', async () => {
    mockState.setupRequired = true;
    const { user } = openSignIn('/setup?code=first-start');
    expect(await screen.findByLabelText('Set-up code', undefined, slow)).toHaveValue('first-start');
    await user.type(screen.getByLabelText('Organisation'), 'Harbour Analytics');
    await user.type(screen.getByLabelText('Your name'), 'Ada Lind');
    await user.type(screen.getByLabelText('Email'), 'ada@harbour.example');
    await user.type(screen.getByLabelText('Password'), 'short');
    await user.click(screen.getByRole('button', { name: 'Create account' }));
    expect(await screen.findByText('Use at least 12 characters')).toBeInTheDocument();
    expect(mockState.setupRequired).toBe(true);
    await user.type(screen.getByLabelText('Password'), ' but now long enough');
    await user.click(screen.getByRole('button', { name: 'Create account' }));
    await waitFor(() => expect(mockState.setupRequired).toBe(false));
  });

  it.each([
    ['Harbour Analytics', 'harbour_analytics'],
    ['Østfold & Søn', 'stfold_s_n'],
    ['Café 9', 'cafe_9'],
    ['42', 'org_42'],
  ])('the short name of %s is %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });
});
